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
from typing import TypeVar

from django.db import DatabaseError, transaction

from albumen.errors import Conflict, Invalid
from albumen.idempotency.models import StoredResponse

RETENTION = timedelta(hours=24)
# Longer than any request works; an older claim was left by a process that was killed.
CLAIM_TIMEOUT = timedelta(seconds=60)
WAIT_SECONDS = 30.0
RETRY_SECONDS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25
_KEY = re.compile(r"[!-~]{1,255}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with its caller and key; `fingerprint` is that of `fingerprints.of_request`."""

    caller: str
    user_id: int | None
    key: str
    fingerprint: str


class _Overtaken(Exception):
    """Raised where another request with the same key has committed first; it rolls this one back."""


class _Transaction(ExitStack):
    """The transaction of one request, which is committed when this context ends."""

    begun = False

    def begin(self) -> None:
        self.begun = True
        self.enter_context(transaction.atomic())


_transaction: ContextVar[_Transaction | None] = ContextVar("idempotent_transaction", default=None)


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
    outer = _transaction.get()
    if outer is not None:
        outer.begin()
    with transaction.atomic():
        yield


def run_once(
    request: IdempotentRequest,
    *,
    respond: Callable[[], T],
    render: Callable[[T], tuple[int, str]],
    atomic: bool,
    now: datetime,
) -> T | StoredResponse:
    """Return the response that is stored for this key, or else that of `respond()`, after storing it.

    `render` turns a response into its HTTP status and its body as JSON text. Where `atomic` is false, `respond` opens
    its transaction by `atomic_with_response()`; otherwise it runs in one as a whole. A response that is not a success
    is not stored, and frees the key, as an exception does. Raise `Conflict` if the key belongs to another request, or
    if the request at work takes too long.
    """
    began = time.monotonic()
    pause = _FIRST_PAUSE
    overtaken = False
    while True:
        waited = time.monotonic() - began
        row = _find_or_claim(request, now + timedelta(seconds=waited))
        if row is not None and row.status is not None:
            return row
        if row is not None and not overtaken:
            try:
                return _work(row, respond, render, atomic=atomic)
            except _Overtaken:
                overtaken = True
        elif row is not None:
            # The key became free again. The work cannot be done twice: its files were moved to their places.
            _release(row)
            raise _in_progress()
        elif waited > WAIT_SECONDS:
            raise _in_progress()
        else:
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def delete_old_responses(*, now: datetime) -> int:
    """Delete responses and claims older than 24 hours. Return how many."""
    return StoredResponse.objects.filter(claimed_at__lte=now - RETENTION).delete()[0]


def free_claims() -> None:
    """Free the claims of servers that were killed, so that no request waits for them.

    A server that still works loses nothing: it stores its response all the same, unless another one is stored by then.
    """
    StoredResponse.objects.filter(status=None).delete()


def _find_or_claim(request: IdempotentRequest, now: datetime) -> StoredResponse | None:
    """Return the row with its response, or claimed for this request; None while another request holds the claim."""
    rows = StoredResponse.objects.filter(caller=request.caller, key=request.key)
    ours = {"fingerprint": request.fingerprint, "claim": uuid.uuid4(), "claimed_at": now}
    fresh = StoredResponse(caller=request.caller, user_id=request.user_id, key=request.key, **ours)
    row = rows.first()
    if row is None:
        # Of many at once the constraint lets one in. Ignoring its conflict keeps a surrounding transaction usable.
        StoredResponse.objects.bulk_create([fresh], ignore_conflicts=True)
        row = rows.first()
        if row is None or row.claim == ours["claim"]:
            return row
    if row.claimed_at <= now - (CLAIM_TIMEOUT if row.status is None else RETENTION):
        # One conditional statement: of many that find it lapsed, one takes it over.
        lapsed = rows.filter(pk=row.pk, claim=row.claim, status=row.status)
        return fresh if lapsed.update(**ours, status=None, body="") else None
    if row.fingerprint != request.fingerprint:
        raise Conflict("idempotency_key_reused")
    return row if row.status is not None else None


def _work(row: StoredResponse, respond: Callable[[], T], render: Callable[[T], tuple[int, str]], *, atomic: bool) -> T:
    """Return the response of `respond()`, stored in `row` if it is a success. Raise what `respond` raises."""
    try:
        with _Transaction() as outer:
            if atomic:
                outer.begin()
            token = _transaction.set(outer)
            try:
                response = respond()
                row.status, row.body = render(response)
            finally:
                _transaction.reset(token)
            created = 200 <= row.status < 300
            if created:
                if not outer.begun:
                    raise RuntimeError("What a request creates belongs inside atomic_with_response().")
                _store(row)
    except BaseException:
        _release(row)
        raise
    if not created:
        _release(row)
    return response


def _store(row: StoredResponse) -> None:
    """Replace the claim by the response, also if another request holds the claim by now: the first to commit wins."""
    rows = StoredResponse.objects.filter(caller=row.caller, key=row.key)
    rows.filter(fingerprint=row.fingerprint, status=None).delete()
    row.pk = None
    StoredResponse.objects.bulk_create([row], ignore_conflicts=True)
    if not rows.filter(claim=row.claim).exists():
        raise _Overtaken


def _release(row: StoredResponse) -> None:
    # Where even this fails, the claim lapses; the first failure is what the caller should see.
    with suppress(DatabaseError):
        StoredResponse.objects.filter(claim=row.claim, caller=row.caller, key=row.key, status=None).delete()


def _in_progress() -> Conflict:
    return Conflict("idempotency_in_progress", retry_after=RETRY_SECONDS)
