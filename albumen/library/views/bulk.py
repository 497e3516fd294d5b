"""One action on many pictures."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from albumen.accounts.authentication import SignedInRequest
from albumen.error_codes import BY_NAME
from albumen.idempotency.views import creates_once
from albumen.library.serializers.requests import BulkSerializer
from albumen.library.serializers.shapes import BulkResultsSerializer
from albumen.library.services.bulk import Action, change_pictures
from albumen.strict import validated

# The status of the call for one picture, if it is done.
DONE = {Action.TRASH: 204, Action.RESTORE: 200, Action.ADD_TO_ALBUM: 200, Action.REMOVE_FROM_ALBUM: 204}


@extend_schema(tags=["Pictures"])
class Bulk(GenericAPIView[Any]):
    serializer_class = BulkSerializer

    @extend_schema(
        summary="Change many pictures at once",
        description=(
            "Moves pictures to the trash, restores them, adds them to an album, or takes them out of one. Each "
            "picture is done or refused by itself, under the rules of the call for one picture, whose status and "
            "error code it has in `results`; all that is done is done at the same moment. Pictures go to the album's "
            "end in the order of the request. As a whole, only `add_to_album` can be refused for its album: one that "
            "is hidden or absent is a 400 `unknown_album`, and one whose pictures you may not change a 403. Your own "
            "pictures you may take out of any album."
        ),
        responses=BulkResultsSerializer,
    )
    @creates_once
    def post(self, request: SignedInRequest) -> Response:
        fields = validated(self.get_serializer(data=request.data))
        refusals = change_pictures(actor=request.user, **fields, now=timezone.now())
        done = {"status": DONE[fields["action"]], "code": None}
        refused = {
            picture_id: {"status": BY_NAME[error.code].statuses[0], "code": error.code}
            for picture_id, error in refusals.items()
        }
        results = [{"id": picture_id, **refused.get(picture_id, done)} for picture_id in fields["picture_ids"]]
        return Response({"results": results})
