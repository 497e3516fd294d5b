"""The map of the code: every path exists that docs/ARCHITECTURE.md and CONTRIBUTING.md name, and every name."""

import re

import pytest

from tests.server import ROOT

PAGES = ("docs/ARCHITECTURE.md", "CONTRIBUTING.md")
LINES = [line for page in PAGES for line in (ROOT / page).read_text().splitlines() if "`" in line]
FILES = [ROOT / "Makefile", *(path for folder in ("albumen", "tests") for path in (ROOT / folder).rglob("*.py"))]
CODE = "\n".join(path.read_text() for path in FILES if path.name != "test_architecture.py")
# Django's own.
ELSEWHERE = {"is_staff", "db_default"}


def code_of(path):
    files = path.rglob("*.py") if path.is_dir() else [path]
    return "\n".join(file.read_text() for file in files)


@pytest.mark.parametrize("line", LINES)
def test_what_the_map_names_is_there(line):
    words = re.findall(r"`([^`]+)`", line)
    paths = [ROOT / word for word in words if re.match(r"(albumen|deploy|docs|tests)/", word)]
    assert [path for path in paths if not path.exists()] == []
    # A row of "Where to find" has its names in its files.
    code = "\n".join(map(code_of, paths)) if line.count(" | ") == 2 and paths else CODE
    names = {
        word.partition("(")[0] for word in words if re.fullmatch(r"[A-Za-z]*_\w+(\(.*\))?|[A-Z][a-z]+[A-Z]\w+", word)
    }
    names = {name for name in names - ELSEWHERE if not name.startswith("ALBUMEN_")}
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []


def test_the_map_has_every_room_app_and_module():
    page = (ROOT / PAGES[0]).read_text()
    places = [path.name for path in (ROOT / "albumen").iterdir() if not path.name.startswith("_")]
    assert [name for name in places if f"`albumen/{name}`" not in page] == []
