"""Companions of stacks files: which stack has which, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.stack import Stack
from stackduel.planning.companions_file import refuse_unreachable
from stackduel.planning.stacks_file import parse_own_file

DATABASE = '[companions.db]\nimage = "postgres:17"\nport = 5432\nready = "pg_isready"\n'
CACHE = '[companions.cache]\ncommand = "redis-server --port {port}"\n'


def stacks(text: str, folder: Path = Path()) -> dict[str, Stack]:
    return dict(parse_own_file("mine.toml", tomllib.loads(text), folder, {}).stacks)


def names(stack: Stack) -> list[str]:
    return [each.name for each in stack.companions]


def test_a_stack_has_all_companions_unless_it_names_some() -> None:
    """A stack that answers at a URL has none: it is running already."""
    found = stacks(
        f'{DATABASE}{CACHE}[stacks.all]\ncommand = "a {{port}} {{db.host}}:{{db.port}}"\n'
        '[stacks.one]\nimage = "b"\ncompanions = ["cache"]\n[stacks.none]\ncommand = "c {port}"\ncompanions = []\n'
        '[stacks.there]\nurl = "http://h:1"\n'
    )
    assert {name: names(stack) for name, stack in found.items()} == {
        "all": ["db", "cache"],
        "one": ["cache"],
        "none": [],
        "there": [],
    }
    assert found["all"].companions[0].ready == ("pg_isready",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[companions.db]\nport = 1", "companions.db: exactly one of command and image is needed"),
        ('[companions.db]\nimage = "a"', "companions.db: port: is missing"),
        ('[companions.db]\ncommand = "a"', "companions.db: command: each start has another port"),
        ('[companions."a b"]\nimage = "a"', "companions.a b: a letter, then letters"),
        (f"{DATABASE}health = 'up'", "companions.db: health: must be a path"),
        (f"{DATABASE}health = '/up'", "companions.db: ready: cannot be combined with health"),
        (f"{DATABASE}size = 1", "companions.db: size: unknown field"),
        (
            f"{DATABASE}[stacks.a]\nimage = 'a'\ncompanions = ['cache']",
            "stacks.a: companions: 'cache' is none; the file",
        ),
        ("[stacks.a]\nurl = 'http://h:1'\ncompanions = ['a']", "stacks.a: companions: what answers at a url"),
        ("[stacks.a]\ncommand = 'a {port} {db.port}'", "stacks.a: {db.port}: no companion of it is called db"),
    ],
)
def test_what_cannot_be_is_told_with_its_field(text: str, told: str) -> None:
    """Before anything is started."""
    with pytest.raises(FieldError) as raised:
        stacks(text)
    assert f"mine.toml: {told}" in str(raised.value)


def test_a_container_cannot_reach_a_process() -> None:
    """A local stack has companions of both kinds."""
    found = stacks(f'{CACHE}[stacks.a]\nimage = "a"\n').values()
    refuse_unreachable(found, "local")
    with pytest.raises(FieldError, match=r"companions\.cache: command: a is a container, which needs an image here"):
        refuse_unreachable(found, "docker")
