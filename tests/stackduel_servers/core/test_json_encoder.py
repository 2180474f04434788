"""The two encoders of JSON, and their decoders."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core import answers, json_encoder
from stackduel_servers.core.json_encoder import decoder_of, encoder_of
from stackduel_servers.core.payloads import catalogue
from stackduel_servers.core.variables import SettingsError

STANDARD, ORJSON = (encoder_of({"JSON_ENCODER": name}) for name in json_encoder.JSON_ENCODERS)
# Surrogates alone are no text that either encoder could write as UTF-8.
TEXTS = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(0.0001, 9e15) | st.just(0.0)
CONTENT = st.dictionaries(TEXTS, TEXTS | NUMBERS | st.none() | st.booleans() | st.lists(TEXTS | NUMBERS))


@given(CONTENT)
def test_both_read_what_they_write(content: object) -> None:
    """A decoder goes with each encoder, and what is no JSON is a ValueError of both."""
    for name in json_encoder.JSON_ENCODERS:
        decode = decoder_of({"JSON_ENCODER": name})
        assert decode(encoder_of({"JSON_ENCODER": name})(content)) == content
        with pytest.raises(ValueError):  # noqa: PT011  (each library has words of its own)
            decode(b"{")


@given(CONTENT)
def test_both_write_the_same_bytes(content: object) -> None:
    """Any text and every float between the bounds that the module names."""
    assert STANDARD(content) == ORJSON(content)


def test_both_write_the_largest_answer_alike() -> None:
    """The whole catalogue of ``/json`` is the same, byte for byte."""
    content = {"items": catalogue(10_000)}
    assert STANDARD(content) == ORJSON(content)


def test_delays_are_alike() -> None:
    """Every delay that an answer repeats is rounded to where both agree."""
    for tenths_of_ms in (*range(3000), 99_999, 100_000):
        delay = answers.rounded(tenths_of_ms / 10_000)
        assert STANDARD(delay) == ORJSON(delay)


def test_the_environment_names_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """orjson only where it is asked for, and no other name is taken."""
    monkeypatch.delenv("JSON_ENCODER", raising=False)
    assert ORJSON is orjson.dumps
    assert encoder_of({}) is STANDARD is not ORJSON
    with pytest.raises(SettingsError, match="JSON_ENCODER must be one of stdlib, orjson, not 'ujson'"):
        encoder_of({"JSON_ENCODER": "ujson"})
