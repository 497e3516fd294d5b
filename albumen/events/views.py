"""The list of a user's events, for clients that do not use the WebSocket `/ws/events/`."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from albumen.events import services
from albumen.events.filters import EventQuery
from albumen.events.serializers import EventsSerializer
from albumen.strict import validated


@extend_schema(tags=["Events"])
class Events(GenericAPIView[Any]):
    serializer_class = EventsSerializer
    refusals = {"GET": [400, 410]}

    @extend_schema(
        summary="List your events",
        description=(
            "What happened to the things in your lists, in the order in which it was committed. Go on with the last "
            "`id` as `after` until it is `last`. Events are kept for 7 days: an `after` that is older than that is a "
            "410 whose `oldest` is the id of the oldest event there is. `/ws/events/` sends the same events at once."
        ),
        parameters=[EventQuery],
    )
    def get(self, request: Request) -> Response:
        fields = validated(EventQuery(data=request.query_params))
        page = services.events_after(
            user_id=cast(int, request.user.pk), after=fields.get("after"), limit=fields["limit"]
        )
        return Response(self.get_serializer(page).data)
