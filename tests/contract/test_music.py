"""The music service's contract: every application without a server, and every stack really served."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

import pytest

from stackduel.verify.contract.differences import differences
from stackduel.verify.contract.music_cases import MUSIC_CASES
from stackduel_servers.apps import django_music, django_rest_music, fastapi_music, flask_music
from stackduel_servers.registry import load_registry
from tests.contract.in_process import Called, call_asgi, call_wsgi
from tests.contract.served import Served, all_served
from tests.contract.test_cases import ask_all
from tests.contract.wire import ask

MODULES = (flask_music, fastapi_music, django_music, django_rest_music)
NAMES = [
    entry.name
    for entry in load_registry().entries.values()
    if entry.contract == "music" and sys.platform in entry.platforms
]


def called(module: ModuleType, method: str, target: str) -> Called:
    """Return an application's answer, without a server."""
    if module is not fastapi_music:
        return call_wsgi(module.app, method, target)
    return asyncio.run(call_asgi(module.app, method, target))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_application_keeps_the_contract(module: ModuleType) -> None:
    """Each application answers every case that needs no server's parser as it should."""
    wrong = {}
    for case in MUSIC_CASES:
        answer = called(module, case.method, case.target)
        wrong[case.name] = differences(case, answer.status, answer.headers, answer.body)
    assert not {name: found for name, found in wrong.items() if found}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Served]]:
    """Every stack of the music service, started at once."""
    with all_served(NAMES, tmp_path_factory.mktemp("music")) as servers:
        yield servers


@pytest.mark.parametrize("name", NAMES)
def test_every_stack_keeps_the_contract(name: str, fleet: Mapping[str, Served]) -> None:
    """Each stack, really served, gives exactly the status, body and headers that all of them give."""
    found = ask_all(fleet[name], MUSIC_CASES)
    assert not {case: wrong for case, wrong in found.items() if wrong}
    assert len(found) == len(MUSIC_CASES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_server_draws_itself_can_be_checked(name: str, fleet: Mapping[str, Served]) -> None:
    """Without a seed two answers differ, and each names the seed with which it is answered again."""
    first, second = (ask(fleet[name].port, "/exercise/random?measures=4").body for _ in range(2))
    assert first != second
    seed = first.decode().partition("Random exercise ")[2].partition("<")[0]
    assert ask(fleet[name].port, f"/exercise/random?measures=4&seed={seed}").body == first
