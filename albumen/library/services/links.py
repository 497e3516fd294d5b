"""Make and revoke expiring links, and count their uses (requirement C5)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from albumen.accounts.models import User
from albumen.errors import Forbidden, Gone, Invalid
from albumen.events.services import publish
from albumen.library import access
from albumen.library.models import ExpiringLink, Picture, Source
from albumen.library.services import events
from albumen.plans.models import Plan
from albumen.sentences import Sentence

MIN_SECONDS = 300
MAX_SECONDS = 300_000


def require_link_allowed(plan: Plan, height: int | None, *, pointer: str) -> None:
    """Raise `Forbidden` or `Invalid`, with this `pointer`, unless the plan has expiring links and this height in px
    (None: the original)."""
    if not plan.expiring_links:
        raise Forbidden("plan_lacks_expiring_links", pointer=pointer)
    if plan.has_size(height):
        return
    if height is None:
        raise Forbidden("plan_lacks_original", pointer=pointer)
    known = ", ".join(str(item) for item in plan.thumbnail_heights)
    detail = Sentence("Your plan has these heights: %(known)s.", known=known)
    raise Invalid("unknown_height", detail, pointer="/height")


def create_link(
    *,
    actor: User,
    picture_id: int,
    expiring_time_seconds: int,
    now: datetime,
    height: int | None = None,
    max_uses: int | None = None,
) -> ExpiringLink:
    """Make a public link to one size of a picture (a height in px, or None for the original), for 300 to 300,000 s and
    `max_uses` whole downloads (None: no limit)."""
    picture = access.get_editable_picture(actor, picture_id)
    with transaction.atomic():
        link = make_link(
            picture=picture, expiring_time_seconds=expiring_time_seconds, now=now, height=height, max_uses=max_uses
        )
        publish(events.of_link("created", link), now=now)
    return link


def make_link(
    *,
    picture: Picture,
    expiring_time_seconds: int,
    now: datetime,
    height: int | None = None,
    max_uses: int | None = None,
) -> ExpiringLink:
    """Make a link with the arguments of `create_link`, in the caller's transaction. The caller has asked `access`, and
    publishes the event."""
    if picture.source == Source.LINK:
        raise Invalid("only_linked")
    require_link_allowed(picture.owner.plan, height, pointer="")
    return ExpiringLink.objects.create(
        picture=picture,
        height=height,
        max_uses=max_uses,
        expires_at=now + timedelta(seconds=expiring_time_seconds),
        created_at=now,
    )


@transaction.atomic
def use_link(*, link: ExpiringLink, now: datetime) -> None:
    """Count one download, before it begins; raise `Gone` if the link is used up. One conditional UPDATE checks and
    counts, so that exactly `max_uses` of any number of concurrent downloads succeed. `give_back_use` takes it back."""
    if not ExpiringLink.objects.open(now).filter(pk=link.pk).update(uses=F("uses") + 1):
        raise Gone("link_used_up")
    if link.max_uses is not None:
        link.refresh_from_db(fields=["uses", "max_uses"])
        if link.uses == link.max_uses:
            publish(events.of_link("used_up", link), now=now)


@transaction.atomic
def give_back_use(*, link_id: int, now: datetime) -> None:
    """Take back the use of a download that broke off. A link that was used up works again, of which there is no event
    of its own: clients that get `link.created` replace what they know of the link."""
    link = ExpiringLink.objects.select_for_update(of=("self",)).filter(pk=link_id).first()
    if link is None or link.uses == 0:
        return
    was_used_up = link.uses == link.max_uses
    link.uses -= 1
    link.save(update_fields=["uses"])
    if was_used_up:
        publish(events.of_link("created", link), now=now)


def revoke_link(*, actor: User, link_id: int, now: datetime) -> None:
    """End a link now; ending it twice is no error."""
    link = access.get_link(actor, link_id)
    with transaction.atomic():
        if ExpiringLink.objects.filter(pk=link_id, revoked_at=None).update(revoked_at=now):
            publish(events.of_link("revoked", link), now=now)
