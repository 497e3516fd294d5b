"""What an archive calls its files: each unpacks on Linux, Windows and macOS, and over none of the others."""

import re
import unicodedata
from pathlib import Path

from tests import pictures
from tests.background.conftest import ended, use_plan
from tests.background.test_exports import DOCUMENTS, opened
from tests.server import Server

NAMES = [
    *("Tree", "tree", "TREE.jpg", "Tree (2)", "manifest.json", "MANIFEST.JSON.jpg", "profile.json"),
    *("Café", "Cafe\u0301", "CAFÉ.JPG", "straße", "STRASSE", "ﬁsh", "fish", "a\u200db", "ab"),
    *("CON", "con.jpg", "NUL.tar", "Lpt1 .jpg", "COM¹", "aux.", "CONIN$", "console", f"CON{' ' * 200}x"),
    *("a/b:c", 'a<b>c"d|e?f*g', "..", ". .", "ends. ", "ends...jpg", ".hidden", "?", "a\u202egnp.exe", "\u200f"),
    *("я" * 255, "я" * 255, "я" * 254 + "🩷", "👨‍👩‍👧‍👦" * 36, "각" * 255, "\u1f82" * 255, "n" * 255),
]
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)


def test_every_entry_unpacks_on_every_system(working_server: Server, tmp_path: Path) -> None:
    alice = working_server.register("alice")
    use_plan(working_server, alice, "Enterprise")
    content = pictures.jpeg(40, 30)
    made = [
        alice.post("/api/pictures/", files={"image": ("x.jpg", content)}, data={"name": name}).json() for name in NAMES
    ]

    archive, manifest = opened(alice, ended(alice, alice.post("/api/profile/export/")))

    names = [name for name in archive.namelist() if name not in DOCUMENTS]
    assert sorted(entry["file"] for entry in manifest) == sorted(names)
    assert [entry["name"] for entry in manifest] == [picture["name"] for picture in made]
    assert len(names) == len(NAMES)
    for name in archive.namelist():
        assert len(name.encode()) <= 255
        assert len(unicodedata.normalize("NFD", name).encode("utf-16-le")) <= 510
        assert not re.search(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u202a-\u202e]', name)
        assert not RESERVED.match(name)
        assert name == name.strip(" .")
        assert not name.rpartition(".")[0].endswith((" ", "."))
        assert name == unicodedata.normalize("NFC", name)
        if not name.isascii():
            assert archive.getinfo(name).flag_bits & 0x800
    for compared in (str.casefold, str.upper, lambda name: unicodedata.normalize("NFKC", name.upper())):
        assert len({compared(unicodedata.normalize("NFD", name)) for name in archive.namelist()}) > len(NAMES)
    archive.extractall(tmp_path)
    assert all((tmp_path / name).read_bytes() == content for name in names)
