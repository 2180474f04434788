"""The sources that each image of ours is built from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from stackduel.containers.import_closure import files_needed
from stackduel.model.errors import LaunchError
from stackduel_servers.registry import StackEntry
from stackduel_servers.serve import DOWNSTREAM

ROOT = Path(__file__).resolve().parents[3]


# A tag has at most 128 characters.
MOST_SUFFIX = 100
GENERATOR = ("stackduel.load.shards.worker", "stackduel.load.shards.null_server")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A Dockerfile, the files and folders of its build context (relative to the checkout), and its arguments.

    ``base`` is the base image that was chosen for it, None for that of the environment or of the Dockerfile.
    """

    tag: str
    dockerfile: str
    content: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)
    base: str | None = None

    def on(self, base: str) -> Recipe:
        """Return the same image on another base image, under a tag of its own."""
        repository, _, tag = self.tag.partition(":")
        suffix = re.sub(r"[^A-Za-z0-9._-]+", "-", base)[-MOST_SUFFIX:]
        return replace(self, tag=f"{repository}:{tag}-{suffix}", base=base)


def recipe_of(entry: StackEntry, device: str | None = None) -> Recipe:
    """Return the image that runs a stack of the registry, with its models on ``device`` if that is a GPU."""
    if entry.server == "tritonserver":
        return Recipe(
            tag=f"stackduel/{entry.name}:run",
            dockerfile="docker/triton.Dockerfile",
            content=("servers/stackduel_servers", "servers/requirements"),
            arguments={"STACK": entry.name, "REQUIREMENTS": entry.requirements},
        )
    if entry.contract != "sandbox":
        return server_recipe(entry.name, entry.requirements, models=False)
    recipe = gpu_recipe if device == "cuda" else server_recipe
    return recipe(entry.name, entry.requirements)


def server_recipe(stack: str, requirements: str, *, models: bool = True) -> Recipe:
    """Return the image that runs one Python service with ``models`` or without, or the downstream, which has none."""
    return Recipe(
        tag=f"stackduel/{stack}:run",
        dockerfile="docker/server.Dockerfile",
        content=("servers/stackduel_servers", "servers/requirements"),
        arguments={
            "STACK": stack,
            "REQUIREMENTS": requirements,
            "MODELS": "yes" if models and stack != DOWNSTREAM else "no",
        },
    )


def gpu_recipe(stack: str, requirements: str) -> Recipe:
    """Return the image that runs one stack of the registry with its models on a GPU."""
    return Recipe(
        tag=f"stackduel/{stack}:gpu",
        dockerfile="docker/gpu.Dockerfile",
        content=("servers/stackduel_servers", "servers/requirements"),
        arguments={"STACK": stack, "REQUIREMENTS": requirements},
    )


def generator_recipe() -> Recipe:
    """Return the image of the load generator: its worker, the null server, and their imports."""
    needed = {path for module in GENERATOR for path in files_needed(ROOT, module)}
    return Recipe(
        tag="stackduel/generator:run",
        dockerfile="docker/generator.Dockerfile",
        content=("docker/generator.txt", *sorted(needed)),
    )


def profiler_recipe() -> Recipe:
    """Return the image that holds py-spy and nothing else, to run beside a server's container."""
    return Recipe(
        tag="stackduel/profiler:run",
        dockerfile="docker/profiler.Dockerfile",
        content=("requirements/profile.txt",),
    )


def base_image(recipe: Recipe) -> str:
    """Return the base image: the chosen one, PYTHON_IMAGE of the environment, or the default in its Dockerfile."""
    default = re.search(r"(?m)^ARG PYTHON_IMAGE=(\S+)$", (ROOT / recipe.dockerfile).read_text())
    if default is None:
        raise LaunchError(f"{recipe.dockerfile}: names no default PYTHON_IMAGE")
    return recipe.base or os.environ.get("PYTHON_IMAGE") or default.group(1)
