"""Families of domain errors. Services raise them; `albumen.api.problems` alone turns them into HTTP."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal that a person can act on.

    `code` is stable and documented, `detail` is one sentence that says what to do, and `pointer` is the JSON
    pointer (RFC 6901) of the offending field, where there is one.
    """

    default_code: ClassVar[str] = "error"
    default_detail: ClassVar[str] = "The request was refused."

    def __init__(self, code: str = "", detail: str = "", *, pointer: str | None = None) -> None:
        self.code = code or self.default_code
        self.detail = detail or self.default_detail
        self.pointer = pointer
        super().__init__(self.detail)


class Invalid(DomainError):
    """The input cannot be used as it is."""

    default_code = "invalid"
    default_detail = "The input is not valid."


class Unauthenticated(DomainError):
    """Nobody is signed in, or the credentials do not hold."""

    default_code = "not_authenticated"
    default_detail = "Sign in first: send an access token in the Authorization header."


class Forbidden(DomainError):
    """The thing may be seen, but this may not be done with it."""

    default_code = "permission_denied"
    default_detail = "You may not do this."


class NotFound(DomainError):
    """Absent, or hidden from this viewer; the two look alike."""

    default_code = "not_found"
    default_detail = "There is nothing here, or you may not see it."


class Conflict(DomainError):
    """The request contradicts the present state; `retry_after`, in whole seconds, where that passes by itself."""

    default_code = "conflict"
    default_detail = "This contradicts the present state."

    def __init__(
        self, code: str = "", detail: str = "", *, pointer: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(code, detail, pointer=pointer)
        self.retry_after = retry_after


class Gone(DomainError):
    """It was here, and is not any more; `oldest`, of things in a row, is the number of the first one that is left."""

    default_code = "gone"
    default_detail = "This is no longer available."

    def __init__(self, code: str = "", detail: str = "", *, oldest: int | None = None) -> None:
        super().__init__(code, detail)
        self.oldest = oldest


class TooLarge(DomainError):
    """More bytes than are allowed."""

    default_code = "too_large"
    default_detail = "This is too large."


class LimitReached(DomainError):
    """Too many attempts; `retry_after` is in whole seconds."""

    default_code = "rate_limited"
    default_detail = "Too many attempts. Wait, then try again."

    def __init__(self, retry_after: int, detail: str = "") -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part that is needed does not answer now; `retry_after` is in whole seconds."""

    default_code = "unavailable"
    default_detail = "The service cannot do this right now. Try again in a moment."

    def __init__(self, code: str = "", detail: str = "", *, retry_after: int = 5) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class OutOfSpace(DomainError):
    """The storage has no room."""

    default_code = "out_of_space"
    default_detail = "The server has no room left to store this. Try again later."
