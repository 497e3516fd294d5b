"""Sentences for people: written in English, with their values kept apart, so that they can be said in Russian too."""

from typing import Any, Self


class Sentence(str):
    """An English sentence with its template and values. A value that is a `Sentence` itself is translated with it.

    `Sentence("Send at most %(limit)s.", limit=9)` is the text "Send at most 9."; the catalogue has the template.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        sentence = super().__new__(cls, template % values if values else template)
        sentence.template, sentence.values = template, values
        return sentence


class Amount(int):
    """A number in which thousands are written apart: 25,000,000."""

    def __str__(self) -> str:
        return f"{int(self):,}"


def pack(value: object) -> Any:
    """Return a sentence, or a value in one, as JSON."""
    if isinstance(value, Sentence):
        return {"template": value.template, "values": {name: pack(each) for name, each in value.values.items()}}
    return {"amount": int(value)} if isinstance(value, Amount) else value


def unpack(packed: Any) -> Any:
    """Return what `pack` was given."""
    if not isinstance(packed, dict):
        return packed
    if "amount" in packed:
        return Amount(packed["amount"])
    return Sentence(packed["template"], **{name: unpack(each) for name, each in packed["values"].items()})
