"""The file of a run, at every state of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.run import Run
from stackduel.model.trial import Failure, Place, Result, TrialState
from stackduel.storage import run_file
from stackduel.storage.redaction import REDACTED
from stackduel.storage.run_file import RUN_FILE, Writer, to_json
from stackduel.storage.trial_document import result_to_dict
from tests.stackduel.makers import CALLING, WAITING, run, trial

SECRETS = ("s3cret", "waiting", 'a "quoted" one', "trials", "é\\u00e9")


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A trial in any state, or a failure whose reason may hold secrets and whatever JSON has to escape."""
    place = Place(draw(st.sampled_from(["slow", "fast"])), "waiting", draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    reason = draw(st.sampled_from([None, *SECRETS, 'it said "trials": []\n "trials": []']) | st.text(max_size=20))
    if draw(st.booleans()):
        return Failure(place, reason or "it died")
    states: st.SearchStrategy[TrialState] = st.sampled_from(["ok", "noisy", "void"])
    made = trial(place.stack, draw(st.integers(1, 9)), failed=draw(st.integers(0, 2)))
    return replace(made, place=place, state=draw(states), reason=reason)


# Each of them writes the file several times.
@settings(max_examples=50)
@given(st.lists(results(), max_size=6), st.sets(st.sampled_from(SECRETS)))
def test_the_file_is_the_whole_document_at_every_state(found: Sequence[Result], secrets: set[str]) -> None:
    """Byte for byte what turning all of it into text would give, whatever was replaced or redacted in between."""
    state = replace(run([], scenarios=(WAITING, CALLING)), secrets=tuple(secrets), status="running")
    with tempfile.TemporaryDirectory() as folder:
        writer = Writer(Path(folder))
        path = writer.save(state)
        assert path.read_text(encoding="utf-8") == to_json(state)
        for result in found:
            state = state.plus(result)
            writer.save(state)
            assert path.read_text(encoding="utf-8") == to_json(state)
        writer.save(replace(state, status="complete", planned=99))
        assert path.read_text(encoding="utf-8") == to_json(replace(state, status="complete", planned=99))


def test_another_word_on_a_trial_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """A void attempt that is kept as noisy stands in the file once, as noisy, though its text was kept."""
    writer, state = Writer(tmp_path), run([])
    for word in ("void", "noisy"):
        made: Result = replace(trial("slow", 5), state=word, reason="Stolen.")
        state = state.plus(made)
        writer.save(state)
    (only,) = json.loads((tmp_path / RUN_FILE).read_text())["trials"]
    assert only["state"] == "noisy"


def test_the_text_of_a_trial_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a run is saved, each of its trials is turned into text a single time."""
    turned: list[Place] = []

    def counted(result: Result) -> dict[str, Any]:
        turned.append(result.place)
        return result_to_dict(result)

    monkeypatch.setattr(run_file, "result_to_dict", counted)
    writer, state = Writer(tmp_path), run([])
    for number in range(1, 11):
        state = state.plus(trial("slow", 5, block=number))
        writer.save(state)
    assert turned == [Place("slow", "waiting", number) for number in range(1, 11)]


def test_a_trial_that_is_gone_lends_its_text_to_no_other(tmp_path: Path) -> None:
    """The texts belong to the trials themselves, not to where in memory these once were."""
    writer = Writer(tmp_path)
    for number in range(1, 50):
        state: Run = run([trial("slow", number)])
        assert writer.save(state).read_text(encoding="utf-8") == to_json(state)
        del state


def test_a_run_that_cannot_be_written_leaves_the_last_one(tmp_path: Path) -> None:
    """A value that is no number is never written as one, and the file before it stays whole."""
    writer = Writer(tmp_path)
    good = run([trial("slow", 5)])
    writer.save(good)
    bad = good.plus(replace(trial("fast", 5), null_rate_rps=float("nan")))
    with pytest.raises(ValueError, match="not JSON compliant"):
        writer.save(bad)
    assert (tmp_path / RUN_FILE).read_text(encoding="utf-8") == to_json(good)


def test_secrets_are_in_no_state_of_the_file(tmp_path: Path) -> None:
    """A secret in a trial's text is redacted there, too."""
    writer = Writer(tmp_path)
    lost = Failure(Place("slow", "waiting", 1), "it said s3cret")
    text = writer.save(replace(run([lost, trial("fast", 5)]), secrets=("s3cret",))).read_text(encoding="utf-8")
    assert "s3cret" not in text
    assert text.count(REDACTED) == 1
