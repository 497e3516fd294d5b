"""The files in the picture store, and the image in an answer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from PIL import Image

from tests import pictures

Stored = Callable[..., list[Path]]


def body_of(answer: Any) -> bytes:
    """Return the body of an answer, streamed or not."""
    return answer.getvalue() if answer.streaming else answer.content


def shown(answer: Any) -> Image.Image:
    """Return the image in an answer, decoded whole."""
    assert answer.status_code == 200, (answer.status_code, answer.headers)
    return pictures.opened(body_of(answer))


def checked(*options: str) -> str:
    """Return what `manage.py check_integrity` prints. Raises `CommandError` where something does not agree."""
    printed = io.StringIO()
    call_command("check_integrity", *options, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def stored(settings: Any) -> Stored:
    """A function that lists the files in one folder of the store, or in all of it."""

    def files(folder: str = "") -> list[Path]:
        return sorted(path for path in (Path(settings.MEDIA_ROOT) / folder).rglob("*") if path.is_file())

    return files
