"""The variants of a suite, and what the stacks of a plan are started with."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Registered
from stackduel.planning.pillow_builds import pillow_notes
from stackduel.planning.planner import plan_run
from stackduel.planning.registry import registered_stacks, variant_of, variant_stacks
from stackduel.planning.suite_file import parse_suite
from stackduel_servers import own_environment
from stackduel_servers.pillow.builds import BUILDS, FOLDER_VARIABLE, folder_of

GOOD = """
summary = "Two loops."
baseline = "plain"
stacks = ["plain", "swift"]
[variants.plain]
stack = "fastapi-uvicorn"
summary = "asyncio's loop"
settings = { LOOP = "asyncio" }
[variants.swift]
stack = "fastapi-uvicorn"
summary = "uvloop"
settings = { LOOP = "uvloop", BACKLOG = "4096" }
[[scenario]]
name = "json"
path = "/json"
load = { connections = 2, duration_s = 1.0 }
"""
FACTS = {"requirement": "x==1", "compiler": None, "flags": None, "libjpeg_turbo": "3.1", "library": "libjpeg.so"}


def test_a_suite_s_variants_are_stacks_with_other_settings() -> None:
    """Each starts its entry with its own settings, under its own name; all but the baseline are changes of settings."""
    stacks = variant_stacks(parse_suite("loops", GOOD), registered_stacks())
    assert [(name, each.name, each.tier, each.summary) for name, each in stacks.items()] == [
        ("plain", "plain", "baseline", "asyncio's loop"),
        ("swift", "swift", "settings", "uvloop"),
    ]
    for each, settings in zip(
        stacks.values(), ({"LOOP": "asyncio"}, {"LOOP": "uvloop", "BACKLOG": "4096"}), strict=True
    ):
        assert isinstance(each.source, Registered)
        assert (each.source.entry.name, each.source.settings) == ("fastapi-uvicorn", settings)


def test_a_plan_measures_variants_and_says_their_settings(tmp_path: Path) -> None:
    """A suite file with variants is a plan of them, baseline first."""
    path = tmp_path / "loops.toml"
    path.write_text(GOOD, encoding="utf-8")
    plan = plan_run(RunOptions(suite=str(path)), 1, cores=(0, 1))
    assert (plan.baseline, plan.suite.stacks) == ("plain", ("plain", "swift"))
    assert plan.stacks["swift"].facts(1).settings == {"LOOP": "uvloop", "BACKLOG": "4096"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            'stack = "fastapi-uvicorn"',
            'stack = "fastapi-uvicron"',
            "variants.plain: stack: 'fastapi-uvicron' is unknown; did",
        ),
        ("[variants.plain]", "[variants.flask-gthread]", "variants.flask-gthread: the name is that of a stack already"),
        ("[variants.plain]", '[variants."Pl ain"]', "variants.Pl ain: must be a table, its name lower case letters"),
        ('settings = { LOOP = "asyncio" }', "", "variants.plain: settings: at least one is needed"),
        ('LOOP = "asyncio"', 'LOOPS = "asyncio"', "variants.plain: settings: 'LOOPS' is unknown (known: WORKERS"),
        ('LOOP = "asyncio"', 'THREADS = "9"', "plain: THREADS must be left out: fastapi-uvicorn has no such setting"),
        ('summary = "asyncio\'s loop"', "", "variants.plain: summary: is missing"),
        ('summary = "asyncio\'s loop"', 'summary = "s"\nport = 1', "variants.plain: port: unknown field"),
    ],
)
def test_bad_variants_are_told_with_field_and_bound(old: str, new: str, told: str) -> None:
    """Each names the suite, the variant, the field and its bound."""
    assert old in GOOD
    with pytest.raises(FieldError) as raised:
        variant_stacks(parse_suite("loops", GOOD.replace(old, new, 1)), registered_stacks())
    assert told in str(raised.value)


def test_builds_of_pillow_are_said_or_refused(tmp_path: Path) -> None:
    """A build that is there is described once in a note; one that is not is refused, and so is a container."""
    environ = {FOLDER_VARIABLE: str(tmp_path)}
    own_environment.make(folder_of(BUILDS["simd"], environ), lambda _packages, _python: FACTS)
    known = registered_stacks()["fastapi-uvicorn"]
    simd, wheel = (variant_of(known, name, {"PILLOW": name}) for name in ("simd", "wheel"))
    said = "PILLOW=simd: x==1, its wheel from PyPI; libjpeg-turbo 3.1 (libjpeg.so)."
    assert pillow_notes((known, simd, simd), "local", environ) == (said,)
    assert pillow_notes((known,), "docker", environ) == ()
    with pytest.raises(FieldError, match="--launcher local: PILLOW: wheel is not built for this Python; build it with"):
        pillow_notes((simd, wheel), "local", environ)
    with pytest.raises(FieldError, match="--launcher: PILLOW=simd is a build of this machine: only with local"):
        pillow_notes((simd,), "docker", environ)
