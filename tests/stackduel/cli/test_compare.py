"""``stackduel compare``: two stored runs, as a table, Markdown or JSON, and as a gate."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.cli.compare import compare
from stackduel.model.errors import FieldError, StoreError
from stackduel.storage import run_file
from tests.stackduel.analysis.history.made import NEW, OLD, simulated


class Scene:
    """Two runs on disk, and what is said of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out, self.err = io.StringIO(), io.StringIO()
        run_file.save(simulated(1, run_id=OLD), folder / OLD)
        run_file.save(simulated(2, run_id=NEW, fast=3.0, python="CPython 3.12.1"), folder / NEW)

    def compare(self, *fail_on: str, form: str = "table") -> int:
        consoles = (Console(file=file, width=80, highlight=False) for file in (self.out, self.err))
        return compare(self.folder / OLD, self.folder / NEW, *consoles, form=form, fail_on=fail_on)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_change_is_shown_with_what_was_not_alike(scene: Scene) -> None:
    """The table, its legend, and each difference of the environments; nothing on standard error."""
    assert scene.compare() == 0
    text = scene.out.getvalue()
    assert text.startswith(f"{NEW} over {OLD}, beside slow\n")
    assert "slower" in text
    assert "  stackduel's own Python: CPython 3.11.7 -> CPython 3.12.1" in text
    assert scene.err.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_other_forms_are_for_machines_and_pull_requests(scene: Scene, form: str) -> None:
    """The whole comparison, and a warning on standard error that the environments differ."""
    assert scene.compare(form=form) == 0
    text = scene.out.getvalue()
    assert "stackduel: not measured alike: 1 difference\n" in scene.err.getvalue()
    if form == "markdown":
        assert "| fast | " in text
        return
    content = json.loads(text)
    assert content.keys() == {"old", "new", "baseline", "confidence", "differences", "notes", "changes"}
    (change,) = (each for each in content["changes"] if each["stack"] == "fast")
    assert change["ratio"]["low"] < 0.6 < change["ratio"]["high"]


def test_a_regression_gives_status_1(scene: Scene) -> None:
    """A line for the condition that is met, and what cannot be told is status 2."""
    assert scene.compare("ratio(fast,waiting) < 0.95", "ratio(fast) > 1") == 1
    assert scene.err.getvalue().startswith("stackduel: condition met: ratio(fast,waiting) < 0.95: ratio(fast, waiting)")
    assert scene.compare("p99(fast) > 1s") == 2


def test_wrong_input_is_an_error(scene: Scene) -> None:
    """A run that is not there, and a condition that names what is not there."""
    with pytest.raises(FieldError, match="this run has no stack or scenario 'faster'"):
        scene.compare("ratio(faster) < 1")
    (scene.folder / NEW / "run.json").unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        scene.compare()
