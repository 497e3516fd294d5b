"""Domain errors, a class for each family. Services raise them; `albumen.api.problems` gives each its HTTP status."""

from typing import Any, ClassVar

from albumen.error_codes import explain
from albumen.sentences import Sentence, pack


class DomainError(Exception):
    """A refusal that a person can act on.

    `code` is stable and listed in `albumen.error_codes`. `detail` says what is wrong and what to do, in English: a
    `Sentence` where it has values; without one, what the code means and its remedy. `pointer` is the JSON pointer
    (RFC 6901) of the offending field, where there is one.
    """

    default_code: ClassVar[str] = "error"

    def __init__(self, code: str = "", detail: str = "", *, pointer: str | None = None) -> None:
        self.code = code or self.default_code
        self.detail = detail or explain(self.code)
        self.pointer = pointer
        super().__init__(self.detail)

    def as_json(self) -> dict[str, Any]:
        """Return code and detail to be kept, with the parts of a detail that has values, for its reader's language."""
        shape: dict[str, Any] = {"code": self.code, "detail": self.detail}
        if isinstance(self.detail, Sentence) and self.detail.values and self.detail != explain(self.code):
            shape["sentence"] = pack(self.detail)
        return shape


class Invalid(DomainError):
    """The input cannot be used as it is."""

    default_code = "invalid"


class Unauthenticated(DomainError):
    """Nobody is signed in, or the credentials do not hold."""

    default_code = "not_authenticated"


class Forbidden(DomainError):
    """The thing may be seen, but this may not be done with it."""

    default_code = "permission_denied"


class NotFound(DomainError):
    """Absent, or hidden from this viewer; the two look alike."""

    default_code = "not_found"


class Conflict(DomainError):
    """The request contradicts the present state. `retry_after` is in whole seconds, None if waiting does not help."""

    default_code = "conflict"

    def __init__(
        self, code: str = "", detail: str = "", *, pointer: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(code, detail, pointer=pointer)
        self.retry_after = retry_after


class Gone(DomainError):
    """It was here, and is not any more. For events, `oldest` is the id of the first one that is still kept."""

    default_code = "gone"

    def __init__(self, code: str = "", detail: str = "", *, oldest: int | None = None) -> None:
        super().__init__(code, detail)
        self.oldest = oldest


class TooLarge(DomainError):
    """More bytes than are allowed."""

    default_code = "too_large"


class LimitReached(DomainError):
    """Too many attempts, or too much at the same time; `retry_after` is in whole seconds."""

    default_code = "rate_limited"

    def __init__(self, retry_after: int, detail: str = "", *, code: str = "") -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part of the service does not respond; `retry_after` is in whole seconds."""

    default_code = "unavailable"

    def __init__(self, code: str = "", detail: str = "", *, retry_after: int = 5) -> None:
        super().__init__(code, detail)
        self.retry_after = retry_after


class OutOfSpace(DomainError):
    """The storage has no room."""

    default_code = "out_of_space"
