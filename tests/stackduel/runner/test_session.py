"""A run from its options to its files, with servers and loads that are made up."""

from __future__ import annotations

import threading

from stackduel.runner.request import dry_run
from stackduel.storage import run_file
from tests.stackduel.makers import trial
from tests.stackduel.runner.scene import Scene


def test_the_pilot_fixes_the_number_of_blocks_once(scene: Scene) -> None:
    """Where the pilot's spread asks for more blocks they are added, all at once, and the record says so."""
    assert scene.start() == 0
    kept = scene.kept
    blocks = kept.suite.blocks
    assert 5 < blocks < 12
    assert len(kept.results) == kept.planned == 3 * blocks == len(scene.bench.asked)
    assert {place.block for place in kept.done()} == set(range(1, blocks + 1))
    assert scene.err.getvalue().count("The pilot fixes the number of blocks at") == 1
    assert f"The pilot fixes the number of blocks at {blocks}." in scene.err.getvalue()
    assert kept.status == "complete"
    assert {each.blocks for each in kept.comparisons} == {blocks}


def test_a_pilot_that_is_precise_enough_is_the_whole_run(scene: Scene) -> None:
    """Without a spread five blocks suffice."""
    scene.bench.found = lambda place: trial(place.stack, 1000, block=place.block, scenario="x")
    assert scene.start() == 0
    assert (scene.kept.suite.blocks, len(scene.kept.results)) == (5, 15)
    assert "The pilot fixes" not in scene.err.getvalue()


def test_a_spread_beyond_all_blocks_gets_the_most_that_are_allowed(scene: Scene) -> None:
    """The cap holds."""
    wild = (500, 3000, 1000, 2000, 4000)
    scene.bench.found = lambda place: trial(
        place.stack, wild[place.block % 5] if place.stack == "new" else 1000, block=place.block, scenario="x"
    )
    assert scene.start() == 0
    assert (scene.kept.suite.blocks, scene.kept.planned) == (12, 36)


def test_a_live_run_tells_its_page_s_address_and_measures_the_same(scene: Scene) -> None:
    """With --live there is a page on 127.0.0.1 while it measures, and the record is the one without it."""
    assert scene.start(live=True) == 0
    assert scene.err.getvalue().startswith("Live: http://127.0.0.1:")
    assert scene.kept.status == "complete"
    assert scene.kept.suite.blocks > 5
    assert not [each for each in threading.enumerate() if each.name == "live"]


def test_what_is_compared_by_kind_alone_stands_in_the_run_and_its_report(scene: Scene) -> None:
    """A reader of the figures must know which part of an answer was not compared."""
    note = "GET /x: not the same in every answer, so these are compared by kind alone: $.id"
    scene.bench.notes.append(note)
    scene.start()
    assert scene.kept.environment.notes.count(note) == 1
    assert "$.id" in (scene.where / "report.md").read_text(encoding="utf-8")


def test_json_is_the_file_and_quiet_is_silent(scene: Scene) -> None:
    """Standard output is for machines, or empty."""
    assert scene.start(json=True, quiet=True) == 0
    assert scene.out.getvalue() == (scene.where / run_file.RUN_FILE).read_text(encoding="utf-8")
    assert scene.err.getvalue() == ""


def test_a_dry_run_says_how_many_blocks_there_may_be(scene: Scene) -> None:
    """The pilot's plan, and what it may grow to; nothing is written."""
    assert dry_run(scene.request(), scene.output()) == 0
    said = " ".join(scene.out.getvalue().split())
    assert "After these 5 blocks their number is fixed once, at most at 12 (about " in said
    assert not (scene.folder / "results").exists()


def test_every_report_stands_beside_the_run(scene: Scene) -> None:
    """For people, spreadsheets and CI servers."""
    assert scene.start(quiet=True) == 0
    assert {path.name for path in scene.where.iterdir()} >= {"run.json", "report.md", "trials.csv", "junit.xml"}
    lines = (scene.where / "trials.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(scene.kept.results)
    assert '<testsuite name="trials"' in (scene.where / "junit.xml").read_text(encoding="utf-8")
