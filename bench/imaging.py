"""Times the derivatives of a 12 MP photo against plain Pillow and against the bare decode: `python -m bench.imaging`.

The rounds of all contestants are interleaved, so that a busy machine slows each of them; read the ratios.
"""

import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["VIPS_CONCURRENCY"] = "1"

from albumen import imaging
from bench.photos import make_photo

HEIGHTS = (400, 200)


def render_with(photo: Path, folder: Path, *, webp: bool) -> None:
    imaging.render(photo, [imaging.Target(folder / str(height), height) for height in HEIGHTS], webp=webp)


def render_with_pillow(photo: Path, folder: Path) -> None:
    from PIL import Image, ImageOps

    with Image.open(photo) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
        for height in HEIGHTS:
            size = imaging.fit_height(*upright.size, height)
            upright.resize(size, Image.Resampling.LANCZOS).save(folder / f"{height}.jpg")


def decode_alone(photo: Path) -> None:
    import pyvips

    # Without this libvips would hand out the result of the round before.
    pyvips.cache_set_max(0)
    pyvips.Image.jpegload(str(photo), shrink=4).copy_memory()


def _likeness(made: Any, reference: Any) -> str:
    """PSNR in dB, and the mean SSIM of Wang et al. (2004), of the brightness."""
    one, other = (picture.colourspace("b-w")[0].cast("double") for picture in (made, reference))
    noise = ((one - other) ** 2).avg()

    def blurred(picture: Any) -> Any:
        return picture.gaussblur(1.5, precision="float")

    mean, mean_other = blurred(one), blurred(other)
    spread, spread_other = blurred(one**2) - mean**2, blurred(other**2) - mean_other**2
    together = blurred(one * other) - mean * mean_other
    small, less_small = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (mean * mean_other * 2 + small) * (together * 2 + less_small)
    ssim = similar / ((mean**2 + mean_other**2 + small) * (spread + spread_other + less_small))
    return f"PSNR {10 * math.log10(255**2 / noise):.2f} dB, SSIM {ssim.avg():.4f}"


def print_quality(photo: Path, folder: Path) -> None:
    """What the WebP thumbnails lose beside a whole decode that Pillow has resized; and what Pillow's WebP of the same
    nominal quality does, at its usual effort."""
    import pyvips
    from PIL import Image

    render_with(photo, folder, webp=True)
    for height in HEIGHTS:
        mine, exact, usual = folder / str(height), folder / f"{height}.png", folder / f"{height}.webp"
        with Image.open(photo) as opened:
            reference = opened.convert("RGB").resize(
                imaging.fit_height(*opened.size, height), Image.Resampling.LANCZOS
            )
        reference.save(exact)
        reference.save(usual, quality=80, method=4)
        whole = pyvips.Image.new_from_file(str(exact))
        for name, path in ((f"WebP of height {height}", mine), ("  Pillow's, beside it", usual)):
            likeness = _likeness(pyvips.Image.webpload_buffer(path.read_bytes()), whole)
            print(f"{name:22s} {likeness}, {path.stat().st_size:,} bytes")


def measure(rounds: int, contestants: dict[str, Callable[[Path], None]], photos: list[Path]) -> dict[str, float]:
    """Median seconds for one photo, of each contestant."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            started = time.perf_counter()
            run(photos[number % len(photos)])
            if number:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(spent) for name, spent in times.items()}


def run(rounds: int = 15) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = [make_photo(folder / f"{seed}.jpg", seed=seed) for seed in range(3)]
        print("photos of 4000 x 3000:", ", ".join(f"{photo.stat().st_size / 1e6:.1f} MB" for photo in photos))
        medians = measure(
            rounds,
            {
                "albumen, WebP": lambda photo: render_with(photo, folder, webp=True),
                "albumen, JPEG": lambda photo: render_with(photo, folder, webp=False),
                "decode at shrink 4 alone": decode_alone,
                "Pillow, JPEG": lambda photo: render_with_pillow(photo, folder),
            },
            photos,
        )
    decode, pillow = medians["decode at shrink 4 alone"], medians["Pillow, JPEG"]
    print(f"median of {rounds} interleaved rounds, heights {HEIGHTS}")
    for name, seconds in medians.items():
        ratios = f"{seconds / decode:6.2f} x the decode alone {pillow / seconds:6.1f} x Pillow's rate"
        print(f"{name:26s} {seconds * 1000:8.1f} ms {ratios}")
    print("goals: at most 1.45 x the decode alone, at least 8 x Pillow's rate")
    imaging.shutdown()


if __name__ == "__main__":
    run()
