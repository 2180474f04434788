"""What searches are told and what they find, as documents."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.findings import Finding, SearchResult
from stackduel.model.search_settings import SearchSettings, settings_from_dict, settings_to_dict
from stackduel.storage.finding_document import finding_from_dict, finding_to_dict

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    float: st.floats(0.01, 1e6),
    int: st.integers(1, 1000),
    str: st.text(max_size=9),
    bool: st.booleans(),
    NoneType: st.none(),
}


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type; every field of a dataclass is drawn, those with a default, too."""
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: anything(hints[field.name]) for field in fields(hint)})
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([anything(each) for each in get_args(hint)])
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(anything(get_args(hint)[0]), min_size=1, max_size=3).map(tuple)
    raise NotImplementedError(hint)


@given(anything(SearchResult))
def test_every_finding_survives_the_journey(found: SearchResult) -> None:
    """Whatever a search found comes back equal, of its own kind, and its sentence stands beside it."""
    finding = Finding("fast", "waiting", found)
    content = json.loads(json.dumps(finding_to_dict(finding), allow_nan=False))
    assert finding_from_dict(content) == finding
    assert content["sentence"] == found.sentence


@given(anything(SearchSettings))
def test_what_a_search_is_told_survives_the_journey(settings: SearchSettings) -> None:
    """Every setting of every mode comes back; no search is none."""
    content = json.loads(json.dumps(settings_to_dict(settings), allow_nan=False))
    assert settings_from_dict(content) == settings
    assert settings_from_dict(settings_to_dict(None)) is None


def test_what_is_no_finding_is_refused() -> None:
    """An unknown kind or mode, or a field too many, raises an error instead of being guessed at."""
    with pytest.raises(KeyError):
        finding_from_dict({"stack": "a", "scenario": "b", "kind": "guess", "sentence": ""})
    with pytest.raises(KeyError):
        settings_from_dict({"mode": "guess"})
    with pytest.raises(TypeError):
        settings_from_dict({"mode": "capacity", "speed": 1})
