"""Imports and exports, which take longer than a request, and the archives that exports make."""

from typing import TYPE_CHECKING, Any, cast

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from albumen import delivery
from albumen.accounts.authentication import SignedInRequest
from albumen.idempotency.views import creates_once
from albumen.library import access, renditions
from albumen.library.serializers.requests import ArchiveSerializer, ImportSerializer
from albumen.library.services import imports_exports
from albumen.library.views.files import NO_CACHE, FileView
from albumen.strict import require_no_fields, validated
from albumen.tasks.serializers import TaskSerializer
from albumen.uploads.parsers import JSONParser, MultiPartParser
from albumen.uploads.views import AcceptsUploads

if TYPE_CHECKING:
    from albumen.accounts.models import User
    from albumen.tasks.models import Task


def accepted(task: "Task", request: Request) -> Response:
    """Return 202 with the task, and its URL in `Location`."""
    shape = TaskSerializer(task, context={"request": request}).data
    return Response(shape, status=202, headers={"Location": request.build_absolute_uri(f"/api/tasks/{task.pk}/")})


@extend_schema(tags=["Tasks"])
class Import(AcceptsUploads):
    serializer_class = ImportSerializer
    parser_classes = (JSONParser, MultiPartParser)
    upload_fields = ("archive",)
    refusals = {"POST": [403, 409, 507]}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.limit_upload(request, imports_exports.archive_limit(cast("User", request.user)))

    @extend_schema(
        summary="Import pictures by their URLs",
        description=(
            "A task that copies up to 500 images into pictures of yours, under the same rules as an upload and "
            "the same guards as a linked picture; a store may serve them as `application/octet-stream`. Its result "
            "has one entry for each URL: `{url, picture}`, or `{url, error: {code, detail}}`. This address also "
            "takes what `POST /api/pictures/import/archive/` takes."
        ),
        request=ImportSerializer,
        responses={202: TaskSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest) -> Response:
        return self.start(request)

    def start(self, request: SignedInRequest) -> Response:
        shape = ArchiveSerializer if "archive" in request.data else ImportSerializer
        serializer = shape(data=request.data, context=self.get_serializer_context())
        fields = {"actor": request.user, "now": timezone.now(), **validated(serializer)}
        if "archive" in fields:
            return accepted(imports_exports.start_archive_import(upload=fields.pop("archive"), **fields), request)
        return accepted(imports_exports.start_import(**fields), request)


@extend_schema(tags=["Tasks"])
class ImportArchive(Import):
    """The import of an archive at a URL of its own: few client generators know a body with two media types."""

    @extend_schema(
        summary="Import an archive",
        description=(
            "With an `archive` that an export has made, of up to 20,000 pictures, a task that brings back pictures "
            "with their names and descriptions, linked ones too, and the albums, as private ones. Each picture is "
            "taken under the rules of an upload. What is there already, by its bytes and its name, is not made again, "
            "and an album of the same name is filled; with `album`, everything goes there instead. Profile, links, "
            "organizations and sessions stay as they are."
        ),
        request={"multipart/form-data": ArchiveSerializer},
        responses={202: TaskSerializer},
    )
    @creates_once(atomic=False)
    def post(self, request: SignedInRequest) -> Response:
        return self.start(request)


@extend_schema(tags=["Tasks"])
class ExportAlbum(APIView):
    refusals = {"POST": [404, 409]}

    @extend_schema(
        summary="Export an album",
        description=(
            "A task that packs the album into a ZIP with a `manifest.json`: originals where their owner's plan has "
            "them, else the plan's largest thumbnails; what others own comes without private metadata. The manifest's "
            "`bytes`, `sha256`, `format`, `width` and `height` are those of the file in the archive. The result has "
            "`url`, which needs no header and works for 24 hours, as long as you may see the album and it stays in "
            "its organization."
        ),
        request=None,
        responses={202: TaskSerializer},
    )
    @creates_once
    def post(self, request: SignedInRequest, album_id: int) -> Response:
        require_no_fields(request)
        return accepted(
            imports_exports.start_export(actor=request.user, album_id=album_id, now=timezone.now()), request
        )


@extend_schema(tags=["Tasks"])
class ExportProfile(APIView):
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Export all of your data",
        description=(
            "A task that packs a ZIP as for an album, with everything of yours that is not in the trash: every "
            "original byte for byte, whatever the plan, and `profile.json`, `albums.json`, `links.json` (without "
            "their URLs), `organizations.json` and `sessions.json`. It holds no password and no token."
        ),
        request=None,
        responses={202: TaskSerializer},
    )
    @creates_once
    def post(self, request: SignedInRequest) -> Response:
        require_no_fields(request)
        return accepted(imports_exports.start_export(actor=request.user, now=timezone.now()), request)


@extend_schema(tags=["Delivery"])
class ExportFile(FileView):
    refusals = {"GET": [404, 410]}

    @extend_schema(
        summary="The archive that an export made",
        description=(
            "Behind `result.url` of the task. It can be downloaded in parts (`Range`). 410 when its time is over, and "
            "when the album in it was deleted, has left its organization, or may not be seen any more by the person "
            "who started the export."
        ),
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (206, "application/zip"): OpenApiTypes.BINARY,
            304: None,
            412: None,
            416: None,
        },
    )
    def get(self, request: Request, task_id: int, owner_id: int, expires: int, mac: str) -> HttpResponseBase:
        access.require_export(task_id=task_id, owner_id=owner_id, expires=expires, mac=mac, now=timezone.now())
        return delivery.send(
            request._request,
            renditions.export_name(task_id),
            media_type="application/zip",
            etag=f"export-{task_id}-{expires}",
            filename=f"albumen-export-{task_id}.zip",
            cache_control=NO_CACHE,
            attachment=True,
            nginx_may_send=True,
        )

    head = get
