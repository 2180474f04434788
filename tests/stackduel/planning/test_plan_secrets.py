"""The secrets of a plan."""

from __future__ import annotations

from pathlib import PurePath

from stackduel.model.stack import Command, Image, Stack
from stackduel.model.suite import Scenario, Workload
from stackduel.planning.plan_secrets import secrets_of
from tests.stackduel.makers import WAITING, run

ASKED = Workload(
    "/search?q=1&access_token=q-token-1",
    "POST",
    headers=(("Authorization", "Bearer h-token-1"), ("X-Traffic", "load"), ("Cookie", "sid=c-value-1; theme=dark")),
    body=b'{"password": "b-pass-1", "user": "anna"}',
)


def stack(source: Command | Image) -> Stack:
    return Stack("mine", "rewrite", "", source)


def test_secrets_come_from_requests_commands_and_environments() -> None:
    """Headers, cookies, parameters, bodies, options and variables give theirs; ordinary values are none."""
    suite = run([], scenarios=(Scenario("s", (ASKED,), WAITING.load),)).suite
    stacks = [
        stack(Command(("serve", "--token", "o-token-1"), {"MODE": "fast", "API_TOKEN": "e-token-1"}, PurePath())),
        stack(Image("shop:2", 80, {"DATABASE_URL": "postgres://shop:u-pass-1@db/shop"})),
    ]
    found = secrets_of(suite, stacks, {})
    assert {
        "q-token-1", "h-token-1", "Bearer h-token-1", "c-value-1", "b-pass-1", "o-token-1", "e-token-1", "u-pass-1",
        "postgres://shop:u-pass-1@db/shop",
    } <= found  # fmt: skip
    assert not found & {"load", "fast", "anna", "1", "shop:2"}


def test_the_shell_s_secrets_are_the_stack_s() -> None:
    """A variable that a local server inherits is hidden, too, but no path and no plain word that only sounds secret."""
    shell = {
        "PGPASSWORD": "p-pass-12",
        "CACHE": "redis://:r-pass-1@h",
        "SSH_AUTH_SOCK": "/tmp/agent.1234",
        "TOKEN_KIND": "bearer",
        "HOME": "/home/anna",
    }
    found = secrets_of(run([]).suite, [], shell)
    assert {"p-pass-12", "r-pass-1"} <= found
    assert not found & {"/tmp/agent.1234", "bearer", "/home/anna"}
