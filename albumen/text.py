"""Which characters are removed from text in requests, form fields and file names.

They are listed here, because Python's `isprintable` removes too much: emoji that are newer than its Unicode tables,
the space before AM in the names of macOS screenshots (U+202F), and the joiners of Persian and of families of emoji.
"""

import re

_DROPPED = dict.fromkeys(
    (
        *range(0x09),  # controls (Cc), but for those that break a line or move on in it
        *range(0x0E, 0x20),
        *range(0x7F, 0x85),
        *range(0x86, 0xA0),
        0x200B,  # zero-width space
        *range(0x202A, 0x202F),  # bidirectional embeddings and overrides: "photo<U+202E>gnp.exe"
        *range(0x2066, 0x206A),  # bidirectional isolates
        *range(0xD800, 0xE000),  # lone halves of surrogate pairs
        0xFEFF,  # byte order mark
    )
)
_ON_ONE_LINE = {**_DROPPED, **dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")}
_ON_MANY_LINES = {**_DROPPED, **dict.fromkeys(map(ord, "\v\f\x85"), "\n")}
SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Characters that are kept beside others, and are invisible alone.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
_BLANK = re.compile(f"[{SPACES}{_UNSEEN}]*")
_INVISIBLE = re.compile(f"[{SPACES}{_UNSEEN}\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_JOINER = "\u200d"
# Marks, joiners, variation selectors, skin tones and tags: each belongs to what stands before it.
_ATTACHED = re.compile(
    "[\u0300-\u036f\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
_LONGEST_CLUSTER = 32


def clean_line(text: str) -> str:
    """Return the text on one line, for names; empty when it has no visible character.

    Line breaks and tabs become spaces, and spaces at both ends are removed. Other kinds of spaces stay as they are.
    """
    line = text.translate(_ON_ONE_LINE).strip(SPACES)
    return "" if _BLANK.fullmatch(line) else line


def clean_lines(text: str) -> str:
    """Return the text with its lines and tabs, for descriptions."""
    return text.translate(_ON_MANY_LINES)


def has_invisible(text: str) -> bool:
    """Return whether the text has a space, a control, or another invisible character."""
    return _INVISIBLE.search(text) is not None


def shorten(line: str, length: int) -> str:
    """Return at most the first `length` characters (code points), without cutting an emoji or accented letter in
    two."""
    if len(line) <= length:
        return line
    end, least = length, max(0, length - _LONGEST_CLUSTER)
    while end > least and (_ATTACHED.match(line, end) or line[end - 1] == _JOINER):
        end -= 1
    return line[: end if end > least else length].rstrip(SPACES)
