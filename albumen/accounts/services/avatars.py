"""Avatars: renamed to letters and digits, shrunk to fit 200 x 200 px (requirement B11)."""

from contextlib import suppress

from django.db import transaction
from django.utils.crypto import get_random_string

from albumen import imaging
from albumen.accounts.models import User
from albumen.errors import Invalid, NotFound, Unavailable
from albumen.storage import storage
from albumen.uploads.decoding import decoding
from albumen.uploads.temporary import Upload

SIDE = 200
MAX_BYTES = 20_000_000
NAME_LENGTH = 22  # of 62 letters and digits: 131 bits


def stored_name(avatar: str) -> str:
    """Return the name of an avatar's file in the storage."""
    return f"avatars/{avatar[:2]}/{avatar}"


def store(upload: Upload) -> str:
    """Decode an uploaded avatar, shrink it and store it; return its new name. The uploaded file is not kept."""
    temp = storage().temp_path()
    try:
        with decoding():
            imaging.render(upload.path, [imaging.Target(temp, SIDE, box=True)], webp=True)
        name = get_random_string(NAME_LENGTH)
        storage().place(temp, stored_name(name))
    except imaging.Refused as refusal:
        raise Invalid(refusal.code, refusal.detail, pointer="/avatar") from None
    finally:
        temp.unlink(missing_ok=True)
    return name


def discard(avatar: str) -> None:
    """Delete the file of an avatar that is no longer used. When the storage does not respond, it is swept later."""
    if avatar:
        with suppress(Unavailable):
            storage().delete(stored_name(avatar))


def set_avatar(*, user: User, upload: Upload | None) -> None:
    """Set the user's avatar; None removes it."""
    before, user.avatar = user.avatar, store(upload) if upload else ""
    user.save(update_fields=["avatar"])
    transaction.on_commit(lambda: discard(before))


def get_avatar(user: User) -> str:
    """Return the stored file's name; raise `NotFound` when the user has no avatar."""
    if not user.avatar:
        raise NotFound("not_found", "This user has no avatar.")
    return stored_name(user.avatar)
