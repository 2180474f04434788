"""The cache of servers beside users' environments: a folder for each environment, and one in it for each server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stackduel_servers.models import store

PACKAGES, FACTS = "packages", "layer.json"
_UNFINISHED = ".making-"
# Each change of an environment needs a folder of its own; what nobody used for so long is removed.
KEPT_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """The content of a layer: its packages, the requirements that the user would type, and how the server starts."""

    installed: tuple[str, ...]
    requirements: tuple[str, ...]
    start: str


def layers_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of all layers: beside the models, in the user's cache folder on this platform."""
    without = {name: value for name, value in environ.items() if name != store.FOLDER_VARIABLE}
    return store.folder(without).parent / "servers"


def kept(folder: Path) -> LayerFacts | None:
    """Return the facts of a finished layer; None if there is none."""
    try:
        found = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        facts = LayerFacts(tuple(found["installed"]), tuple(found["requirements"]), found["start"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return facts if (folder / PACKAGES).is_dir() else None


def make(folder: Path, fill: Callable[[Path, Path], LayerFacts]) -> LayerFacts:
    """Make a layer in ``folder``, and return its facts.

    ``fill`` installs into the folder that it is given first, with the second for whatever it writes on its way. No
    reader sees half a layer: it is made beside its place and then moved. Raises OSError, and what ``fill`` raises.
    """
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    try:
        for name in (PACKAGES, "work"):
            (unfinished / name).mkdir()
        facts = fill(unfinished / PACKAGES, unfinished / "work")
        shutil.rmtree(unfinished / "work")
        (unfinished / FACTS).write_text(json.dumps(asdict(facts), indent=2), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return facts


@contextlib.contextmanager
def turn_in(folder: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the folder of an environment, made if it is absent: two runs at once install one after the other.

    What an earlier run left half made is removed. On Windows nothing is held: a layer is complete once it is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on every system

    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another stackduel installs servers for the same environment: waiting until it is done.")
            fcntl.flock(held, fcntl.LOCK_EX)
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(held)


def remove_unused(folder: Path, now_s: float | None = None) -> None:
    """Remove the layers of environments that no run used for a month."""
    oldest_s = (time.time() if now_s is None else now_s) - KEPT_S
    for each in folder.iterdir():
        with contextlib.suppress(OSError):
            if each.is_dir() and each.stat().st_mtime < oldest_s:
                shutil.rmtree(each)
