"""Makes photos for benchmarks: JPEG files whose detail, and so whose cost, is that of a camera's."""

from pathlib import Path
from typing import Any

# Standard deviation of the brightness at each scale, in px. Set so that a file has about 1.8 bits a pixel: camera
# originals that were looked at have 0.8 to 1.9.
_SCALES = ((256, 40.0), (64, 24.0), (16, 9.0), (4, 6.0), (2, 4.0), (1, 2.0))


def make_photo(path: Path, width: int = 4000, height: int = 3000, seed: int = 0, quality: int = 90) -> Path:
    """Writes a JPEG of width x height pixels with 4:2:0 chroma; the same seed gives the same picture.

    At 4000 x 3000 and quality 90 the file has about 2.7 MB.
    """
    import pyvips

    brightness = sum(
        (_noise(width, height, scale, seed * 100 + scale) * deviation for scale, deviation in _SCALES),
        pyvips.Image.black(width, height) + 120,
    )
    warm = _noise(width, height, 128, seed * 100 + 7) * 18 + _noise(width, height, 8, seed * 100 + 9) * 5
    green = _noise(width, height, 96, seed * 100 + 11) * 10
    picture: Any = brightness.bandjoin([brightness + green, brightness]) + warm.bandjoin([green * 0, warm * -1])
    colours = picture.cast("uchar").copy(interpretation="srgb")
    colours.jpegsave(str(path), Q=quality, subsample_mode="on", keep="none")
    return path


def _noise(width: int, height: int, scale: int, seed: int) -> Any:
    """Noise of mean 0 and deviation about 1 whose blobs are `scale` pixels wide."""
    import pyvips

    small = pyvips.Image.gaussnoise(width // scale + 2, height // scale + 2, sigma=1, mean=0, seed=seed)
    return (small if scale == 1 else small.resize(scale, kernel="cubic")).crop(0, 0, width, height)
