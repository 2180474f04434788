"""embed: sentences with the same meaning have similar embeddings."""

from __future__ import annotations

import string
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stackduel_servers.models.model import Model

PAIRS = (
    ("A cat sits on the mat.", "A kitten rests on a rug.", "The stock market fell sharply today."),
    ("How do I reset my password?", "I forgot my login credentials.", "The train leaves at noon."),
    ("It is raining heavily.", "There is a downpour outside.", "She plays the violin."),
)


def embedding(model: Callable[[str], Model], text: str) -> NDArray[np.float32]:
    embed = model("embed")
    return embed.finish(embed.infer([embed.prepare(text)])[0])["embedding"]


@pytest.mark.parametrize(("one", "like", "unlike"), PAIRS)
def test_similar_sentences_are_nearer_than_unrelated_ones(
    model: Callable[[str], Model], one: str, like: str, unlike: str
) -> None:
    """The margin is larger than chance could make it; all embeddings have length one."""
    first, near, far = (embedding(model, text) for text in (one, like, unlike))
    assert first.shape == (384,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    assert first @ near > first @ far + 0.3


def test_case_and_spaces_mean_nothing(model: Callable[[str], Model]) -> None:
    """The tokenizer follows the model: it ignores case and the kind of space between words."""
    np.testing.assert_array_equal(embedding(model, "Hello World"), embedding(model, " hello   WORLD "))


@settings(max_examples=20)
@given(st.lists(st.text(string.ascii_letters + " äß漢🙂", min_size=1, max_size=200), min_size=1, max_size=5))
def test_texts_of_a_batch_do_not_meet(model: Callable[[str], Model], texts: list[str]) -> None:
    """Each text has the same numbers in a batch as alone, within 1e-5, for texts of any length."""
    embed = model("embed")
    found = [embed.finish(raw)["embedding"] for raw in embed.infer([embed.prepare(text) for text in texts])]
    for text, one in zip(texts, found, strict=True):
        assert np.abs(one - embedding(model, text)).max() < 1e-5


def test_a_long_text_is_cut_off(model: Callable[[str], Model]) -> None:
    """Text after 256 tokens is ignored."""
    embed = model("embed")
    (ids,) = embed.prepare("word " * 2000)
    assert ids.shape == (1, 256)
    np.testing.assert_array_equal(embedding(model, "word " * 1999), embedding(model, "word " * 1900 + "fish " * 90))


@pytest.mark.parametrize("wrong", ["", "x" * 10_001, np.zeros(3, dtype=np.float32)])
def test_what_is_no_text_is_refused(model: Callable[[str], Model], wrong: str | NDArray[np.float32]) -> None:
    """The error names the bounds."""
    with pytest.raises(ValueError, match="the text must have 1 to 10000 characters"):
        model("embed").prepare(wrong)
