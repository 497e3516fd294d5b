"""ALBUMEN_RATE_API: how many API calls a user, or an address where nobody is signed in, may make."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from albumen import rates


class ApiThrottle(BaseThrottle):
    """Counts requests by user or IP address, and raises `LimitReached`, so that there is one form of 429."""

    def allow_request(self, request: Request, view: Any) -> bool:
        user = request.user
        key = f"user {user.pk}" if user.is_authenticated else f"address {rates.client_address(request._request)}"
        rates.spend("api", key)
        return True
