"""The panel's first page: its figures lead on, and say what needs somebody."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from albumen.tasks.models import Task
from tests.http.admin.conftest import Panel
from tests.http.conftest import rows_of


@pytest.fixture
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def cards(panel: Panel) -> dict[str, Any]:
    return {card.title: card for card in panel.get("").context["cards"]}


def test_the_first_page_counts_what_there_is(panel, alice, content):
    rows_of(alice, 2, deleted_at=lambda _: timezone.now(), bytes=lambda _: 1_000_000_000)
    found = cards(panel)
    assert [found[title].value for title in ("Users", "Pictures", "Originals")] == ["2", "3", "2 GB"]
    assert (found["Users"].detail, found["Pictures"].detail) == ("2 new in 30 days", "2 of them in the trash")


def test_the_first_page_names_what_was_done_last(panel, dana, content):
    assert "Nobody has changed anything" in panel.get("").content.decode()
    panel.choose("library/picture/", "trash_pictures", content["picture"])
    page = panel.get("").content.decode()
    assert f'href="/admin/library/picture/{content["picture"]}/change/"' in page
    assert ("Moved to the trash." in page, f"{dana.email}:" in page) == (True, True)
    assert panel.get("admin/logentry/").status_code == 200


def test_every_card_leads_to_a_page_that_opens(panel, content):
    for card in cards(panel).values():
        assert not card.url or panel.client.get(card.url).status_code == 200, card


def test_the_chart_has_the_uploads_of_each_day(panel, alice):
    assert "Nobody has uploaded" in panel.get("").content.decode()
    now = timezone.now()
    rows_of(alice, 4, created_at=lambda number: now - timedelta(days=(0, 3, 3, 30)[number]))
    page = panel.get("")
    assert '"data": [0, 0, 0' in page.context["chart"]
    assert "2, 0, 0, 1]" in page.context["chart"]
    day = now - timedelta(days=3)
    assert f"3 pictures in 30 days, most on {day:%Y-%m-%d}: 2." in page.content.decode()


def test_the_disk_lasts_as_long_as_the_last_week_says(panel, alice):
    assert "Next to nothing came" in cards(panel)["Disk"].detail
    rows_of(alice, 7, created_at=lambda _: timezone.now(), bytes=lambda _: 10**17)
    disk = cards(panel)["Disk"]
    assert (disk.detail, disk.alarm) == ("0 days left at 100 PB of originals a day, as in the last 7", True)


def test_failed_tasks_and_a_missing_worker_ask_for_somebody(panel, content):
    found = cards(panel)
    assert (found["Tasks waiting"].value, found["Tasks waiting"].alarm) == ("1", True)
    assert found["Tasks waiting"].detail.startswith("No worker runs; the oldest for")
    assert (found["Tasks failed"].value, found["Tasks failed"].alarm) == ("0", False)
    Task.objects.update(status="failed", finished_at=timezone.now())
    assert (cards(panel)["Tasks failed"].value, cards(panel)["Tasks failed"].alarm) == ("1", True)


def test_the_last_backup_is_the_time_that_its_commands_noted(panel, data_dir):
    assert (cards(panel)["Last backup"].value, cards(panel)["Last backup"].alarm) == ("None noted", True)
    note = data_dir / "last_backup"
    note.touch()
    assert (cards(panel)["Last backup"].value, cards(panel)["Last backup"].alarm) == ("0\xa0minutes ago", False)
    weeks_ago = (timezone.now() - timedelta(days=15)).timestamp()
    os.utime(note, (weeks_ago, weeks_ago))
    assert (cards(panel)["Last backup"].value, cards(panel)["Last backup"].alarm) == ("2\xa0weeks ago", True)
