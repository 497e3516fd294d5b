"""An account's data beside its pictures, as JSON for its owner: without tokens, their hashes, and URLs that work
without signing in."""

from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import F

from albumen.accounts.models import Session, User
from albumen.library import access
from albumen.library.models import AlbumPicture, ExpiringLink
from albumen.organizations.models import Membership


def documents_of(user: User) -> dict[str, Any]:
    """Return each document under its file's name, as JSON but for its times, which are `datetime`."""
    return {
        "profile.json": _profile(user),
        "albums.json": {"albums": _albums(user)},
        "links.json": {"links": _links(user)},
        "organizations.json": {"organizations": _organizations(user)},
        "sessions.json": {"sessions": _sessions(user)},
    }


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "email_verified": user.email_verified_at is not None,
        "pending_email": user.pending_email or None,
        "name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "plan": user.plan.name,
        "is_staff": user.is_staff,
        "usage": {"bytes": user.bytes_used, "pictures": user.picture_count},
        "date_joined": user.date_joined,
        "last_login": user.last_login,
        "language": user.language or None,
    }


def _albums(user: User) -> list[dict[str, Any]]:
    """Return the albums of the user's that the user may see, each with the ids of its pictures in their order,
    including pictures of others, whose bytes are not exported."""
    own = access.albums_visible_to(user).filter(owner=user)
    rows = AlbumPicture.objects.live().filter(album__in=own)
    ordered = rows.order_by("album_id", "position", "picture_id").values_list("album_id", "picture_id")
    pictures = {album_id: [one for _, one in group] for album_id, group in groupby(ordered, key=itemgetter(0))}
    fields = ("id", "name", "description", "organization", "visibility", "created_at", "updated_at")
    albums = own.order_by("pk").values(*fields, cover=F("chosen_cover"))
    return [{**album, "pictures": pictures.get(album["id"], [])} for album in albums]


def _links(user: User) -> list[dict[str, Any]]:
    """Return the links without their URLs, which would open pictures to everybody who gets hold of the archive."""
    fields = ("id", "picture", "height", "max_uses", "uses", "created_at", "expires_at", "revoked_at")
    return list(ExpiringLink.objects.filter(picture__owner=user).order_by("pk").values(*fields))


def _organizations(user: User) -> list[dict[str, Any]]:
    return [
        {
            "id": one.organization_id,
            "name": one.organization.name,
            "description": one.organization.description,
            "role": one.role,
            "contacts": one.contacts,
            "joined_at": one.joined_at,
        }
        for one in Membership.objects.filter(user=user).select_related("organization").order_by("pk")
    ]


def _sessions(user: User) -> list[dict[str, Any]]:
    fields = ("id", "user_agent", "address", "created_at", "last_used_at", "revoked_at")
    return list(Session.objects.filter(user=user).order_by("pk").values(*fields))
