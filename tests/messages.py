"""The catalogue of translated sentences: `make messages` finds the sentences in the source, writes them into the
.po file, and compiles it. What it cannot find is no sentence for people."""

import ast
import inspect
import io
import os
from collections.abc import Iterator
from pathlib import Path

# A script, and a part of tests that have set this.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "albumen.web.settings")

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from albumen import errors
from albumen.error_codes import CATALOGUE

ROOT = Path(__file__).parents[1]
PO = ROOT / "albumen" / "locale" / "ru" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
# Which arguments of these calls are sentences: of an error it is the one behind its code.
FAMILIES = {name for name, _ in inspect.getmembers(errors, inspect.isclass)} | {"BodyIncomplete", "Refused"}
CALLS = dict.fromkeys(FAMILIES, (1,)) | {"_": (0,), "gettext": (0,), "ngettext": (0, 1), "Sentence": (0,)}
# The admin panel is in English.
NOT_TRANSLATED = {"admin", "admin.py", "admin_base", "dashboard.py", "drf_spectacular", "migrations"}
# What REST framework says in English alone.
OF_LIBRARIES = (
    "Must be a valid boolean.",
    "Not a valid string.",
    "Surrogate characters are not allowed: U+{code_point:X}.",
    "This dictionary may not be empty.",
    "Datetime value out of range.",
    'Invalid datetime for the timezone "{timezone}".',
)
# Without times and versions, which would change it each time.
HEADER = f"""# Sentences of Albumen in Russian. `make messages` adds new ones and compiles them.
msgid ""
msgstr ""
"Project-Id-Version: Albumen\\n"
"Language: ru\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {Catalog("ru").plural_forms}\\n"

"""
Texts = str | tuple[str, ...]


def sources() -> Iterator[Path]:
    for path in sorted((ROOT / "albumen").rglob("*")):
        if path.suffix in (".py", ".html", ".txt") and not NOT_TRANSLATED & set(path.relative_to(ROOT).parts):
            yield path


def found() -> Iterator[tuple[str, Texts]]:
    """Yield each sentence in the source with its file; one with a plural form as a pair."""
    for chapter in CATALOGUE:
        yield "albumen/error_codes.py", chapter.title
        for code in chapter.codes:
            yield from (("albumen/error_codes.py", sentence) for sentence in (code.meaning, code.remedy))
    yield from (("rest_framework", sentence) for sentence in OF_LIBRARIES)
    for path in sources():
        text = path.read_text()
        sentences = _of_module(text) if path.suffix == ".py" else _of_template(text)
        yield from ((str(path.relative_to(ROOT)), sentence) for sentence in sentences)


def _of_module(text: str) -> Iterator[Texts]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [node.args[place] for place in CALLS.get(name, ()) if place < len(node.args)]
            texts = tuple(arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
            if texts and all(texts):
                yield texts if len(texts) > 1 else texts[0]


def _of_template(text: str) -> Iterator[Texts]:
    code = io.BytesIO(templatize(text).encode())
    yield from (sentence for _, sentence, _, _ in extract("python", code, {"gettext": (1,), "ngettext": (1, 2)}))


def read() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="ru")


def up_to_date() -> Catalog:
    """Return the catalogue with the translations that there are, for exactly the sentences that are found."""
    catalog, template = read(), Catalog()
    for place, sentence in found():
        template.add(sentence, locations=[(place, 0)])
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def as_po(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=119, sort_by_file=True, include_lineno=False, omit_header=True)
    return HEADER.encode() + buffer.getvalue()


class _Plain(Catalog):
    """A catalogue that is compiled without times and versions."""

    mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Plural-Forms", f"{Catalog('ru').plural_forms}"),
    ]


def compiled(catalog: Catalog) -> bytes:
    buffer, plain = io.BytesIO(), _Plain("ru")
    for message in catalog:
        if message.id:
            plain[message.id] = message
    write_mo(buffer, plain)
    return buffer.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """Return the sentences that have no translation."""
    return [str(message.id) for message in catalog if message.id and not all(_strings(message.string))]


def _strings(string: "str | tuple[str, ...] | list[str] | None") -> "tuple[str, ...]":
    return (string or "",) if string is None or isinstance(string, str) else tuple(string)


def main() -> None:
    catalog = up_to_date()
    PO.write_bytes(as_po(catalog))
    MO.write_bytes(compiled(catalog))
    if untranslated := missing(catalog):
        print(f"{len(untranslated)} sentences have no translation in {PO.relative_to(ROOT)}:", *untranslated, sep="\n")


if __name__ == "__main__":
    main()
