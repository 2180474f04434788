"""Two commits as two stacks, in every layout and with every install that was seen to mix them up."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import pytest

from stackduel.checkouts.environments import EnvironmentRecipe
from stackduel.checkouts.worktrees import AskedCommit, Checkout
from stackduel.model.errors import FieldError, LaunchError
from stackduel.model.stack import Command, Stack
from stackduel.runner.commit_sides import CommitRequest, CommitSides, Environments, commit_sides
from tests.stackduel.checkouts.repositories import STACKS, environment, git, shop, write

# What setuptools writes for an editable install that maps each package, instead of adding a folder to the path.
FINDER = """
import sys
from importlib.machinery import ModuleSpec, PathFinder
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{source!r}]) if name == "shop" else None
sys.meta_path.{place}
"""


@contextmanager
def sides(repository: Path, environments: Environments = "auto") -> Iterator[CommitSides]:
    base, head = AskedCommit("base", "--base", "main"), AskedCommit("head", "--head", ".")
    with commit_sides(CommitRequest(repository, base, head, environments=environments), lambda _line: None) as found:
        yield found


def wait_of(stack: Stack) -> str:
    """Return what a server of this side would wait, asked of its own interpreter, folder and environment."""
    command = stack.source
    assert isinstance(command, Command)
    words = (command.argv[0], "-c", "from shop.speed import WAIT; print(WAIT)")
    return subprocess.run(
        words, cwd=command.folder, env=dict(command.env), capture_output=True, text=True, check=True
    ).stdout


def install(site: Path, source: Path, how: str) -> None:
    """Install the package shop of a checkout as pip would."""
    match how:
        case "editable":
            write(site, {"__editable__.shop-1.0.pth": f"{source}\n"})
        case "editable-finder":
            finder = FINDER.format(source=str(source), place="append(Finder)")
            write(site, {"shop_finder.py": finder, "__editable__.shop-1.0.pth": "import shop_finder\n"})
        case "plain":
            for path in (source / "shop").glob("*.py"):
                write(site / "shop", {path.name: path.read_text(encoding="utf-8")})


@pytest.mark.parametrize("how", ["none", "editable", "editable-finder", "plain"])
@pytest.mark.parametrize("below", ["", "src"], ids=["flat", "src"])
def test_each_side_runs_its_own_commit(tmp_path: Path, below: str, how: str) -> None:
    """Whatever is installed of the head, the base runs the base's code and the head the head's."""
    repository = shop(tmp_path / "r", below, python="python")
    site = environment(repository / ".venv")
    install(site, repository / below, how)
    write(repository, {str(Path(below, "shop/speed.py")): "WAIT = 0.5\n"})
    write(repository, {"stackduel.toml": STACKS.format(python=repository / ".venv/bin/python")})
    with sides(repository) as found:
        assert {name: wait_of(stack) for name, stack in found.own.stacks.items()} == {
            "base": "0.004\n",
            "head": "0.5\n",
        }
        assert [stack.tier for stack in found.own.stacks.values()] == ["baseline", "code"]


def test_an_install_that_comes_before_every_path_is_told(tmp_path: Path) -> None:
    """A finder before Python's own gives the base the head's modules: nothing is measured then."""
    repository = shop(tmp_path / "r", "src", python="python")
    site = environment(repository / ".venv")
    finder = FINDER.format(source=str(repository / "src"), place="insert(0, Finder)")
    write(site, {"shop_finder.py": finder, "a.pth": "import shop_finder\n"})
    write(repository, {"stackduel.toml": STACKS.format(python=repository / ".venv/bin/python")})
    with pytest.raises(LaunchError, match=r"base: the module shop is imported from .*r/src/shop"), sides(repository):
        pass
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_a_checkout_without_modules_proves_nothing(tmp_path: Path) -> None:
    """Where nothing of the commit is imported, it cannot be said that the commit is measured."""
    repository = shop(tmp_path / "r", "deep/down")
    with pytest.raises(LaunchError, match="base: none of its own modules was found"), sides(repository):
        pass


def test_equal_dependency_files_share_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment beside the code is that of both sides; if the files differ, each side has one of its own."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    repository = shop(tmp_path / "r", python="python")
    environment(repository / ".venv")

    def made(checkout: Checkout, recipe: EnvironmentRecipe, _say: object) -> Path:
        assert recipe.python == repository / ".venv/bin/python"
        environment(tmp_path / checkout.name)
        return tmp_path / checkout.name / "bin/python"

    monkeypatch.setattr("stackduel.runner.commit_sides.environment", made)
    assert pythons(repository) == [repository / ".venv/bin/python"] * 2
    assert pythons(repository, environments="own") == [tmp_path / "base/bin/python", tmp_path / "head/bin/python"]
    write(repository, {"requirements.txt": "lamp\n"})
    assert pythons(repository) == [tmp_path / "base/bin/python", tmp_path / "head/bin/python"]
    assert pythons(repository, environments="same") == [repository / ".venv/bin/python"] * 2


def test_a_command_that_only_its_own_environments_have_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of them no program of its name is needed: Python makes the environments."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    repository = shop(tmp_path / "r", python="shop-python")

    def made(checkout: Checkout, recipe: EnvironmentRecipe, _say: object) -> Path:
        assert recipe.python.is_file()
        environment(tmp_path / checkout.name)
        folder = tmp_path / checkout.name / "bin"
        write(folder, {"shop-python": f"#!{folder}/python\n"})
        (folder / "shop-python").chmod(0o755)
        return folder / "python"

    monkeypatch.setattr("stackduel.runner.commit_sides.environment", made)
    assert pythons(repository, environments="own") == [tmp_path / "base/bin/python", tmp_path / "head/bin/python"]


def pythons(repository: Path, environments: Environments = "auto") -> list[PurePath | None]:
    """The interpreters of both sides."""
    with sides(repository, environments) as found:
        return [stack.source.python for stack in found.own.stacks.values() if isinstance(stack.source, Command)]


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ("", "it has no"),
        ('[stacks.a]\ncommand = "a {port}"\n[stacks.b]\ncommand = "b {port}"\n', "it has a, b: --stack names the one"),
        ('[stacks.a]\nurl = "http://127.0.0.1:1"\n', "needs a command"),
        ('[stacks.a]\ncommand = "a {port}"\ncwd = "/"\n', "cwd: must lie in the checkout"),
    ],
    ids=["none", "two", "url", "elsewhere"],
)
def test_exactly_one_command_of_the_checkout_is_compared(tmp_path: Path, toml: str, why: str) -> None:
    """The error names the file and what to do."""
    repository = shop(tmp_path / "r")
    write(repository, {"stackduel.toml": toml})
    with pytest.raises(FieldError, match=why), sides(repository):
        pass


def test_a_checkout_without_a_file_is_told_which_one_is_needed(tmp_path: Path) -> None:
    """The error names the file and the option."""
    repository = shop(tmp_path / "r")
    (repository / "stackduel.toml").unlink()
    with pytest.raises(FieldError, match=r"stackduel.toml: was found neither in .* --stacks-file"), sides(repository):
        pass


def test_paths_of_the_checkout_move_with_the_commit(tmp_path: Path) -> None:
    """A path in the command or in env that lies in the user's checkout becomes that of the commit; others stay."""
    repository = shop(tmp_path / "r")
    table = STACKS.replace("[[requests]]", 'env = {{ DATA = "{top}/data:/data", NEAR = "{top}s/x" }}\n[[requests]]')
    write(repository, {"stackduel.toml": table.format(python="python3", top=repository)})
    with sides(repository) as found:
        base = found.own.stacks["base"].source
        assert isinstance(base, Command)
        assert base.env["DATA"] == f"{found.base.folder}/data:/data"
        assert base.env["NEAR"] == f"{repository}s/x"
