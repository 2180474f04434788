"""Reading a request from its path and headers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel_servers.core.errors import HttpError
from stackduel_servers.core.inference.ask import FLOAT32, JPEG, PCM, WAV, Ask, read
from stackduel_servers.models.catalog import CATALOG


def ask(name: str, *, has_own: bool = False, **headers: str) -> Ask:
    """Read a request with these headers, underscores for hyphens."""
    return read(name, {key.replace("_", "-"): value for key, value in headers.items()}, CATALOG, has_own=has_own)


def refused(name: str, *, has_own: bool = False, **headers: str) -> tuple[int, str]:
    """The status and the sentence of a request that is refused."""
    with pytest.raises(HttpError) as error:
        ask(name, has_own=has_own, **headers)
    return error.value.status, error.value.message


@pytest.mark.parametrize(
    ("given_type", "form"),
    [
        ("audio/wav", WAV),
        ("AUDIO/X-WAV", WAV),
        ("audio/wave ; codec=1", WAV),
        ("application/octet-stream", FLOAT32),
        ("audio/pcm", PCM),
    ],
)
def test_content_types_have_aliases_parameters_and_any_case(given_type: str, form: str) -> None:
    """Different names of the same form mean the same."""
    assert ask("speaker", Content_Type=given_type) == Ask("speaker", form)


def test_a_body_without_a_type_is_raw_float32() -> None:
    """By RFC 9110, a body without Content-Type is an octet stream."""
    assert ask("fast-cnn") == Ask("fast-cnn", FLOAT32)
    assert ask("face", Content_Type="image/jpg") == Ask("face", JPEG)


def test_pcm_names_its_rate_and_channels() -> None:
    """Parameters may be quoted and in any order; defaults are the model's rate and one channel."""
    assert ask("speaker", Content_Type='audio/pcm; channels=2; rate="44100"') == Ask("speaker", PCM, 44_100, 2)
    assert ask("speaker", Content_Type="audio/pcm;rate=8000") == Ask("speaker", PCM, 8000, 1)
    assert ask("speaker", Content_Type="audio/pcm") == Ask("speaker", PCM, None, 1)


@pytest.mark.parametrize(
    ("accept", "raw"),
    [
        ("application/octet-stream", True),
        ("Application/Octet-Stream;q=0.5", True),
        ("application/json;q=0.4, application/octet-stream;q=0.5", True),
        ("application/json, application/octet-stream", True),
        ("application/json, application/octet-stream;q=0.9", False),
        ("application/octet-stream;q=0", False),
        ("application/octet-stream;q=x", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
    ],
)
def test_raw_numbers_are_asked_for_by_name(accept: str, raw: bool) -> None:
    """The answer is JSON unless raw float32 is named and preferred at least as much."""
    assert ask("vad", Accept=accept).raw is raw


def test_the_own_model_is_one_of_the_models_where_there_is_one() -> None:
    """``own`` is known if the user's file is served, and only takes raw numbers."""
    assert refused("own") == (404, "model must be one of fast-cnn, speaker, vad, face, embed")
    assert ask("own", has_own=True) == Ask("own", FLOAT32)
    assert refused("x", has_own=True) == (404, "model must be one of fast-cnn, speaker, vad, face, embed, own")
    assert refused("own", has_own=True, Content_Type=PCM) == (
        415,
        "Content-Type must be application/octet-stream for own",
    )


@given(
    content_type=st.text(max_size=40),
    accept=st.text(max_size=40) | st.just("application/octet-stream;q=") | st.none(),
    name=st.sampled_from([*CATALOG, "x"]),
)
def test_whatever_stands_in_headers_is_read_or_refused(content_type: str, accept: str | None, name: str) -> None:
    """No header causes a crash."""
    headers = {"Content-Type": content_type} | ({} if accept is None else {"Accept": accept})
    with suppress(HttpError):
        assert read(name, headers, CATALOG, has_own=False).model == name
