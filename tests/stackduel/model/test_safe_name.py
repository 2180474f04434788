"""Names for folders, networks and containers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.safe_name import LONGEST, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("quick", "quick"),
        ("My Shop (new)", "my-shop-new"),
        ("../../etc", "etc"),
        ("größe & maß", "groe-ma"),
        ("-rf", "rf"),
        ("日本", "suite"),
        ("a" * 300, "a" * LONGEST),
        ("", "suite"),
    ],
)
def test_a_suite_s_name_becomes_one_that_everything_takes(name: str, safe: str) -> None:
    """Blanks, brackets, slashes, leading dashes, other scripts and long names do no harm."""
    assert safe_name(name) == safe


@given(st.text())
def test_every_name_becomes_a_safe_one(name: str) -> None:
    """Whatever a file is called."""
    assert re.fullmatch(r"[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?", safe_name(name))
