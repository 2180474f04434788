"""The terms of a run in a few lines, each fact once."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from stackduel.model.environment import Environment
from stackduel.report.sections.blocks import Grid
from stackduel.report.sections.conditions import condition_lines
from stackduel.report.sections.environment import sections as environment_sections
from tests.stackduel.makers import run, trial
from tests.stackduel.report.html.runs import SEARCHES
from tests.stackduel.report.modelled import modelled

ENVIRONMENT = msgspec.convert({
    "system": "Linux 6.1", "processor": "A CPU", "cores": 4, "memory_mib": 16_000, "python": "CPython 3.12.1",
    "gpus": ["A GPU"],
    "libraries": {"flask": "3.1"}, "launcher": "docker", "launch": {"engine": "29", "images": {}}, "device": "cuda:0",
    "budget": {"server": [0, 1], "generator": [2], "downstream": [3], "memory_mib": 512, "note": "N", "shared": False},
        "timeout_s": 30.0,
    "notes": ["N"], "models": {},
}, Environment)  # fmt: skip


def test_budget_host_and_device_have_a_line_each() -> None:
    """The device where models are asked, and where the generator worked."""
    made = replace(modelled(), environment=ENVIRONMENT)
    text = "\n".join(condition_lines(made))
    assert "2 stacks, and the baseline once more as its twin; 5 blocks" in text
    assert "Each stack had 2 cores and 512 MiB, by the docker launcher; the load generator worked on another" in text
    assert "a request may take 30 s." in text
    assert "Host: A CPU, 4 cores, 16,000 MiB, Linux 6.1, CPython 3.12.1, A GPU, models on cuda:0." in text
    assert "Speedups within 2.0 % count as no difference" in text


def test_shared_cores_and_an_unknown_host_are_reported() -> None:
    """A fact that nobody knows has no line."""
    assert any("worked on one of these." in line for line in condition_lines(modelled()))
    assert len(list(condition_lines(replace(run([trial("slow", 1)]), environment=Environment())))) == 1


def test_a_search_names_its_goal() -> None:
    """In place of its blocks."""
    first = next(condition_lines(SEARCHES["capacity"]))
    assert first.startswith("2 stacks: the goal is the highest rate that keeps p99=200ms. ")


def test_the_environment_in_full_has_the_rest_and_nothing_empty() -> None:
    """Neither the notes a second time."""
    (section,) = environment_sections(replace(modelled(), environment=ENVIRONMENT))
    host, versions = (each.rows for each in section.blocks if isinstance(each, Grid))
    assert versions == (("flask", "3.1"),)
    assert ("launch: engine", "29") in host
    assert ("budget: server cores", "0, 1") in host
    assert not [row for row in host if row[0] in {"notes", "models"} or not row[1]]
