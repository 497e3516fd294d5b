"""The values that the server and its decoders exchange: limits, facts, targets, and refusals."""

from dataclasses import dataclass
from pathlib import Path

from albumen.sentences import Sentence

FORMATS = ("jpeg", "png", "webp", "gif", "avif", "tiff", "heic")
MEDIA_TYPES = {form: f"image/{form}" for form in FORMATS}
EXTENSIONS = {form: {"jpeg": "jpg", "tiff": "tif"}.get(form, form) for form in FORMATS}
RAW = Sentence("The file is a camera's raw file, which is not accepted; export it as JPEG or TIFF and send that.")
DAMAGED = Sentence("The picture is damaged; save it again in an image editor and try again.")
TOO_MUCH_MEMORY = Sentence("The picture takes too much memory to decode; save it smaller and try again.")
CODES = ("not_an_image", "truncated", "unsupported_format", "too_many_pixels", "undecodable")


class Refused(Exception):
    """The bytes are no picture, or none that is accepted.

    `code` is one of CODES; `detail` is one sentence in English for the person who sent the file, without any path: a
    `Sentence` where it has values.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class DecodersBusy(Exception):
    """Raised when every decoder was busy for the whole wait, or the machine too busy for one to end in time; the same
    call may succeed later."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one picture and one decoder.

    `pixels` is width x height summed over the frames; `side` is in pixels; `scans` counts the scans of a JPEG;
    `memory_mb` is the address space of one decoder in MiB; `seconds` is the processor time of one command;
    `decoders` is how many decoders a process has (None: one for each processor).
    """

    pixels: int = 200_000_000
    side: int = 20_000
    frames: int = 500
    scans: int = 100
    memory_mb: int = 1536
    seconds: float = 20.0
    decoders: int | None = None

    @property
    def patience(self) -> float:
        """Return the wall time of one command in seconds: others may have the processors meanwhile."""
        return 2 * self.seconds


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about an original that are kept; `placeholder` is a data URL.

    Width and height are in pixels and upright (orientation applied).
    """

    format: str
    width: int
    height: int
    frames: int
    has_alpha: bool
    taken_at: str | None
    camera: str | None
    placeholder: str


@dataclass(frozen=True, slots=True)
class Target:
    """A rendition to make: where it is written, and its height in pixels, or the side of the `box` that it fits in."""

    path: Path
    height: int
    box: bool = False


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A rendition that was written; format is "webp", "jpeg" or "png", width and height are in pixels."""

    path: Path
    format: str
    width: int
    height: int
