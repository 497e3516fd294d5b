"""Access and refresh tokens (RFC 7519, HS256): encoding and checking, without any row."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypedDict, cast

import jwt
from django.conf import settings

from albumen.errors import Unauthenticated
from albumen.keys import derive_key
from albumen.sentences import Sentence

Kind = Literal["access", "refresh"]


class Claims(TypedDict):
    """The claims of a token. `sid` is the id of its `Session`, `jti` its own id; `iat` and `exp` are Unix seconds."""

    token_type: Kind
    user_id: int
    sid: int
    jti: str
    iat: int
    exp: int


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The two tokens that a login or a refresh returns."""

    access: str
    refresh: str


def new_id() -> str:
    """Return a random token id of 128 bits."""
    return secrets.token_urlsafe(16)


def derive_id(kind: Kind, refresh_id: str) -> str:
    """Return the id of the token that follows a refresh token: always the same, and unpredictable without the key."""
    digest = hashlib.blake2b(
        f"{kind}:{refresh_id}".encode(), key=derive_key("tokens"), person=b"albumen.next", digest_size=16
    ).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fingerprint(token_id: str) -> str:
    """Return the sha256 of a token's id in hex, which is stored in its place."""
    return hashlib.sha256(token_id.encode()).hexdigest()


def make_pair(*, user_id: int, session_id: int, refresh_id: str, issued_at: datetime) -> TokenPair:
    """Return both tokens. Equal arguments give equal strings, so that a retried request gets the same response."""

    def encode(kind: Kind, token_id: str) -> str:
        lifetime = settings.ACCESS_TOKEN_LIFETIME if kind == "access" else settings.REFRESH_TOKEN_LIFETIME
        claims: Claims = {
            "token_type": kind,
            "user_id": user_id,
            "sid": session_id,
            "jti": token_id,
            "iat": int(issued_at.timestamp()),
            "exp": int((issued_at + lifetime).timestamp()),
        }
        return jwt.encode(dict(claims), derive_key("tokens"), algorithm="HS256")

    return TokenPair(encode("access", derive_id("access", refresh_id)), encode("refresh", refresh_id))


WRONG_KIND: dict[Kind, Sentence] = {
    "access": Sentence("This is not an access token."),
    "refresh": Sentence("This is not a refresh token."),
}


def read(token: str, kind: Kind) -> Claims:
    """Return the claims of a valid token of this kind; raise `Unauthenticated` for any other."""
    try:
        claims = _verified(token, derive_key("tokens"))
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise Unauthenticated("token_invalid", Sentence("This is no valid %(kind)s token.", kind=kind)) from None
    if claims["exp"] <= time.time():
        detail = Sentence("This %(kind)s token has expired. Sign in or refresh.", kind=kind)
        raise Unauthenticated("token_expired", detail)
    if claims.get("token_type") != kind:
        raise Unauthenticated("token_invalid", WRONG_KIND[kind])
    return claims


@lru_cache(maxsize=1024)
def _verified(token: str, key: bytes) -> Claims:
    """Return the claims of a token that was signed here. The cached dictionary must not be changed, and the caller
    checks whether the token has expired."""
    claims = jwt.decode(
        token,
        key,
        algorithms=["HS256"],
        options={"require": ["exp", "iat", "jti", "sid", "user_id"], "verify_iat": False, "verify_exp": False},
    )
    return cast(Claims, claims)
