"""Copy images from other servers: each URL becomes a picture, or an error that says why not."""

from typing import Any

from django.utils import timezone

from albumen.accounts.access import get_active_user
from albumen.accounts.models import User
from albumen.errors import DomainError, OutOfSpace, Unavailable
from albumen.library import access, renditions
from albumen.library.services import pictures
from albumen.remote import download_image
from albumen.tasks.services import TaskContext
from albumen.uploads.client_filenames import name_in_url
from albumen.uploads.temporary import Upload


def import_pictures(run: TaskContext) -> dict[str, Any]:
    """Return one result for each URL, in their order: `{url, picture}` or `{url, error: {code, detail}}`.

    A picture is committed together with its outcome, so a run that was killed continues after the last one.
    """
    urls: list[str] = run.task.arguments["urls"]
    # Without the URLs, which are in the task's arguments: all outcomes are written again at each step.
    # `results` is how a worker before an upgrade left them.
    outcomes: list[dict[str, Any]] = run.task.checkpoint.get("outcomes") or run.task.checkpoint.get("results", [])
    for url in urls[len(outcomes) :]:
        run.give_way()
        outcomes = [*outcomes, _import(run, url, outcomes)]
    made = sum("picture" in outcome for outcome in outcomes)
    results = [{"url": url, **outcome} for url, outcome in zip(urls, outcomes, strict=True)]
    return {"pictures": made, "refused": len(results) - made, "results": results}


def _import(run: TaskContext, url: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    # Read for each URL: plan, quota and rights may have changed since the last one.
    actor = get_active_user(run.task.owner_id)
    try:
        return _keep(run, actor, url, before)
    except (OutOfSpace, Unavailable):
        raise
    except DomainError as refusal:
        outcome = {"error": refusal.as_json()}
    with run.step(advance=1, checkpoint={"outcomes": [*before, outcome]}):
        return outcome


def _keep(run: TaskContext, actor: User, url: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    album_id = run.task.arguments["album"]
    if album_id is not None:
        # Nothing is fetched for an album that the actor may not fill by now.
        access.get_album_to_edit_contents(actor, album_id)
    limit = actor.plan.max_upload_bytes
    upload = Upload(renditions.storage().temp_path(), field="image", limit=limit)
    try:
        found = download_image(url, upload.write, limit=limit)
        upload.name = name_in_url(found.url)
        upload.finish()
        stored = pictures.store_upload(owner=actor, upload=upload)
    finally:
        upload.discard()
    # The picture's id is known only inside the step, which writes its checkpoint at its end.
    with run.step(advance=1) as step:
        picture = pictures.create_picture(actor=actor, owner=actor, stored=stored, album=album_id, now=timezone.now())
        outcome = {"picture": picture.pk}
        step.checkpoint = {"outcomes": [*before, outcome]}
    return outcome
