"""The reports beside run.json are written together, whatever a server wrote."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from stackduel.model.trial import Failure, Place
from stackduel.report.files import write
from tests.stackduel.makers import run, trial


def test_each_report_is_written_and_that_for_people_named(tmp_path: Path) -> None:
    """And written anew where it was already."""
    (tmp_path / "junit.xml").write_text("old")
    assert write(run([trial("slow", 5)]), tmp_path) == tmp_path / "report.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "report.html", "report.md", "trials.csv"]
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().get("failures") == "0"


def test_halves_of_characters_do_not_lose_a_report(tmp_path: Path) -> None:
    """A log that was cut in the middle of one is written as it can be, and lines end alike on every system."""
    write(run([Failure(Place("slow", "waiting", 1), "cut \ud83d")]), tmp_path)
    assert "cut \\ud83d" in (tmp_path / "trials.csv").read_text(encoding="utf-8")
    assert b"\r" not in (tmp_path / "trials.csv").read_bytes()
