"""The report of a tuning: the command before and after, the blocks, and the curve."""

from __future__ import annotations

from dataclasses import replace

from stackduel.analysis.tuning import with_tuning
from stackduel.model.search_results.tuned import Tuned
from stackduel.model.tune_settings import CURRENT
from stackduel.report.sections import tuning as section
from stackduel.report.sections.blocks import Chart, Grid, Paragraph, Shell
from tests.stackduel.tuned import GTHREAD, SETTINGS, SYNC, TWIN, tuning, usual, windows


def test_both_commands_are_shown_to_be_copied() -> None:
    """And where the first one was read."""
    (made,) = section.sections(tuning(usual()))
    shells = [block.lines for block in made.blocks if isinstance(block, Shell)]
    assert shells == [
        ("gunicorn --bind 127.0.0.1:8000 shop:app -w 1",),
        ("gunicorn --bind 127.0.0.1:8000 shop:app -w 4",),
    ]
    assert Paragraph("Before (Procfile, web):") in made.blocks


def test_what_is_to_be_installed_first_stands_above_the_command() -> None:
    """And in the answer, of which a terminal shows no more."""
    made = tuning(usual())
    needs = {**made.stacks, GTHREAD.stack: replace(made.stacks[GTHREAD.stack], requirements=("gunicorn==27.0.1",))}
    told = with_tuning(replace(made, stacks=needs, findings=()), SETTINGS)
    (whole,) = section.sections(told)
    shells = [block.lines for block in whole.blocks if isinstance(block, Shell)]
    assert shells[1] == ("pip install gunicorn==27.0.1", "gunicorn --bind 127.0.0.1:8000 shop:app -w 4")
    assert len(shells[0]) == 1
    found = told.findings[0].found
    assert isinstance(found, Tuned)
    assert found.answer.endswith("shop:app -w 4, after pip install gunicorn==27.0.1")


def test_the_confirmation_is_a_table_with_the_gains() -> None:
    """The current command is 1, and stands without a verdict."""
    (made,) = section.sections(tuning(usual()))
    confirmed, curve = (block for block in made.blocks if isinstance(block, Grid))
    assert [row[:3] for row in confirmed.rows] == [
        (CURRENT, "1", "-"),
        (SYNC.stack, confirmed.rows[1][1], "faster"),
        (GTHREAD.stack, confirmed.rows[2][1], "faster"),
    ]
    assert confirmed.rows[2][1].startswith("3.00x (")
    assert TWIN not in {row[0] for row in curve.rows}
    assert next(row[:3] for row in curve.rows) == (SYNC.stack, "4", "-")


def test_the_curve_has_a_line_for_each_kind_of_worker() -> None:
    """Throughput over workers times threads; a form without charts has the table alone."""
    made = tuning(usual())
    (whole,) = section.sections(made)
    (plain,) = section.tables_alone(made)
    assert not [block for block in plain.blocks if isinstance(block, Chart)]
    chart = next(block for block in whole.blocks if isinstance(block, Chart))
    (panel,) = chart.data["panels"]
    lines = {each["name"]: each["points"] for each in panel["series"]}
    assert lines == {
        "gunicorn sync": [[4, 200.0]],
        "gunicorn gthread, 1 worker": [[4, 175.0], [8, 300.0]],
        "gunicorn gevent": [[1, 250.0]],
    }


def test_no_change_worth_making_is_an_answer() -> None:
    """The sentence stands where the command would."""
    made = tuning([*windows(CURRENT, 600), *windows(TWIN, 600), *windows(GTHREAD.stack, 600)])
    (whole,) = section.sections(made)
    assert len([block for block in whole.blocks if isinstance(block, Shell)]) == 1
    assert any(isinstance(block, Paragraph) and block.text.startswith("No change worth") for block in whole.blocks)


def test_a_tuning_without_a_trial_says_so() -> None:
    """An interruption before anything was measured."""
    (whole,) = section.sections(tuning([]))
    assert whole.blocks == (Paragraph("Nothing was measured, so nothing can be recommended."),)
