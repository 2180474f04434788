"""The lacks of a machine for a stack."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.stack import Stack, Url
from stackduel.model.target import Address
from stackduel.planning.postgres_installation import PostgresInstallation
from stackduel.planning.registry import registered_stacks
from stackduel.planning.shortfall import refuse_without_packages, shortfall
from stackduel_servers.triton.installation import TritonError

STACKS = registered_stacks()


def test_what_runs_anywhere_lacks_nothing() -> None:
    """A portable stack, and a user's own, can be started wherever this runs."""
    assert shortfall(STACKS["quart-hypercorn"]) is None
    assert shortfall(Stack("mine", "rewrite", "", Url(Address("h", 1)))) is None


def test_packages_that_are_missing_stop_with_the_line_to_type() -> None:
    """The stacks, what they lack, and one command for this very Python."""
    wanted = [STACKS[name] for name in ("flask-gunicorn", "flask-gevent", "fastapi-uvicorn", "triton")]
    wanted.append(Stack("mine", "rewrite", "", Url(Address("h", 1))))
    refuse_without_packages(wanted, lambda _name: True)
    with pytest.raises(FieldError) as refused:
        refuse_without_packages(wanted, lambda name: name not in {"gevent", "uvicorn"})
    line = shlex.join((sys.executable, "-m", "pip", "install", "stackduel[servers]"))
    assert str(refused.value) == (
        "--launcher local: flask-gevent, fastapi-uvicorn cannot run here without gevent, uvicorn; "
        f"install all servers with: {line}"
    )


def test_the_music_service_s_library_is_an_extra_of_its_own() -> None:
    """Where only the library of the music service is missing, the line to type installs it."""
    with pytest.raises(
        FieldError, match=r"service-flask cannot run here without pymusicxml;.*servers,service"
    ) as refused:
        refuse_without_packages([STACKS["flask-gunicorn"], STACKS["service-flask"]], lambda name: name != "pymusicxml")
    assert "flask-gunicorn" not in str(refused.value)


def test_another_platform_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the stack and the system."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert shortfall(STACKS["flask-gunicorn"]) == "flask-gunicorn does not run on win32"
    assert shortfall(STACKS["flask-waitress"]) is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the platform is what is lacking")
@pytest.mark.parametrize("name", ["triton", "triton-grpc", "fastapi-triton", "fastapi-triton-unpooled"])
def test_triton_and_what_calls_it_need_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an installed Triton the sentence is the one that says how to get it."""

    def missing(_environ: object) -> None:
        raise TritonError("Triton is not installed")

    monkeypatch.setattr("stackduel.planning.shortfall.locate", missing)
    assert shortfall(STACKS[name]) == f"{name}: Triton is not installed"
    monkeypatch.setattr("stackduel.planning.shortfall.locate", lambda _environ: Path())
    assert shortfall(STACKS[name]) is None


def test_drivers_are_an_extra_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack without a database needs none of them, and where PostgreSQL is missing its stacks cannot run."""
    with pytest.raises(FieldError, match=r"fastapi-uvicorn-asyncpg cannot run here without asyncpg;.*servers,database"):
        refuse_without_packages([STACKS["fastapi-uvicorn-asyncpg"]], lambda name: name != "asyncpg")
    refuse_without_packages([STACKS["fastapi-uvicorn"]], lambda name: name not in {"asyncpg", "psycopg_pool"})
    monkeypatch.setattr("stackduel.planning.shortfall.postgres_server", lambda: None)
    assert "apt-get install postgresql" in str(shortfall(STACKS["fastapi-uvicorn-asyncpg"]))
    assert shortfall(STACKS["fastapi-uvicorn"]) is None


def test_a_stack_without_its_driver_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the servers alone installed, all of them can still be verified."""
    monkeypatch.setattr("stackduel.planning.shortfall.postgres_server", lambda: PostgresInstallation(Path("/pg/bin")))
    monkeypatch.setattr("stackduel.planning.shortfall.find_spec", lambda _name: None)
    told = shortfall(STACKS["fastapi-uvicorn-asyncpg"])
    assert told == "fastapi-uvicorn-asyncpg: asyncpg is not installed; stackduel[database] has it"
    monkeypatch.setattr("stackduel.planning.shortfall.find_spec", lambda name: name)
    assert shortfall(STACKS["fastapi-uvicorn-asyncpg"]) is None
