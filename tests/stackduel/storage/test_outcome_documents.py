"""The settings and the results of searches, as documents."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.model.findings import Finding, SearchResult
from stackduel.model.search_settings import SearchSettings
from stackduel.storage.outcome_documents import finding_from_dict, finding_to_dict

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
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: anything(hints[name]) for name in hint.__struct_fields__})
    if get_origin(hint) in (Union, UnionType):
        return st.one_of([anything(each) for each in get_args(hint)])
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) in (tuple, dict):
        items = [anything(each) for each in get_args(hint) if each is not ...]
        of_keys = get_origin(hint) is dict
        return st.dictionaries(*items, max_size=3) if of_keys else st.lists(*items, min_size=1, max_size=3).map(tuple)
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
    """Every setting of every mode comes back."""
    content = json.loads(json.dumps(msgspec.to_builtins(settings), allow_nan=False))
    assert msgspec.convert(content, SearchSettings) == settings


def test_what_is_no_finding_is_refused() -> None:
    """An unknown kind or mode, or a value of a wrong type, raises an error that names its place."""
    with pytest.raises(msgspec.ValidationError, match=r"Invalid value 'guess' - at `\$\.kind`"):
        finding_from_dict({"stack": "a", "scenario": "b", "kind": "guess", "sentence": ""})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.mode"):
        msgspec.convert({"mode": "guess"}, SearchSettings)
    with pytest.raises(msgspec.ValidationError, match=r"Expected `int`, got `str` - at `\$\.launches`"):
        msgspec.convert({"mode": "cold-start", "launches": "1"}, SearchSettings)
