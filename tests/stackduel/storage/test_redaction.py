"""Documents and texts that show nothing secret, and are whole otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from stackduel.model.suite import Scenario, Workload
from stackduel.model.trial import Failure, Place
from stackduel.storage import run_file
from stackduel.storage.redaction import NO_SECRETS, Redaction
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.stackduel.makers import WAITING, run, trial

TOKEN = "s3cret-token-value"


def test_secrets_are_shown_nowhere() -> None:
    """Values of secret headers are redacted, and so is every text in which one of them turns up."""
    secret = Scenario("mine", (Workload("/x", headers=(("Authorization", f"Bearer {TOKEN}"),)),), WAITING.load)
    reason = f"the server wrote: bad header Bearer {TOKEN}"
    made = replace(
        run([Failure(Place("slow", "mine", 1), reason)], scenarios=(secret,)),
        secrets=(f"Bearer {TOKEN}", TOKEN),
        command=("stackduel", "run", TOKEN),
    )
    text = run_file.to_json(made)
    assert TOKEN not in text
    assert text.count("[redacted]") == 3


def test_keys_and_numbers_stay_and_nested_texts_are_searched() -> None:
    """Values in lists and nested tables are redacted; keys, numbers and encoded histograms are as they were."""
    hidden = Redaction.of(["hunter2"])
    document = {"hunter2": ["x hunter2", 1, {"b": "hunter2", "histogram": "hunter2"}]}
    assert hidden.document(document) == {
        "hunter2": ["x [redacted]", 1, {"b": "[redacted]", "histogram": "hunter2"}],
    }


@pytest.mark.parametrize("word", ["load", "rate", "closed", "complete", "trials", "slow", "waiting", "quick", "ok"])
def test_a_secret_that_is_a_word_of_ours_or_a_name_destroys_no_run(word: str) -> None:
    """A run whose secret is a key, a value or a name in its own file is written, read and reported as it is."""
    made = replace(run([trial("slow", 5), trial("fast", 9)]), secrets=(word,))
    assert run_from_dict(run_to_dict(made)) == replace(made, secrets=())


def test_a_secret_within_a_name_destroys_no_run() -> None:
    """Names of stacks and scenarios stay whole where a secret is one of their words."""
    made = replace(run([trial("flask-hunter2", 5)], stacks={"flask-hunter2": "baseline"}), secrets=("hunter2",))
    assert run_from_dict(run_to_dict(made)).trials("waiting", "flask-hunter2")


def test_only_whole_words_are_secrets() -> None:
    """A short secret is found between the bounds of words, after a colour and in quoted texts, never within a word."""
    hidden = Redaction.of(["alpha"])
    assert hidden.text("alphabet, alpha_beta, betalpha: alpha.") == "alphabet, alpha_beta, betalpha: [redacted]."
    assert hidden.text("\x1b[31malpha\x1b[0m") == "\x1b[31m[redacted]\x1b[0m"
    assert hidden.text(repr("first\nalpha")) == "'first\\n[redacted]'"


def test_every_spelling_of_a_secret_is_hidden() -> None:
    """A secret is found as a URL, JSON and Python's quotes hold it."""
    secret = 'p@ss "wörd"/42'
    hidden = Redaction.of([secret])
    for text in (
        secret,
        json.dumps(secret),
        repr(secret),
        "p%40ss%20%22w%C3%B6rd%22%2F42",
        "p%40ss+%22w%C3%B6rd%22%2F42",
    ):
        shown = hidden.text(f"before {text} behind")
        assert "ss" not in shown, shown
        assert shown.startswith("before ")
        assert shown.endswith(" behind")


def test_a_text_is_redacted_before_it_is_cut() -> None:
    """A secret over the cut leaves no half of itself."""
    hidden = Redaction.of([TOKEN])
    for at in range(len(TOKEN) + 2):
        shown = hidden.start("x" * (200 - at) + " " + TOKEN + " behind", 200)
        assert TOKEN[:5] not in shown, at
        assert len(shown) <= 200 + len(" ...")


def test_redacting_twice_changes_nothing() -> None:
    """A redacted text stays as it is, or no run could be compared with its own file."""
    hidden = Redaction.of([TOKEN])
    text = f'GET /x?token={TOKEN}&a=1 {{"password": "{TOKEN}"}} Authorization: Bearer {TOKEN}; db://u:{TOKEN}@h'
    once = hidden.text(text)
    assert TOKEN not in once
    assert hidden.text(once) == once


def test_without_secrets_a_document_is_as_it_was() -> None:
    """A run with no secret in it loses no word."""
    document = run_to_dict(run([trial("slow", 5)]))
    assert NO_SECRETS.document(document) == document
