"""An account's data beside its pictures, as JSON for its owner: without tokens, their hashes, and URLs that work
without signing in."""

from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from albumen.accounts.models import Session, User
from albumen.library.models import Album, AlbumPicture, ExpiringLink
from albumen.organizations.models import Membership


def documents_of(user: User) -> dict[str, Any]:
    """Return each document under its file's name."""
    return {
        "profile.json": _profile(user),
        "albums.json": {"albums": _albums(user)},
        "links.json": {"links": _links(user)},
        "organizations.json": {"organizations": _organizations(user)},
        "sessions.json": {"sessions": _sessions(user)},
    }


def moment(value: datetime | None) -> str | None:
    """Return the time as ISO 8601 in UTC, with Z."""
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _profile(user: User) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "plan": user.plan.name,
        "is_staff": user.is_staff,
        "usage": {"bytes": user.bytes_used, "pictures": user.picture_count},
        "date_joined": moment(user.date_joined),
        "last_login": moment(user.last_login),
    }


def _albums(user: User) -> list[dict[str, Any]]:
    """Return the albums, each with the ids of its pictures in their order, including pictures of others, whose bytes
    are not exported."""
    rows = AlbumPicture.objects.live().filter(album__owner=user)
    ordered = rows.order_by("album_id", "position", "picture_id").values_list("album_id", "picture_id")
    pictures = {album_id: [one for _, one in group] for album_id, group in groupby(ordered, key=itemgetter(0))}
    return [
        {
            "id": album.pk,
            "name": album.name,
            "description": album.description,
            "visibility": album.visibility,
            "organization": album.organization_id,
            "cover": album.chosen_cover_id,
            "pictures": pictures.get(album.pk, []),
            "created_at": moment(album.created_at),
            "updated_at": moment(album.updated_at),
        }
        for album in Album.objects.filter(owner=user).order_by("pk")
    ]


def _links(user: User) -> list[dict[str, Any]]:
    """Return the links without their URLs, which would open pictures to everybody who gets hold of the archive."""
    return [
        {
            "id": link.pk,
            "picture": link.picture_id,
            "height": link.height,
            "max_uses": link.max_uses,
            "uses": link.uses,
            "created_at": moment(link.created_at),
            "expires_at": moment(link.expires_at),
            "revoked_at": moment(link.revoked_at),
        }
        for link in ExpiringLink.objects.filter(picture__owner=user).order_by("pk")
    ]


def _organizations(user: User) -> list[dict[str, Any]]:
    return [
        {
            "id": one.organization_id,
            "name": one.organization.name,
            "description": one.organization.description,
            "role": one.role,
            "joined_at": moment(one.joined_at),
        }
        for one in Membership.objects.filter(user=user).select_related("organization").order_by("pk")
    ]


def _sessions(user: User) -> list[dict[str, Any]]:
    return [
        {
            "id": session.pk,
            "user_agent": session.user_agent,
            "address": session.address,
            "created_at": moment(session.created_at),
            "last_used_at": moment(session.last_used_at),
            "revoked_at": moment(session.revoked_at),
        }
        for session in Session.objects.filter(user=user).order_by("pk")
    ]
