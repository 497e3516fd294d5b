"""Folding of names for searching, in many alphabets."""
# ruff: noqa: RUF001  (letters that look alike are what this is about)

import pytest
from django.apps import apps
from django.utils.module_loading import import_string

from albumen.search import fold, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("  Two \t words\n", "two words"),
        ("ÉLAN", "elan"),
        ("e\u0301lan", "elan"),
        ("Ёлка", "елка"),
        ("ЙОД", "иод"),
        ("ΟΔΥΣΣΕΎΣ", "οδυσσευσ"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("ᾳ", "αι"),
        ("Straße", "strasse"),
        ("STRAẞE", "strasse"),
        ("İstanbul", "istanbul"),
        ("ISPARTA", "isparta"),
        ("\u0131sparta", "isparta"),
        ("ﬁﬂﬃ", "fiflffi"),
        ("Æsop Œuvre", "aesop oeuvre"),
        ("ＡＢＣ１２３", "abc123"),
        ("ℌ①½", "h11⁄2"),
        ("Łódź", "lodz"),
        ("Ørsted Đorđe", "orsted dorde"),
        ("Nguyễn Văn", "nguyen van"),
        ("한국어", "한국어"),
        ("漢字 汉字", "漢字 汉字"),
        ("かがばぱ", "かがばぱ"),
        ("ｶﾞ", "ガ"),
        ("हिन्दी", "हिन्दी"),
        ("ไม่", "ไม่"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("soft\u00adhy\u200bphen", "softhyphen"),
        ("👩\u200d💻", "👩💻"),
    ],
)
def test_a_text_is_folded(text, folded):
    assert fold(text) == folded
    assert fold(folded) == folded


def test_each_word_counts_once():
    assert words_of("élan Elan  ÉLAN x") == ["elan", "x"]


def test_a_name_and_its_search_key_change_together(alice, bob, dana):
    alice.patch("/api/profile/", {"first_name": "Zoë"})
    dana.patch(f"/api/users/{bob.id}/", {"last_name": "Ёлкин"})

    def found(text):
        return [user["id"] for user in bob.get("/api/users/", {"search": text}).json()["results"]]

    assert found("zoe") == [alice.id]
    assert found("alice") == []
    assert found("BOB ЕЛКИН") == [bob.id]
    alice.patch("/api/profile/", {"phone": "030 123456"})
    assert found("zoe") == [alice.id]


def test_the_migration_fills_what_was_there_before(alice, bob):
    from albumen.accounts.models import User

    User.objects.update(search_key="")
    User.objects.filter(pk=bob.id).update(first_name="Ёлка")
    import_string("albumen.accounts.migrations.0002_search_key.fill")(apps, None)
    assert list(User.objects.order_by("pk").values_list("search_key", flat=True)) == ["alice", "елка"]
