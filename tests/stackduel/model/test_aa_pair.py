"""The names of the A/A pair."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.aa_pair import is_twin, twin_of
from stackduel.planning.registry import registered_stacks
from stackduel.planning.stacks_file import NAME


@given(st.from_regex(NAME, fullmatch=True))
def test_a_twin_is_known_by_its_name(name: str) -> None:
    """The name of any stack's twin is recognised as a twin's, and starts with the stack's."""
    assert is_twin(twin_of(name))
    assert twin_of(name).startswith(name)


def test_no_stack_of_ours_is_called_as_a_twin() -> None:
    """A registered stack with a twin's name would never be compared."""
    assert not [name for name in registered_stacks() if is_twin(name)]
