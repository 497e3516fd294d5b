"""`ALBUMEN_REMOTE_ALLOW`: pairs of host and port, and nothing else."""

import pytest

from tests.test_settings import check


def test_pairs_are_taken(tmp_path):
    status, said = check(tmp_path, ALBUMEN_REMOTE_ALLOW="images.internal:8080,10.0.0.5:80,[fd00::5]:80")
    assert status == 0, said


@pytest.mark.parametrize(
    "value", ["images.internal", "http://images.internal:80", "*:80", "a:80,b", "10.0.0.0/8:80", "a:0"]
)
def test_what_is_no_pair_is_refused_and_named(tmp_path, value):
    status, said = check(tmp_path, ALBUMEN_REMOTE_ALLOW=value)
    assert status != 0
    assert "ALBUMEN_REMOTE_ALLOW" in said
