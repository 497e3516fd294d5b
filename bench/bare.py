"""Bare Django views to compare with: no sign-in, no middleware, one raw query, the same fields and length.

Both the settings and the addresses of the servers that `bench.lists` and `bench.stack` start for them.
"""

from typing import Any

import orjson
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from albumen.web.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare"
MIDDLEWARE: list[str] = []
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]

QUERY = """
SELECT id, name, description, owner_id, source, image_url, width, height, format, bytes, sha256, taken_at, placeholder,
       created_at, updated_at
FROM library_picture WHERE owner_id = %s AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 50
"""
QUERY_ONE = """
SELECT id, name, description, owner_id, source, image_url, width, height, format, bytes, sha256, taken_at, placeholder,
       created_at, updated_at
FROM library_picture WHERE id = %s AND deleted_at IS NULL
"""
COLUMNS = [
    "id",
    "name",
    "description",
    "owner",
    "source",
    "image_url",
    "width",
    "height",
    "format",
    "bytes",
    "sha256",
    "taken_at",
    "placeholder",
    "created_at",
    "updated_at",
]
ADDRESS = "http://127.0.0.1:8000/files/1/200/1/1795262400/AAAAAAAAAAAAAAAAAAAAAA"
THUMBNAILS = [{"plan_height": height, "width": 267, "height": height, "url": ADDRESS} for height in (200, 400)]


def _rows(query: str, value: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [value])
        rows: list[dict[str, Any]] = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row |= {"albums": [], "thumbnails": THUMBNAILS, "original": ADDRESS}
    return rows


def _answer(value: Any) -> HttpResponse:
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z, default=str)
    return HttpResponse(body, content_type="application/json")


def bare(request: HttpRequest) -> HttpResponse:
    return _answer({"next": ADDRESS, "previous": None, "results": _rows(QUERY, request.GET["owner"])})


def bare_one(request: HttpRequest, picture_id: int) -> HttpResponse:
    return _answer(_rows(QUERY_ONE, picture_id)[0])


urlpatterns = [
    path("bare/", bare),
    path("bare/<int:picture_id>/", bare_one),
    path("api/plans/", lambda request: HttpResponse()),
]
