"""The interpreters that --python names, and the labels that tell them apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.application.chosen_interpreters import chosen_interpreters
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from tests.stackduel.application.interpreters import fake_interpreter


def labels(*paths: Path | str, docker: bool = False) -> list[str]:
    """The labels of the interpreters of a run."""
    options = RunOptions(python=tuple(map(str, paths)), launcher="docker" if docker else "local")
    return [each.label for each in chosen_interpreters(options)]


def test_a_label_is_as_short_as_it_can_be(tmp_path: Path) -> None:
    """A version where that is enough, with its release or its environment's name where it is not."""
    old, new = (tmp_path / name for name in ("old", "new"))
    fake_interpreter(old, version="3.13.1")
    fake_interpreter(new, version="3.14.0rc2", free_threaded=True)
    fake_interpreter(tmp_path / "newer", version="3.13.2")
    fake_interpreter(tmp_path / "a b", version="3.13.1")
    assert labels(old, new) == ["3.13", "3.14t"]
    assert labels(old, tmp_path / "newer") == ["3.13.1", "3.13.2"]
    assert labels(old, tmp_path / "a b") == ["3.13.1-old", "3.13.1-a-b"]
    (tmp_path / "elsewhere").mkdir()
    fake_interpreter(tmp_path / "elsewhere" / "old", version="3.13.1")
    assert labels(old, tmp_path / "elsewhere" / "old") == ["3.13-1", "3.13-2"]
    assert labels() == []


def test_a_base_image_is_named_by_version_or_by_reference() -> None:
    """A version is an official image; of others the tag is the label."""
    chosen = chosen_interpreters(RunOptions(python=("3.11", "shop/python:3.14t-slim"), launcher="docker"))
    assert [each.label for each in chosen] == ["3.11", "3.14t"]
    assert [each.base_image for each in chosen] == ["python:3.11-slim", "shop/python:3.14t-slim"]
    assert labels("one/python:3.13", "two/python:3.13", docker=True) == ["one-python-3.13", "two-python-3.13"]


@pytest.mark.parametrize(
    ("named", "says"),
    [
        (("3.13t",), "Docker Hub has no free-threaded Python: name an image"),
        (("python",), "a version such as 3.13, or a base image with its tag"),
        (("3.13", "3.13"), "3.13 is named twice"),
    ],
)
def test_what_is_no_base_image_is_refused(named: tuple[str, ...], says: str) -> None:
    """The sentence says what may be named."""
    with pytest.raises(FieldError, match=f"--python: .*{says}|--python: {says}"):
        labels(*named, docker=True)


def test_what_does_not_answer_is_refused(tmp_path: Path) -> None:
    """Any program may lie where an interpreter was meant."""
    (tmp_path / "python").write_text("#!/bin/sh\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(FieldError, match=r"--python: .*does not answer as Python"):
        labels(tmp_path / "python")
