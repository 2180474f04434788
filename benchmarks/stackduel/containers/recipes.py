"""The sources that each image of ours is built from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackduel.containers.import_closure import files_needed
from stackduel.model.errors import LaunchError
from stackduel_servers.registry import StackEntry
from stackduel_servers.serve import DOWNSTREAM

ROOT = Path(__file__).resolve().parents[3]


GENERATOR = ("stackduel.load.shards.worker", "stackduel.load.shards.null_server")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A Dockerfile, the files and folders of its build context (relative to the checkout), and its arguments."""

    tag: str
    dockerfile: str
    content: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)


def recipe_of(entry: StackEntry, device: str | None = None) -> Recipe:
    """Return the image that runs a stack of the registry, with its models on ``device`` if that is a GPU."""
    if entry.server == "tritonserver":
        return Recipe(
            tag=f"stackduel/{entry.name}:run",
            dockerfile="docker/triton.Dockerfile",
            content=("servers/stackduel_servers", "servers/requirements"),
            arguments={"STACK": entry.name, "REQUIREMENTS": entry.requirements},
        )
    recipe = gpu_recipe if device == "cuda" else server_recipe
    return recipe(entry.name, entry.requirements)


def server_recipe(stack: str, requirements: str) -> Recipe:
    """Return the image that runs one Python service, or the downstream, which has no models."""
    return Recipe(
        tag=f"stackduel/{stack}:run",
        dockerfile="docker/server.Dockerfile",
        content=("servers/stackduel_servers", "servers/requirements"),
        arguments={"STACK": stack, "REQUIREMENTS": requirements, "MODELS": "no" if stack == DOWNSTREAM else "yes"},
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


def base_image(recipe: Recipe) -> str:
    """Return the base image: PYTHON_IMAGE of the environment, or the default in its Dockerfile."""
    default = re.search(r"(?m)^ARG PYTHON_IMAGE=(\S+)$", (ROOT / recipe.dockerfile).read_text())
    if default is None:
        raise LaunchError(f"{recipe.dockerfile}: names no default PYTHON_IMAGE")
    return os.environ.get("PYTHON_IMAGE") or default.group(1)
