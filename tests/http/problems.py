"""Problem documents (RFC 9457), the form of every refusal."""

from typing import Any


def refused(answer: Any, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """Assert that an answer is a complete problem document with this status and code, and that one of its errors is at
    `pointer`, if one is given. Return the document."""
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
