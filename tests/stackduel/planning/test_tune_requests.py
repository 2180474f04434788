"""The requests of a tuning: a path, those of a file, or those that traffic made."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.planning.tune_requests import ImportedSuite, tune_requests

SUITE = """
summary = "What was recorded."
blocks = 5
[[setup]]
path = "/login"
method = "POST"
json = { token = "/token" }
[[scenario]]
name = "busy-{connections}"
load = { connections = [1, 16], duration_s = 3.0 }
[[scenario.request]]
path = "/search?q=lamp"
weight = 9
[[scenario.request]]
path = "/cart"
headers = { Authorization = "Bearer {token}" }
[[scenario]]
name = "seldom"
path = "/report"
load = { rate = 1, duration_s = 3.0 }
"""
MODEL = """
summary = "A model."
[[scenario]]
name = "vad"
model = "vad"
load = { connections = 1, duration_s = 1.0 }
"""


def test_without_anything_the_root_is_sent() -> None:
    """Compared by its content."""
    (workload,) = tune_requests(None, None, None).requests.values()
    assert (workload.target, workload.check) == ("/", "content")


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/a b?q=\u00fc&p=%20", "/a%20b?q=%C3%BC&p=%20"),
        ("search?q=lamp", "/search?q=lamp"),
        ("http://localhost:8000/x?q=a b", "/x?q=a%20b"),
    ],
)
def test_a_path_that_no_client_sends_is_answered_with_one_that_it_does(path: str, written: str) -> None:
    """Percent-encoded, from its slash on."""
    with pytest.raises(FieldError) as raised:
        tune_requests(path, None, None)
    assert str(raised.value) == f"--path: must start with / and hold visible ASCII only: {written}"


def test_a_suite_gives_its_requests_once_whatever_its_loads(tmp_path: Path) -> None:
    """By their weights, with what is sent first after each start."""
    (tmp_path / "mine.toml").write_text(SUITE, encoding="utf-8")
    own = tune_requests(None, str(tmp_path / "mine.toml"), None)
    assert [(each.target, each.weight, each.check) for each in own.requests.values()] == [
        ("/search?q=lamp", 9, "content"), ("/cart", 1, "content"), ("/report", 1, "content"),
    ]  # fmt: skip
    assert [each.workload.target for each in own.setup or ()] == ["/login"]
    assert not own.stacks


def test_traffic_gives_the_requests_of_the_suite_that_it_made() -> None:
    """Which is nowhere written."""
    text = '[[scenario]]\nname = "busiest"\npath = "/a"\nload = { rate = 5, duration_s = 9.0 }\n'
    own = tune_requests(None, None, ImportedSuite("access.log", f'summary = "x"\n{text}'))
    assert [each.target for each in own.requests.values()] == ["/a"]
    assert own.where == "access.log"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("access.log", "", "--requests: .*access.log: is no TOML file; --import takes access logs"),
        ("app.har", "{}", "--import takes access logs, HAR files"),
        ("mine.toml", "", r"\[\[requests\]\]: none is there, and no \[\[scenario\]\] of a suite; --path names one"),
        ("mine.toml", MODEL, "scenario: asks for the model vad"),
        ("mine.toml", "[[scenario]]\n", "suite mine: summary"),
        ("mine.toml", "]", "--requests: .*mine.toml: not valid TOML"),
    ],
)
def test_what_has_no_requests_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    """With what would have them."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FieldError, match=says):
        tune_requests(None, str(tmp_path / name), None)


def test_more_requests_than_a_run_can_tell_apart_are_refused(tmp_path: Path) -> None:
    """Of all scenarios together."""
    scenario = '[[scenario]]\nname = "{0}"\npath = "/{0}"\nload = {{ connections = 1, duration_s = 1.0 }}\n'
    (tmp_path / "mine.toml").write_text('summary = "x"\n' + "".join(scenario.format(n) for n in range(101)))
    with pytest.raises(FieldError, match="at most 100 requests in all, and 101 are there"):
        tune_requests(None, str(tmp_path / "mine.toml"), None)


@pytest.mark.parametrize(
    ("path", "requests", "imported", "says"),
    [
        ("/", "a.toml", None, "--requests: cannot be combined with --path"),
        ("/", None, ImportedSuite("a", ""), "--import: cannot be combined with --path"),
        (None, "a.toml", ImportedSuite("a", ""), "--import: cannot be combined with --requests"),
    ],
)
def test_one_source_of_requests_is_enough(
    path: str | None, requests: str | None, imported: ImportedSuite | None, says: str
) -> None:
    """Which two were given is said."""
    with pytest.raises(FieldError, match=says):
        tune_requests(path, requests, imported)
