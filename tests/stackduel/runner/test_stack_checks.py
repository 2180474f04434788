"""Whether stacks answer as they must, asked of small servers of the test's own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack, Url
from stackduel.model.target import Address
from stackduel.runner.stack_checks import SHOWN, StackCheck, check_stacks
from tests.conftest import serving

REQUEST = '[[requests]]\nname = "x"\npath = "/x"\n'


def options_of(folder: Path, *addresses: Address, requests: str = REQUEST) -> RunOptions:
    """Options that check servers by their addresses."""
    path = folder / "mine.toml"
    stacks = (f'[stacks.s{number}]\nurl = "{address.url}"\n' for number, address in enumerate(addresses, 1))
    path.write_text("".join(stacks) + requests)
    return RunOptions(stacks_file=str(path), launcher="url", timeout_s=5)


def test_a_stack_that_answers_differently_is_wrong(tmp_path: Path) -> None:
    """The first answer is what the others must give; each stack is a line, and what differs one below it."""
    out = io.StringIO()
    with serving(lambda _request: (200, b"right")) as first, serving(lambda _request: (200, b"wrong")) as second:
        checks = check_stacks(options_of(tmp_path, first, second), Console(file=out), Console(file=io.StringIO()))
    assert [(check.stack.name, check.checked, len(check.wrong)) for check in checks] == [("s1", 1, 0), ("s2", 1, 1)]
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["s1: 1 answers right", "s2: 1 WRONG"]
    assert lines[2].startswith("  ")


def test_own_stacks_need_a_request(tmp_path: Path) -> None:
    """Without one there is nothing to check, and no server is asked."""
    options = options_of(tmp_path, Address("127.0.0.1", 1), requests="")
    with pytest.raises(FieldError, match="verify needs at least one of"):
        check_stacks(options, Console(file=io.StringIO()), Console(file=io.StringIO()))


def test_of_many_wrong_answers_the_first_are_shown() -> None:
    """The rest is counted."""
    stack = Stack("s", "rewrite", "", Url(Address("127.0.0.1", 1)))
    lines = StackCheck(stack, 9, tuple(f"case {number}" for number in range(SHOWN + 3))).lines
    assert lines == ["s: 8 WRONG", *(f"  case {number}" for number in range(SHOWN)), "  and 3 more"]
