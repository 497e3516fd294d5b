"""Files made on the fly: small real pictures, and broken ones."""

import io
import random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def noise(width: int = 400, height: int = 300, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """Return a picture with detail, so that its files are not tiny and its halves differ."""
    small = random.Random(seed).randbytes(32 * 24 * len(mode))
    return Image.frombytes(mode, (32, 24), small).resize((width, height), Image.Resampling.BICUBIC)


def encode(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(width: int = 400, height: int = 300, seed: int = 1, **options: Any) -> bytes:
    return encode(noise(width, height, seed), "JPEG", **{"quality": 80, **options})


def png(width: int = 400, height: int = 300, seed: int = 1, mode: str = "RGB", **options: Any) -> bytes:
    return encode(noise(width, height, seed, mode), "PNG", **options)


def with_gps(width: int = 400, height: int = 300) -> bytes:
    """Return a JPEG whose EXIF data tell where and with which camera it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    exif[0x0110] = "SecretModel"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-12345"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    gps[3], gps[4] = "E", (13.0, 24.0, 18.0)
    return encode(noise(width, height), "JPEG", exif=exif)


def as_file(content: bytes, name: str = "photo.jpg", media_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, media_type)


def opened(content: bytes) -> Image.Image:
    """Decode a file whole, and return the picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
