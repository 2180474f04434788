"""Builds the images that the tests start, so that CI builds them beside tests that need no engine.

``python -m tests.docker.build_images``. A test that finds its image built builds nothing, and one that does not, does.
"""

from __future__ import annotations

import sys
from contextlib import closing

from stackduel.containers.engine import connect
from stackduel.containers.images import ensure_image
from stackduel.containers.recipes import generator_recipe, recipe_of, server_recipe
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import DOWNSTREAM


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Build them one after the other, with a line for each step that takes long."""
    entries = load_registry().entries.values()
    recipes = [recipe_of(entry) for entry in entries if entry.profile != "local"]
    with closing(connect()) as client:
        for recipe in (server_recipe(DOWNSTREAM, "downstream"), generator_recipe(), *recipes):
            ensure_image(client, recipe, say)


if __name__ == "__main__":
    main()
