"""An environment of a commit's own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stackduel.checkouts.dependency_files import dependency_files, digest
from stackduel.checkouts.environments import COMPLETE, EnvironmentRecipe, cache_folder, environment
from stackduel.checkouts.worktrees import Checkout
from stackduel.model.errors import LaunchError
from tests.stackduel.checkouts.repositories import commit, git, shop, write

WHEEL = "lamp-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: lamp\nVersion: 1.0\n"
TAGS = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def wheel(path: Path) -> None:
    """A package of one module, built by hand: no index is asked."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lamp.py", "LIGHT = 1\n")
        archive.writestr("lamp-1.0.dist-info/METADATA", METADATA)
        archive.writestr("lamp-1.0.dist-info/WHEEL", TAGS)
        archive.writestr("lamp-1.0.dist-info/RECORD", "")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return shop(tmp_path / "r")


def recipe(repository: Path) -> EnvironmentRecipe:
    return EnvironmentRecipe(Path(sys.executable), dependency_files((repository,), repository), Path())


def test_an_environment_is_made_once_and_kept_for_the_same_files(repository: Path) -> None:
    """It has what requirements.txt asks for; the same files find it again, and others do not."""
    said: list[str] = []
    write(repository, {"requirements.txt": f"./{WHEEL}\n"})
    wheel(repository / WHEEL)
    checkout = Checkout("base", ".", repository, None, "")
    python = environment(checkout, recipe(repository), said.append)
    assert subprocess.run((python, "-c", "import lamp"), check=False).returncode == 0
    assert environment(checkout, recipe(repository), said.append) == python
    assert ["making" in said[0], "kept" in said[1]] == [True, True]
    # The checkout holds nothing that was built.
    assert git(repository, "status", "--porcelain").split() == ["??", WHEEL, "??", "requirements.txt"]


def test_what_pip_refuses_is_told_and_not_kept(repository: Path) -> None:
    """The error has pip's last lines, and the half environment is not taken for a whole one."""
    write(repository, {"requirements.txt": "no-such-package-of-anybody==1\n"})
    checkout = Checkout("base", ".", repository, None, "")
    with pytest.raises(LaunchError, match="base: pip install: exit status 1") as refused:
        environment(checkout, recipe(repository), lambda _line: None)
    assert "no-such-package-of-anybody" in refused.value.log
    assert not list(cache_folder({"XDG_CACHE_HOME": str(repository.parent / "cache")}).glob(f"*/{COMPLETE}"))


def test_without_dependency_files_the_option_is_named(repository: Path) -> None:
    """Nobody says what is to be installed, so the user must."""
    with pytest.raises(LaunchError, match="--install says what pip is to install"):
        environment(Checkout("base", ".", repository, None, ""), recipe(repository), lambda _line: None)


def test_which_files_count(repository: Path) -> None:
    """Requirements, locks and metadata of Python count, other languages' locks and code do not."""
    names = ("pyproject.toml", "requirements-dev.txt", "requirements/web.txt", "uv.lock", "yarn.lock", "shop/x.py")
    write(repository, dict.fromkeys(names, "x"))
    found = dependency_files((repository,), repository)
    assert set(found) == {"pyproject.toml", "requirements-dev.txt", "requirements/web.txt", "uv.lock"}


def test_the_digest_tells_names_from_contents() -> None:
    """A text that moves from a name into the content is another environment."""
    assert digest({"a": b"b"}) == digest({"a": b"b"})
    assert len({digest({"a": b"bc"}), digest({"ab": b"c"}), digest({"a": b"bc"}, "3.12")}) == 3


def test_two_commits_with_the_same_files_are_alike(repository: Path) -> None:
    """Only the content of the files counts, not the commit."""
    commit(repository, {"requirements.txt": "flask\n"}, "needs")
    first = dependency_files((repository,), repository)
    commit(repository, {"shop/speed.py": "WAIT = 0.1\n"}, "slower")
    assert dependency_files((repository,), repository) == first
