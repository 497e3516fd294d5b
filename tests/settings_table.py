"""`python -m tests.settings_table` writes the table of settings in docs/operations.md from .env.example."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "operations.md"
HEAD = "| setting | default | meaning |\n|---|---|---|\n"


def table() -> str:
    """Return one row for each paragraph of .env.example: its variables, their defaults, and its comment."""
    rows = []
    for paragraph in (ROOT / ".env.example").read_text().strip().split("\n\n"):
        meaning = " ".join(line.removeprefix("# ") for line in paragraph.splitlines() if line.startswith("#"))
        variables = [line.split("=", 1) for line in paragraph.splitlines() if not line.startswith("#")]
        if variables:
            names = ", ".join(f"`{name}`" for name, _ in variables)
            defaults = ", ".join(f"`{value}`" if value else "empty" for _, value in variables)
            rows.append(f"| {names} | {defaults} | {meaning} |\n")
    return HEAD + "".join(rows)


def page_with_table() -> str:
    """Return docs/operations.md with the table as it should be."""
    return re.sub(re.escape(HEAD) + r"(\|.*\n)*", lambda _: table(), PAGE.read_text())


if __name__ == "__main__":
    PAGE.write_text(page_with_table())
