"""Decodes the file names that clients send, in any encoding, with any escapes, with or without a path."""

import re
from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote_to_bytes, urlsplit

# A pair of bytes that is a kana in Shift_JIS; in Windows-1252 its first byte is a low quotation mark or a florin sign.
_KANA = re.compile(rb"[\x82\x83][\x40-\xfc]")
_ENCODED_WORDS = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?]*\?=")
# What browsers write for the three characters that would end the header's parameter (WHATWG HTML, 4.10.21.8).
_ESCAPES = {"%22": '"', "%0D": " ", "%0d": " ", "%0A": " ", "%0a": " "}
_ESCAPE = re.compile("|".join(_ESCAPES))


def decode(raw: bytes) -> str:
    """Return text of unknown encoding: UTF-8, else Shift_JIS when it has kana, else Windows-1252. Bytes that fit none
    of them become U+FFFD."""
    others = ("cp932", "cp1252") if _KANA.search(raw) else ("cp1252", "cp932")
    for encoding in ("utf-8", *others):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("utf-8", "replace")


def base_name(name: str) -> str:
    """Return the part of a multipart file name after its last slash or backslash, with the client's escapes decoded.
    It is empty when nothing is left, or only the name of a folder (`.` or `..`)."""
    if _ENCODED_WORDS.search(name):
        with suppress(HeaderParseError, LookupError, UnicodeDecodeError, ValueError):
            name = str(make_header(decode_header(name)))
    name = _ESCAPE.sub(lambda escape: _ESCAPES[escape.group()], name)
    name = re.split(r"[/\\]", name)[-1]
    return "" if name in (".", "..") else name


def name_in_url(url: str) -> str:
    """Return the name of the file that a URL's path ends with; empty where it ends with a slash."""
    return decode(unquote_to_bytes(urlsplit(url).path)).rpartition("/")[2]
