"""The language of a request, and sentences in it: English, or Russian as `albumen/locale` has it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.translation import activate, get_language, get_supported_language_variant, gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

from albumen.error_codes import explain
from albumen.sentences import Amount, Sentence, unpack

ResponseT = TypeVar("ResponseT", bound=HttpResponseBase)


def preferred(accept_language: str) -> str:
    """Return the language of LANGUAGES that this `Accept-Language` header asks for first; English for none of them."""
    # Cut before it is kept: what browsers send is much shorter.
    return _preferred(accept_language[:200])


@lru_cache(maxsize=1000)
def _preferred(accept_language: str) -> str:
    for code, _ in parse_accept_lang_header(accept_language):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def use(language: str) -> None:
    """Go on in this language; an empty one, as of a person who has chosen none, changes nothing."""
    if language:
        activate(language)


def speaking(language: str) -> override:
    """Return the context of what is said to a person with this language; an empty one stays with the active one."""
    # Not `override(None)`, which turns translation off.
    return override(language or active())


def translated(sentence: str) -> str:
    """Return an English sentence in the active language; one that the catalogue does not have comes back as it is."""
    if not isinstance(sentence, Sentence):
        return gettext(sentence) if sentence else ""
    template = gettext(sentence.template)
    values = {name: _spoken(value) for name, value in sentence.values.items()}
    return template % values if values else template


def translated_error(kept: Mapping[str, Any]) -> dict[str, str]:
    """Return code and detail of an error that `DomainError.as_json` kept, in the active language."""
    code, detail = kept["code"], kept["detail"]
    usual = explain(code)
    said = unpack(kept["sentence"]) if "sentence" in kept else usual if detail == usual else detail
    return {"code": code, "detail": translated(said)}


def _spoken(value: object) -> object:
    if isinstance(value, Sentence):
        return translated(value)
    return number_format(int(value), force_grouping=True) if isinstance(value, Amount) else value


def active() -> str:
    """Return the active language, as `Content-Language` names it."""
    return get_language() or settings.LANGUAGE_CODE


def marked(response: ResponseT) -> ResponseT:
    """Return the response, which now says that its words are in the active language and depend on the request's."""
    patch_vary_headers(response, ["Accept-Language"])
    response["Content-Language"] = active()
    return response
