"""Nothing that a camera or its owner put into a file comes out in a derivative, and little of it in the facts."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from albumen.imaging import Target, render
from albumen.imaging.exif import read_exif

from .conftest import FORMATS, make_scene, read_facts
from .test_colours import SRGB

SECRET = b"PRIVATE-7c1d"
MAKE, MODEL, SOFTWARE, EXIF_IFD, GPS_IFD = 0x010F, 0x0110, 0x0131, 0x8769, 0x8825
TAKEN, OFFSET, SERIAL = 0x9003, 0x9011, 0xA431


def private_exif(orientation: int = 1, **more: str) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[SOFTWARE] = SECRET.decode()
    exif[MAKE], exif[MODEL] = more.get("make", "Maker"), more.get("model", "Model 1")
    exif.get_ifd(EXIF_IFD).update({SERIAL: SECRET.decode(), TAKEN: more.get("taken", "2024:05:06 07:08:09")})
    if "offset" in more:
        exif.get_ifd(EXIF_IFD)[OFFSET] = more["offset"]
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 13.0, 47.0), 29: SECRET.decode()})
    return exif


def private_picture(form: str, save: Callable[..., Path], **options: object) -> Path:
    """A picture of that format with the secret in every place that Pillow can write."""
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    places: dict[str, dict[str, object]] = {
        "jpeg": {"exif": private_exif(), "xmp": xmp, "comment": SECRET, "icc_profile": SRGB},
        "png": {"exif": private_exif(), "pnginfo": _texts(), "icc_profile": SRGB},
        "webp": {"exif": private_exif().tobytes(), "xmp": xmp, "icc_profile": SRGB},
        "gif": {"comment": SECRET},
        "avif": {"exif": private_exif().tobytes(), "xmp": xmp, "icc_profile": SRGB},
        "heic": {"exif": private_exif().tobytes(), "xmp": xmp, "icc_profile": SRGB},
        "tiff": {"exif": private_exif(), "description": SECRET.decode(), "icc_profile": SRGB},
    }
    return save(make_scene(), form, **{**places[form], **options})


def _texts() -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return texts


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("webp", [True, False])
def test_derivatives_carry_no_metadata(form: str, webp: bool, save: Callable[..., Path], tmp_path: Path) -> None:
    original = private_picture(form, save)
    with original.open("ab") as file:
        file.write(SECRET)
    assert SECRET in original.read_bytes()
    _, made = render(original, [Target(tmp_path / "a", 80), Target(tmp_path / "b", 30)], webp=webp)
    for one in made:
        content = one.path.read_bytes()
        assert SECRET not in content
        assert b"Exif" not in content
        assert b"ICC" not in content
        with Image.open(BytesIO(content)) as opened:
            assert not opened.getexif()
            assert not {"icc_profile", "exif", "xmp", "comment"} & set(opened.info)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif", "heic"])
def test_facts_from_exif(form: str, save: Callable[..., Path]) -> None:
    exif = private_exif(taken="2024:05:06 01:08:09", offset="+02:00", make="Nikon", model="NIKON D70")
    facts = read_facts(private_picture(form, save, exif=exif.tobytes()))
    assert facts.taken_at == "2024-05-05T23:08:09Z"
    assert facts.camera == "NIKON D70"


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("Canon", "Canon EOS 5D", "Canon EOS 5D"),
        ("samsung", "SM-G930F", "samsung SM-G930F"),
        ("", "\x01\x02 D\x1b[31m70 \n", "D [31m70"),
        ("", "", None),
        ("M" * 90, "O" * 90, "M" * 90 + " " + "O" * 9),
    ],
)
def test_cameras(make: str, model: str, expected: str | None) -> None:
    assert read_exif(private_exif(make=make, model=model).tobytes()).camera == expected


def test_exif_cut_anywhere_is_never_an_error() -> None:
    block = private_exif(offset="+02:00").tobytes().removeprefix(b"Exif\x00\x00")
    assert read_exif(block).camera == "Maker Model 1"
    for end in range(len(block)):
        read_exif(block[:end])
    for at in range(len(block)):
        read_exif(block[:at] + b"\xff" + block[at + 1 :])


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_placeholder_is_a_small_picture(mode: str, save: Callable[..., Path]) -> None:
    import base64

    picture = Image.effect_noise((300, 200), 90).convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.effect_noise((300, 200), 200))
    facts, made = render(save(picture, "png"), [], webp=False)
    assert made == []
    assert facts.placeholder is not None
    head, _, payload = facts.placeholder.partition(",")
    assert head == "data:image/webp;base64"
    assert len(facts.placeholder) < 400
    with Image.open(BytesIO(base64.b64decode(payload))) as opened:
        assert (opened.format, opened.size) == ("WEBP", (16, 11))
