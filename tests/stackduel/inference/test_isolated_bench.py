"""A model measured alone: what is asked, and what is read of the answer."""

from __future__ import annotations

import json

import msgspec
import pytest

from stackduel.inference.isolated_bench import command, parse
from stackduel.model.isolated import IsolatedFailure
from stackduel.storage.outcome_documents import IsolatedDocument
from stackduel_servers.models import bench

GOOD = {"model": "tiny", "pool": 2, "requests": 4, "duration_s": 0.5, "rate_rps": 8.0, "infer_ns": [4, 5, 6, 7]}


def test_the_command_is_one_that_the_module_takes() -> None:
    """Its parser reads all of it, as JSON and for so many seconds."""
    module, *arguments = command("fast-cnn", 3)
    assert module == bench.__name__
    options = bench._parser().parse_args(arguments)
    assert (options.name, options.pool, options.json) == ("fast-cnn", 3, True)
    assert options.seconds is not None


def test_its_result_is_found_among_other_lines() -> None:
    """Warnings may stand before and after it."""
    found = parse("tiny", 3, f"a warning\n{json.dumps(GOOD)}\nanother one\n")
    assert (found.model, found.block, found.pool, found.requests, found.rate_rps) == ("tiny", 3, 2, 4, 8.0)
    assert (found.infer.count, found.infer.min_ns, found.infer.max_ns) == (4, 4, 7)
    assert msgspec.json.decode(msgspec.json.encode(IsolatedDocument.of(found)), type=IsolatedDocument).result() == found


@pytest.mark.parametrize(
    "output",
    [
        "",
        "no JSON at all",
        "{",
        json.dumps({**GOOD, "rate_rps": 0}),
        json.dumps({**GOOD, "infer_ns": [-1]}),
        json.dumps({**GOOD, "infer_ns": "many"}),
        json.dumps({name: value for name, value in GOOD.items() if name != "pool"}),
    ],
)
def test_what_is_no_result_is_told_with_its_text(output: str) -> None:
    """Never a zero."""
    with pytest.raises(ValueError, match="measuring tiny alone gave"):
        parse("tiny", 1, output)


def test_a_failure_has_the_keys_of_a_result() -> None:
    """And nothing in them but the reason."""
    lost = IsolatedFailure("tiny", 2, "it died")
    shown = msgspec.to_builtins(IsolatedDocument.of(lost))
    assert shown.keys() == msgspec.to_builtins(IsolatedDocument.of(parse("tiny", 1, json.dumps(GOOD)))).keys()
    assert (shown["reason"], shown["rate_rps"], shown["histogram"]) == ("it died", None, None)
    assert msgspec.convert(shown, IsolatedDocument).result() == lost
