"""The cache of servers beside environments: never half a layer, and one run at a time."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from stackduel.application import layer_cache
from stackduel.application.layer_cache import LayerFacts, kept, layers_folder, make, remove_unused, turn_in

FACTS = LayerFacts(("gunicorn==27.0.1", "packaging==26.3"), ("gunicorn==27.0.1",), "gunicorn.app.wsgiapp:run")


def filled(target: Path, work: Path) -> LayerFacts:
    """An installation, and what it left on its way."""
    (target / "gunicorn").mkdir()
    (work / "pip-unpack").mkdir()
    return FACTS


def test_a_layer_is_kept_with_its_facts(tmp_path: Path) -> None:
    """And nothing of what was written on the way."""
    assert kept(tmp_path / "gunicorn") is None
    assert make(tmp_path / "gunicorn", filled) == FACTS == kept(tmp_path / "gunicorn")
    assert {each.name for each in (tmp_path / "gunicorn").iterdir()} == {"packages", "layer.json"}
    assert [each.name for each in tmp_path.iterdir()] == ["gunicorn"]


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), RuntimeError("no solution")])
def test_what_is_interrupted_leaves_nothing(tmp_path: Path, ending: BaseException) -> None:
    """Not even where pip was in the middle of it."""

    def breaking(target: Path, work: Path) -> LayerFacts:
        filled(target, work)
        raise ending

    with pytest.raises(type(ending)):
        make(tmp_path / "gunicorn", breaking)
    assert not [*tmp_path.iterdir()]


def test_a_layer_that_somebody_damaged_is_made_anew(tmp_path: Path) -> None:
    """Its facts cannot be read, or its packages are gone."""
    make(tmp_path / "gunicorn", filled)
    (tmp_path / "gunicorn" / "layer.json").write_text("{", encoding="utf-8")
    assert kept(tmp_path / "gunicorn") is None
    make(tmp_path / "gunicorn", filled)
    (tmp_path / "gunicorn" / "packages" / "gunicorn").rmdir()
    (tmp_path / "gunicorn" / "packages").rmdir()
    assert kept(tmp_path / "gunicorn") is None


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_a_second_run_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    """It begins once the first has left, and removes nothing that the first still needs."""
    waits, said, order = threading.Event(), list[str](), list[str]()

    def second() -> None:
        with turn_in(tmp_path / "key", wait):
            order.append("second")

    def wait(line: str) -> None:
        said.append(line)
        waits.set()

    with turn_in(tmp_path / "key", said.append):
        assert not said
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(30)
        order.append("first")
    other.join(30)
    assert order == ["first", "second"]
    assert said[0].startswith("Another stackduel")


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """By the next one that installs for the same environment."""
    left = tmp_path / "key" / ".making-x" / "packages"
    left.mkdir(parents=True)
    with turn_in(tmp_path / "key", print):
        assert not [*(tmp_path / "key").iterdir()]


def test_layers_that_nobody_uses_are_removed_after_a_month(tmp_path: Path) -> None:
    """Those of other environments stay."""
    for name, age_s in (("old", layer_cache.KEPT_S + 60), ("new", 60.0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1e9 - age_s, 1e9 - age_s))
    remove_unused(tmp_path, now_s=1e9)
    assert [each.name for each in tmp_path.iterdir()] == ["new"]


def test_the_cache_lies_where_the_platform_has_it(tmp_path: Path) -> None:
    """Wherever the models are."""
    environ = {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path), "STACKDUEL_MODELS": "/elsewhere"}
    folder = layers_folder(environ)
    assert (folder.parent.name, folder.name) == ("stackduel", "servers")
    assert sys.platform == "darwin" or folder.is_relative_to(tmp_path)
