"""Every stack of the registry that runs here, really served for the whole session."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from stackduel_servers.registry import StackEntry, load_registry
from tests.contract.scripted import ScriptedDownstream, scripted_downstream
from tests.contract.served import Served, all_served

FOLDER = Path(__file__).parent
# Long enough for a hundred calls on a busy machine; only a silent downstream is waited for, by all stacks at once.
DOWNSTREAM_TIMEOUT_S = "3.0"
# What speaks another protocol has another contract, and what needs a companion is asked beside it in tests/triton.
# The music service has its own contract too: test_music.py.
ENTRIES = [
    entry
    for entry in load_registry().entries.values()
    if sys.platform in entry.platforms
    and entry.contract == "sandbox"
    and entry.protocol == "stackduel"
    and entry.companion is None
]

# These ask what is sent over HTTP, in which numbers of workers and threads and the way in which models run make no
# difference: of stacks that differ in nothing else, the first answers for all.
OVER_HTTP = (
    *("test_cases", "test_chat", "test_connections", "test_downstream_failures", "test_streams"),
    "test_websockets",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each stack in turn, or the first of those that are alike over HTTP."""
    if "entry" in metafunc.fixturenames:
        entries = unlike(ENTRIES) if metafunc.module.__name__.endswith(OVER_HTTP) else ENTRIES
        metafunc.parametrize("entry", entries, ids=lambda entry: entry.name)


def unlike(entries: Iterable[StackEntry]) -> list[StackEntry]:
    """The first stack of each application, server, kind of worker and other settings."""
    found: dict[tuple[object, ...], StackEntry] = {}
    for each in entries:
        found.setdefault((each.app, each.server, each.worker_class, *each.settings.items()), each)
    return list(found.values())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests that end the fleet come after all others of this folder, and nothing of it runs beside later ones."""
    here = [at for at, item in enumerate(items) if item.path.is_relative_to(FOLDER)]
    ordered = sorted((items[at] for at in here), key=lambda item: "ended" in getattr(item, "fixturenames", ()))
    for at, item in zip(here, ordered, strict=True):
        items[at] = item


@pytest.fixture
def served(entry: StackEntry, fleet: dict[str, Served]) -> Served:
    """The stack's running server."""
    return fleet[entry.name]


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory, downstream: ScriptedDownstream) -> Iterator[dict[str, Served]]:
    """Every stack, started at once."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    environ = {
        "DOWNSTREAM_URL": f"http://127.0.0.1:{downstream.port}",
        "DOWNSTREAM_TIMEOUT_S": DOWNSTREAM_TIMEOUT_S,
    }
    with all_served((entry.name for entry in ENTRIES), folder, environ) as servers:
        yield servers


@pytest.fixture(scope="session")
def downstream() -> Iterator[ScriptedDownstream]:
    """The downstream that every stack calls; it fails as it is told."""
    with scripted_downstream() as running:
        yield running
