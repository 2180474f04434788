"""What a machine lacks for a stack."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from stackduel.model.stack import Stack, Url
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks
from stackduel.planning.shortfall import shortfall
from stackduel_servers.triton.installation import TritonError

STACKS = registered_stacks()


def test_what_runs_anywhere_lacks_nothing() -> None:
    """A portable stack, and a user's own, can be started wherever this runs."""
    assert shortfall(STACKS["quart-hypercorn"]) is None
    assert shortfall(Stack("mine", "rewrite", "", Url(Address("h", 1)))) is None


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
