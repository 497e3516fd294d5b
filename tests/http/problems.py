"""What every refusal looks like (RFC 9457)."""

from typing import Any


def refused(answer: Any, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """The answer is a whole problem document with this status and code, and `pointer` names the field."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/docs/errors/#{code}"), problem
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    if pointer is not None:
        assert pointer in [error["pointer"] for error in problem["errors"]], problem
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0
    return problem
