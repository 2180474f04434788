"""Whether stacks answer as they must, asked of small servers of the test's own."""

from __future__ import annotations

import io
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack, Url
from stackduel.model.target import Address
from stackduel.runner.stack_checks import SHOWN, StackCheck, check_stacks
from stackduel.verify.contract.cases import cases_for
from stackduel.verify.contract.music_cases import MUSIC_CASES
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
    assert lines[:2] == ["s1: 1 answer right", "s2: 1 WRONG"]
    assert lines[2].startswith("  ")


def test_own_stacks_need_a_request(tmp_path: Path) -> None:
    """Without one there is nothing to check, and no server is asked."""
    options = options_of(tmp_path, Address("127.0.0.1", 1), requests="")
    with pytest.raises(FieldError, match=r"mine.toml: requests: is missing"):
        check_stacks(options, Console(file=io.StringIO()), Console(file=io.StringIO()))


def test_of_many_wrong_answers_the_first_are_shown() -> None:
    """The rest is counted."""
    stack = Stack("s", "rewrite", "", Url(Address("127.0.0.1", 1)))
    lines = StackCheck(stack, 9, tuple(f"case {number}" for number in range(SHOWN + 3))).lines
    assert lines == ["s: 8 WRONG", *(f"  case {number}" for number in range(SHOWN)), "  and 3 more"]


def test_a_stack_that_could_not_be_asked_has_no_wrong_answer() -> None:
    """It did not start, or ended: nothing of it was checked, and why stands below."""
    stack = Stack("s", "rewrite", "", Url(Address("127.0.0.1", 1)))
    assert StackCheck(stack, 0, ("s: the server ended",)).lines == ["s: NOT CHECKED", "  s: the server ended"]


def test_what_is_compared_by_kind_alone_is_told_once(tmp_path: Path) -> None:
    """Below the stack that varies first, and not again for the others."""
    out, numbers = io.StringIO(), count()
    with (
        serving(lambda _request: (200, b'{"id": %d}' % next(numbers))) as first,
        serving(lambda _request: (200, b'{"id": 99}')) as second,
    ):
        options = options_of(tmp_path, first, second)
        checks = check_stacks(options, Console(file=out, width=200), Console(file=io.StringIO()))
    assert [check.wrong for check in checks] == [(), ()]
    assert out.getvalue().count("compared by kind alone: $.id") == 1


def test_the_baseline_is_right_wherever_it_stands(tmp_path: Path) -> None:
    """The others are held to it, and told to differ from it."""
    with serving(lambda _request: (200, b"wrong")) as first, serving(lambda _request: (200, b"right")) as second:
        options = options_of(tmp_path, first, second)
        path = tmp_path / "mine.toml"
        path.write_text(path.read_text().replace("[stacks.s2]", '[stacks.s2]\ntier = "baseline"'))
        checks = check_stacks(options, Console(file=io.StringIO()), Console(file=io.StringIO()))
    assert [(check.stack.name, len(check.wrong)) for check in checks] == [("s2", 0), ("s1", 1)]
    assert 'line 1 = "wrong" where s2 answered "right"' in checks[1].wrong[0]


def test_a_stack_that_says_it_keeps_the_contract_is_held_to_it(tmp_path: Path) -> None:
    """Its cases are checked, and the requests of the file as well; without requests the contract is enough."""
    checks = {}
    for requests in (REQUEST, ""):
        with serving(lambda _request: (200, b"right")) as server:
            options = options_of(tmp_path, server, requests=requests)
            path = tmp_path / "mine.toml"
            path.write_text(path.read_text().replace("[stacks.s1]", '[stacks.s1]\ncontract = "music"'))
            (checks[requests],) = check_stacks(options, Console(file=io.StringIO()), Console(file=io.StringIO()))
    assert checks[""].checked == len(MUSIC_CASES)
    assert checks[REQUEST].checked == len(MUSIC_CASES) + 1
    assert checks[REQUEST].wrong == checks[""].wrong != ()


def test_a_framework_of_nobody_s_has_the_cases_that_are_the_same_for_all() -> None:
    """No alias of a framework is asked of it; every other case is."""
    own, flask = cases_for(None), cases_for("flask")
    assert {case.name for case in own} == {case.name for case in flask if "alias" not in case.name}
