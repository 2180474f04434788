"""The files that a module needs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackduel.containers.import_closure import files_needed
from stackduel.containers.recipes import GENERATOR, ROOT

# yarl comes with aiohttp, grpc with tritonclient; Pillow draws pictures, which the runner sends to the worker as bytes;
# orjson writes the JSON of a service that was started with JSON=orjson, and the worker is none.
WITH_OTHERS = {"yarl", "grpc", "PIL", "orjson"}
FILES = {
    "benchmarks/stackduel/__init__.py": "",
    "benchmarks/stackduel/top.py": (
        "import json\nfrom stackduel.load import part\nfrom stackduel.load.part import VALUE\n"
    ),
    "benchmarks/stackduel/load/__init__.py": "",
    "benchmarks/stackduel/load/part.py": "def later():\n    import stackduel.late\nVALUE = 1\n",
    "benchmarks/stackduel/late.py": "import stackduel.top\n",
    "benchmarks/stackduel/unused.py": "import docker\n",
}


def test_a_module_needs_what_it_imports_however_far(tmp_path: Path) -> None:
    """Imports are followed through circles and into functions, with the packages on the way, and no further."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    assert set(files_needed(tmp_path, "stackduel.top")) == set(FILES) - {"benchmarks/stackduel/unused.py"}


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A renamed worker breaks the build of its image here, not in a container."""
    with pytest.raises(FileNotFoundError, match=r"stackduel\.gone"):
        files_needed(tmp_path, "stackduel.gone")


def test_the_generator_needs_the_codec_of_kserve_and_no_server() -> None:
    """Of servers/ its image holds what reads answers and names inputs, neither an app nor a runtime of models."""
    files = set(files_needed(ROOT, "stackduel.load.shards.worker"))
    assert "servers/stackduel_servers/core/kserve.py" in files
    strange = tuple(f"servers/stackduel_servers/{part}" for part in ("apps", "models/runtime", "core/inf"))
    assert not [name for name in files if name.startswith(strange)]


def test_the_generator_s_image_installs_what_its_modules_import() -> None:
    """Every package outside the standard library that the worker and the null server import is in its requirements."""
    modules = {
        module
        for start in GENERATOR
        for file in files_needed(ROOT, start)
        for module in _imported((ROOT / file).read_text(encoding="utf-8"))
    }
    listed = (ROOT / "docker" / "generator.txt").read_text(encoding="utf-8").splitlines()
    installed = {re.split(r"[\[<>=]", line)[0] for line in listed if not line.startswith("#")}
    others = modules - sys.stdlib_module_names - {"stackduel", "stackduel_servers"} - WITH_OTHERS
    assert others <= installed


def _imported(text: str) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
