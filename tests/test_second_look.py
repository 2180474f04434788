"""The second look at tests that failed beside others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import second_look
from tests.second_look import MOST, cache_of, failures_of, judge

SHAKY, BROKEN = "tests/test_a.py::test_shaky", "tests/test_a.py::test_broken"


def only_shaky(tests: Sequence[str]) -> bool:
    """Pass alone where nothing but chance was wrong."""
    return list(tests) == [SHAKY]


def test_a_test_that_passes_alone_passes_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """It was in the way of others, and the log says which."""
    assert judge({"covered": [SHAKY]}, only_shaky) == []
    assert capsys.readouterr().out == f"failed beside others, passed alone: {SHAKY}\n"


def test_a_test_that_fails_alone_too_has_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """The others are looked at all the same."""
    assert judge({"covered": [BROKEN, SHAKY]}, only_shaky) == [f"{BROKEN}: failed twice"]
    assert f"passed alone: {SHAKY}" in capsys.readouterr().out


def test_many_failures_are_not_chance() -> None:
    """None of them gets a second look."""
    many = [f"tests/test_a.py::test_{number}" for number in range(MOST + 1)]

    def never(tests: Sequence[str]) -> bool:
        pytest.fail(f"{tests} ran again")

    (said, *_) = judge({"covered": many[:3], "engine": many[3:]}, never)
    assert said == f"{MOST + 1} tests failed; more than {MOST} are not chance"


def test_a_group_that_failed_without_a_failing_test_has_failed() -> None:
    """Such as by an error of pytest's own."""
    assert judge({"engine": [], "covered": [SHAKY]}, only_shaky) == [
        "engine: failed, but no test of it did: see build/engine.log"
    ]


def test_the_failures_are_those_that_pytest_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real pytest writes them, and a real one runs them again."""
    path = tmp_path / "test_chance.py"
    path.write_text("def test_good(): pass\ndef test_bad(): assert False\n")
    arguments = ["--rootdir", str(tmp_path), "-o", f"cache_dir={cache_of('covered', tmp_path)}", "-q", str(path)]
    monkeypatch.chdir(tmp_path)
    assert pytest.main(["--noconftest", *arguments]) == pytest.ExitCode.TESTS_FAILED
    assert failures_of("covered", tmp_path) == ["test_chance.py::test_bad"]
    assert failures_of("measured", tmp_path) == []
    assert not second_look.run_alone([f"{path}::test_bad"])
    assert second_look.run_alone([f"{path}::test_good"])
    assert json.loads((cache_of("covered", tmp_path) / "v/cache/lastfailed").read_text())
