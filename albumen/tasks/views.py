"""Tasks over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.languages import marked
from albumen.strict import require_no_fields
from albumen.tasks import access, services
from albumen.tasks.filters import TaskQuery
from albumen.tasks.serializers import TaskSerializer


@extend_schema(tags=["Tasks"])
class Tasks(GenericAPIView[Any]):
    serializer_class = TaskSerializer
    query_class = TaskQuery
    ordering_fields = ("created_at",)
    ordering = "-created_at"

    @extend_schema(summary="List your tasks", description="Administrators see those of all users, and periodic work.")
    def get(self, request: Request) -> Response:
        listed: Any = access.listed_tasks(request.user)
        page = self.paginate_queryset(listed)
        return marked(self.get_paginated_response(self.get_serializer(page, many=True).data))


@extend_schema(tags=["Tasks"])
class OneTask(GenericAPIView[Any]):
    serializer_class = TaskSerializer

    @extend_schema(summary="Read a task", description="Ended tasks are kept for 30 days.")
    def get(self, request: Request, task_id: int) -> Response:
        return marked(Response(self.get_serializer(access.get_task(request.user, task_id)).data))


@extend_schema(tags=["Tasks"])
class Cancel(GenericAPIView[Any]):
    serializer_class = TaskSerializer
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Cancel a task",
        description="A waiting task is cancelled at once, a running one at its next step. 409 when it has ended.",
        request=None,
    )
    def post(self, request: Request, task_id: int) -> Response:
        require_no_fields(request)
        task = services.cancel_task(actor=request.user, task_id=task_id, now=timezone.now())
        return Response(self.get_serializer(task).data)


@extend_schema(tags=["Tasks"])
class Retry(GenericAPIView[Any]):
    serializer_class = TaskSerializer
    refusals = {"POST": [409]}

    @extend_schema(
        summary="Try a task again",
        description="It goes on where it stopped. 409 unless it failed or was cancelled.",
        request=None,
    )
    def post(self, request: Request, task_id: int) -> Response:
        require_no_fields(request)
        task = services.retry_task(actor=request.user, task_id=task_id, now=timezone.now())
        return Response(self.get_serializer(task).data)
