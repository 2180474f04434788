"""The files that a module needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.containers.closure import files_needed
from benchmarks.containers.images import ROOT

FILES = {
    "benchmarks/__init__.py": "",
    "benchmarks/top.py": "import json\nfrom benchmarks.load import part\nfrom benchmarks.load.part import VALUE\n",
    "benchmarks/load/__init__.py": "",
    "benchmarks/load/part.py": "def later():\n    import benchmarks.late\nVALUE = 1\n",
    "benchmarks/late.py": "import benchmarks.top\n",
    "benchmarks/unused.py": "import docker\n",
}


def test_a_module_needs_what_it_imports_however_far(tmp_path: Path) -> None:
    """Imports are followed through circles and into functions, with the packages on the way, and no further."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    assert set(files_needed(tmp_path, "benchmarks.top")) == set(FILES) - {"benchmarks/unused.py"}


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A renamed worker breaks the build of its image here, not in a container."""
    with pytest.raises(FileNotFoundError, match=r"benchmarks\.gone"):
        files_needed(tmp_path, "benchmarks.gone")


def test_the_generator_needs_the_codec_of_kserve_and_no_server() -> None:
    """Of servers/ its image holds what reads answers and names inputs, neither an app nor a runtime of models."""
    files = set(files_needed(ROOT, "benchmarks.load.worker"))
    assert "servers/core/kserve.py" in files
    assert not [
        name for name in files if name.startswith(("servers/apps", "servers/models/runtime", "servers/core/inf"))
    ]
