"""Decodes long base64 strings of a JSON text into temporary uploads while the text is received."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from albumen.uploads.temporary import RequestUploads, Upload

# A longer string in a JSON body can only be a picture.
INLINE_STRING = 64 * 1024


class StringSpool:
    """Replaces each long string of a JSON text with a short word that clients cannot guess. `by_word` maps each word
    to the upload that its string was decoded into."""

    # A quotation mark, or the text between two of them; a backslash escapes the byte that follows it.
    _TOKENS = re.compile(rb'"|(?:[^"\\]++|\\.)++', re.DOTALL)

    def __init__(self, uploads: RequestUploads) -> None:
        self._uploads = uploads
        self.by_word: dict[str, Upload] = {}

    def without_long_strings(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the text, with a word instead of each string of more than INLINE_STRING bytes."""
        inside, key, rest = False, "", b""
        held, writer = bytearray(), None
        for chunk in chunks:
            text = rest + chunk
            # A lone backslash at the end escapes the first byte of the next chunk.
            rest = b"\\" * ((len(text) - len(text.rstrip(b"\\"))) % 2)
            for token in self._TOKENS.findall(text, 0, len(text) - len(rest)):
                if not inside:
                    yield token
                    inside = token == b'"'
                elif token != b'"':
                    held += token
                    if len(held) > INLINE_STRING:
                        writer = writer or Base64Writer(self._uploads.begin(field=key))
                        writer.write(held)
                        held.clear()
                else:
                    if writer:
                        writer.write(held)
                        word = f"upload:{writer.finish().path.name}"
                        self.by_word[word] = writer.upload
                        yield word.encode()
                    else:
                        # The string before a long one is its key, which errors point to.
                        key = held[:100].decode("utf-8", "replace")
                        yield bytes(held)
                    yield token
                    held, writer, inside = bytearray(), None, False
        yield bytes(held) + rest


class Base64Writer:
    """Decodes base64 (RFC 4648, section 4) into an upload, piece by piece.

    A data URL's head and white space are skipped, and JSON's escapes (RFC 8259, section 7) are decoded.
    """

    _ESCAPE = re.compile(rb"\\(?:([/nrt])|u([0-9a-fA-F]{4}))")
    _LONGEST_ESCAPE = 6

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self._undone = b""
        self._rest = b""
        self._begun = False

    def write(self, text: bytes | bytearray) -> None:
        text = self._undone + text
        # The last escape may continue in the next piece.
        begun = text.rfind(b"\\", max(0, len(text) - self._LONGEST_ESCAPE + 1))
        end = len(text) if begun < 0 else begun
        self._undone = bytes(text[end:])
        self._decode(text[:end])

    def finish(self) -> Upload:
        self._decode(self._undone)
        self.upload.write_base64(self._rest + b"=" * (-len(self._rest) % 4))
        self.upload.finish()
        return self.upload

    def _decode(self, text: bytes) -> None:
        if b"\\" in text:
            text = self._ESCAPE.sub(self._meaning, text)
        piece = text.translate(None, b" \t\r\n")
        if piece and not self._begun:
            self._begun = True
            piece = cut_data_url(piece)
        piece = self._rest + piece
        whole = len(piece) - len(piece) % 4
        self._rest = piece[whole:]
        self.upload.write_base64(piece[:whole])

    @staticmethod
    def _meaning(escape: re.Match[bytes]) -> bytes:
        if escape[1]:
            return b"/" if escape[1] == b"/" else b""
        return chr(int(escape[2], 16)).encode("utf-8", "replace")


def sha256_of_base64(text: str) -> str | None:
    """Return the sha256, in hex, of the bytes that this base64 text stands for; None where it is not base64."""
    piece = cut_data_url(text.encode("utf-8", "replace").translate(None, b" \t\r\n"))
    try:
        content = base64.b64decode(piece + b"=" * (-len(piece) % 4), validate=True)
    except binascii.Error:
        return None
    return hashlib.sha256(content).hexdigest()


def cut_data_url(text: bytes) -> bytes:
    """Return what follows `data:...;base64,` (RFC 2397), or the text itself."""
    if not text.startswith(b"data:"):
        return text
    head, comma, rest = text.partition(b",")
    return rest if comma and head.endswith(b";base64") else text
