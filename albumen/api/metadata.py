"""Responses to OPTIONS."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class Metadata(SimpleMetadata):
    """A view's name and media types. Its fields are described at /api/schema/."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}
