"""The packing of a build, and what it stands on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stackduel.containers.images import pack
from stackduel.containers.import_closure import files_needed
from stackduel.containers.recipes import ROOT, Recipe, base_image, server_recipe

RECIPE = Recipe("some:tag", "docker/Dockerfile", ("code", "one.txt"))


def checkout(folder: Path) -> Path:
    """A small checkout with something that must stay out of the image."""
    (folder / "docker").mkdir()
    (folder / "docker/Dockerfile").write_text("FROM x\n")
    (folder / "code/__pycache__").mkdir(parents=True)
    (folder / "code/__pycache__/a.pyc").write_text("compiled")
    (folder / "code/a.py").write_text("a = 1\n")
    (folder / "one.txt").write_text("one\n")
    (folder / "secret.env").write_text("KEY=1\n")
    return folder


def test_a_packed_context_depends_on_content_alone(tmp_path: Path) -> None:
    """Times and modes change nothing, so an unchanged checkout never rebuilds; a changed line does."""
    folder = checkout(tmp_path)
    before = pack(folder, RECIPE)
    os.utime(folder / "code/a.py", (1, 1))
    (folder / "one.txt").chmod(0o600)
    assert pack(folder, RECIPE) == before
    (folder / "code/a.py").write_text("a = 2\n")
    assert pack(folder, RECIPE) != before


def test_a_packed_context_holds_the_recipe_s_content_alone(tmp_path: Path) -> None:
    """Neither other files of the checkout nor compiled ones reach the engine."""
    packed = pack(checkout(tmp_path), RECIPE)
    assert b"code/a.py" in packed
    assert b"one.txt" in packed
    assert b"secret.env" not in packed
    assert b".pyc" not in packed


def test_the_base_image_is_the_environment_s_or_the_dockerfile_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """PYTHON_IMAGE wins; without it, or with an empty one, the Dockerfile's own default stands."""
    recipe = server_recipe("any", "flask")
    monkeypatch.setenv("PYTHON_IMAGE", "mine:1")
    assert base_image(recipe) == "mine:1"
    monkeypatch.setenv("PYTHON_IMAGE", "")
    assert base_image(recipe) == "python:3.13-slim"


def test_every_image_but_the_downstream_s_has_the_models() -> None:
    """An image that never runs a model is not made to carry one."""
    assert server_recipe("flask-gunicorn", "flask").arguments["MODELS"] == "yes"
    assert server_recipe("downstream", "downstream").arguments["MODELS"] == "no"


@pytest.mark.parametrize("name", ["server", "gpu", "triton"])
def test_the_models_are_built_from_what_was_copied_before(name: str) -> None:
    """That step comes first, so that all images share it: it sees two folders and not the rest of servers/."""
    before = (ROOT / f"docker/{name}.Dockerfile").read_text().partition("-m stackduel_servers.models build")[0]
    package = "servers/stackduel_servers"
    assert (
        f"COPY {package}/__init__.py stackduel_servers/\nCOPY {package}/models/*.py stackduel_servers/models/\n"
        in before
    )
    needed = files_needed(ROOT, "stackduel_servers.models.__main__")
    assert {str(Path(path).parent) for path in needed if path != f"{package}/__init__.py"} == {f"{package}/models"}


def test_triton_is_installed_from_what_was_copied_before() -> None:
    """The step that installs Triton sees the modules that the installation imports, and not the rest of servers/."""
    before = (ROOT / "docker/triton.Dockerfile").read_text().partition("-m stackduel_servers.triton install")[0]
    copied = [line.split()[1].removesuffix("*.py") for line in before.splitlines() if line.startswith("COPY ")]
    needed = files_needed(ROOT, "stackduel_servers.triton.installation")
    assert not [path for path in needed if not path.startswith(tuple(copied))]
