"""The keys that links, cursors and tokens are signed with stay what they are, or everything handed out would end."""

import pytest

from albumen.keys import derive_key


@pytest.mark.parametrize(
    ("purpose", "first"),
    [
        ("address", "3fea129cb26d4920"),
        ("cursor", "501f8107b84b0bfb"),
        ("once", "9451df9b17250cc7"),
        ("tokens", "cf7383d74e499457"),
    ],
)
def test_a_key_stays_the_same_for_its_secret_and_purpose(settings, purpose, first):
    settings.SECRET_KEY = "a secret of a test"
    assert derive_key(purpose).hex().startswith(first)
    settings.SECRET_KEY = "another secret of a test"
    assert not derive_key(purpose).hex().startswith(first)
