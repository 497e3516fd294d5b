"""Every sentence for people has a Russian translation with the same values in it, and it is compiled."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth import password_validation
from django.utils.translation import ngettext, override
from rest_framework import serializers

from albumen.error_codes import BY_NAME, explain
from albumen.languages import preferred, translated
from albumen.sentences import Amount, Sentence, pack, unpack
from tests import messages
from tests.http.test_catalogue import SHAPES
from tests.http.test_wording import said

WAIT = ("Wait %(count)d second, then load this page again.", "Wait %(count)d seconds, then load this page again.")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)


def test_every_sentence_is_in_the_catalogue_and_translated() -> None:
    assert messages.PO.read_bytes() == messages.as_po(messages.up_to_date()), "make messages"
    assert messages.missing(messages.read()) == []


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    assert messages.MO.read_bytes() == messages.compiled(messages.read()), "make messages"
    with override("ru"):
        waits = [ngettext(*WAIT, seconds) % {"count": seconds} for seconds in (1, 2, 5, 21, 112)]
    assert waits == [
        f"Подождите {spoken} и загрузите страницу снова."
        for spoken in ("1 секунду", "2 секунды", "5 секунд", "21 секунду", "112 секунд")
    ]


def test_translations_have_the_values_of_their_sentences() -> None:
    for message in messages.read():
        ids = [message.id] if isinstance(message.id, str) else message.id
        strings = [message.string] if isinstance(message.string, str) else message.string
        for text in strings if message.id else ():
            assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(ids[-1])), message.id


def hidden_sentences(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where a sentence is put together before it could be translated, or is not marked as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given = [node.args[place] for place in messages.CALLS.get(name, ()) if place < len(node.args)]
            yield from (arg.lineno for arg in given if isinstance(arg, ast.JoinedStr | ast.BinOp))
            yield from (keyword.lineno for keyword in node.keywords if _is_plain(keyword.arg, keyword.value))
        if isinstance(node, ast.Assign):
            yield from (target.lineno for target in node.targets if _is_plain(_name(target), node.value))


def _name(target: ast.expr) -> str:
    return getattr(target, "id", getattr(target, "attr", ""))


def _is_plain(name: str | None, value: ast.expr) -> bool:
    text = value.value if isinstance(value, ast.Constant) else ""
    return name == "detail" and (isinstance(value, ast.JoinedStr) or (isinstance(text, str) and " " in text))


def test_no_sentence_is_hidden_from_the_catalogue() -> None:
    hidden = [
        f"{path}:{line}"
        for path in messages.sources()
        if path.suffix == ".py"
        for line in hidden_sentences(ast.parse(path.read_text()))
    ]
    assert hidden == [], "Wrap these in Sentence(), with their values as its arguments."


@pytest.mark.parametrize("code", BY_NAME)
def test_every_code_is_explained_in_russian(code: str) -> None:
    with override("ru"):
        assert RUSSIAN.search(translated(BY_NAME[code].meaning))
        assert translated(explain(code)) == f"{translated(BY_NAME[code].meaning)} {translated(BY_NAME[code].remedy)}"


def test_libraries_know_russian_too() -> None:
    with override("ru"):
        refusals: set[str] = set(password_validation.password_validators_help_texts())
        for module in SHAPES:
            for _, shape in inspect.getmembers(module, inspect.isclass):
                if issubclass(shape, serializers.Serializer):
                    refusals |= set(said(shape()))
    assert [refusal for refusal in sorted(refusals) if refusal and not RUSSIAN.search(refusal)] == []


def test_a_sentence_is_its_english_text_and_keeps_its_values_in_other_processes() -> None:
    sentence = Sentence("Send at most %(most)s bytes.", most=Amount(25_000_000))
    assert sentence == "Send at most 25,000,000 bytes."
    with override("ru"):
        assert translated(unpack(pack(sentence))) == "Наибольший размер в байтах: 25\xa0000\xa0000."
        inside = Sentence("%(reason)s Send it again.", reason=Sentence("The body ended before it was whole."))
        assert translated(unpack(pack(inside))) == "Тело запроса оборвалось. Пришлите его снова."
        assert translated(Sentence("%(name)s is no list", name="100%(name)s")) == "100%(name)s — не список"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("uk-UA,ru;q=0.5,en;q=0.3", "ru"),
        ("en-GB,ru;q=0.9", "en"),
        ("de,fr;q=0.5", "en"),
        ("*", "en"),
        ("", "en"),
        ("ru;q=nonsense,\x00,,;", "en"),
        ("ru," * 100_000, "ru"),
    ],
)
def test_the_language_that_a_client_prefers(header: str, language: str) -> None:
    assert preferred(header) == language
