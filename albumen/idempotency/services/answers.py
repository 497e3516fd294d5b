"""Idempotency keys: a repeated request gets the stored response of the first.

What a request creates and its response are committed in one transaction, so no second one can be committed. A claim
only keeps other requests with the same key from doing the work meanwhile.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction

from albumen.errors import Conflict, Invalid
from albumen.idempotency.models import StoredAnswer

KEPT = timedelta(hours=24)
# Longer than any request works; what is older was left by a process that was killed.
LAPSES = timedelta(seconds=60)
WAIT_SECONDS = 30.0
RETRY_SECONDS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with its caller and key; `fingerprint` is that of `fingerprints.of_request`."""

    caller: str
    user_id: int | None
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored response: its HTTP status, and its body as JSON text."""

    status: int
    body: str

    @property
    def made_something(self) -> bool:
        """Return whether the request succeeded, so that its response is kept."""
        return 200 <= self.status < 300


class _Overtaken(Exception):
    """Another request with the same key has committed first: this one is rolled back."""


class _Commit(ExitStack):
    """The transaction of one request, which is committed when this context ends."""

    begun = False

    def begin(self) -> None:
        self.begun = True
        self.enter_context(transaction.atomic())


_commit: ContextVar[_Commit | None] = ContextVar("idempotency_commit", default=None)


def require_key(text: str) -> str:
    """Return the key. Raise `Invalid` unless it has 1 to 255 visible ASCII characters."""
    if not _KEY.fullmatch(text):
        raise Invalid("invalid_idempotency_key")
    return text


@contextmanager
def atomic_with_response() -> Iterator[None]:
    """Open the transaction in which a request creates something.

    With an Idempotency-Key it is committed only after the response is stored in it. Long work belongs before it.
    """
    commit = _commit.get()
    if commit is not None:
        commit.begin()
    with transaction.atomic():
        yield


def run_once(
    *, asked: IdempotentRequest, now: datetime, make: Callable[[], Answer], slow: bool
) -> tuple[Answer, bool]:
    """Return the response of `make`, or the one stored for this key, and whether it was the stored one.

    A `slow` one begins its transaction itself, by `atomic_with_response()`; any other runs in one as a whole. A
    refusal is not kept and frees the key. `Conflict` when the key belongs to another request, or when the one at work
    takes too long.
    """
    began = time.monotonic()
    pause = _FIRST_PAUSE
    overtaken = False
    while True:
        waited = time.monotonic() - began
        row = _find_or_claim(asked, now + timedelta(seconds=waited))
        if row is not None and row.status is not None:
            return Answer(row.status, row.body), True
        if row is not None and not overtaken:
            try:
                return _work(row, make, slow=slow), False
            except _Overtaken:
                overtaken = True
        elif row is not None:
            # The key came free again meanwhile. The work cannot be done twice: its files were moved to their places.
            _release(row)
            raise _in_progress()
        elif waited > WAIT_SECONDS:
            raise _in_progress()
        else:
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def delete_old_answers(*, now: datetime) -> int:
    """Delete responses and claims older than 24 hours. Return how many."""
    return StoredAnswer.objects.filter(claimed_at__lte=now - KEPT).delete()[0]


def free_claims() -> None:
    """Free the claims of servers that were killed, so that no request waits for them.

    A server that still works loses nothing: it stores its response all the same, unless another one is stored by then.
    """
    StoredAnswer.objects.filter(status=None).delete()


def _find_or_claim(asked: IdempotentRequest, now: datetime) -> StoredAnswer | None:
    """Return the row with its response, or claimed for this request; None while another request holds the claim."""
    rows = StoredAnswer.objects.filter(caller=asked.caller, key=asked.key)
    ours = {"fingerprint": asked.fingerprint, "claim": uuid.uuid4(), "claimed_at": now}
    fresh = StoredAnswer(caller=asked.caller, user_id=asked.user_id, key=asked.key, **ours)
    row = rows.first()
    if row is None:
        # Of many at once the constraint lets one in, and ignoring it keeps a transaction around this usable.
        StoredAnswer.objects.bulk_create([fresh], ignore_conflicts=True)
        row = rows.first()
        if row is None or row.claim == ours["claim"]:
            return row
    if row.claimed_at <= now - (LAPSES if row.status is None else KEPT):
        # One conditional statement: of many that find it lapsed, one takes it over.
        lapsed = rows.filter(pk=row.pk, claim=row.claim, status=row.status)
        return fresh if lapsed.update(**ours, status=None, body="") else None
    if row.fingerprint != asked.fingerprint:
        raise Conflict("idempotency_key_reused")
    return row if row.status is not None else None


def _work(row: StoredAnswer, make: Callable[[], Answer], *, slow: bool) -> Answer:
    try:
        answer = _make_and_keep(row, make, slow=slow)
    except BaseException:
        _release(row)
        raise
    if not answer.made_something:
        _release(row)
    return answer


def _make_and_keep(row: StoredAnswer, make: Callable[[], Answer], *, slow: bool) -> Answer:
    with _Commit() as commit:
        if not slow:
            commit.begin()
        token = _commit.set(commit)
        try:
            answer = make()
        finally:
            _commit.reset(token)
        if answer.made_something:
            if not commit.begun:
                raise RuntimeError("What a slow request makes belongs inside of atomic_with_response().")
            _keep(row, answer)
    return answer


def _keep(row: StoredAnswer, answer: Answer) -> None:
    """Replace the claim by the response, also if another request holds the claim by now: the first to commit wins."""
    rows = StoredAnswer.objects.filter(caller=row.caller, key=row.key)
    rows.filter(fingerprint=row.fingerprint, status=None).delete()
    row.pk, row.status, row.body = None, answer.status, answer.body
    StoredAnswer.objects.bulk_create([row], ignore_conflicts=True)
    if not rows.filter(claim=row.claim).exists():
        raise _Overtaken


def _release(row: StoredAnswer) -> None:
    # Where even this fails, the claim lapses; the first failure is what the caller should see.
    with suppress(DatabaseError):
        StoredAnswer.objects.filter(claim=row.claim, caller=row.caller, key=row.key, status=None).delete()


def _in_progress() -> Conflict:
    return Conflict("idempotency_in_progress", retry_after=RETRY_SECONDS)
