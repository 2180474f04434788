"""Values of requests from CSV files: what is read, which rows a seed draws, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.row_requests import requests_of
from stackduel.model.suite import ClosedLoop, Scenario, Suite, Workload
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import parse_mix
from stackduel.planning.values_file import MOST_USED, with_rows_drawn


def workload(folder: Path, content: bytes, path: str = "/users/{id}", **keys: Any) -> Workload:
    (folder / "users.csv").write_bytes(content)
    (one,) = parse_mix(Fields("s", {"path": path, "values_file": "users.csv", **keys}, folder))
    return one


def test_each_row_is_a_request_with_its_values(tmp_path: Path) -> None:
    """As spreadsheets write them: a byte order mark, quotes, line ends of Windows, an empty line."""
    content = b'\xef\xbb\xbfid,name\r\n7,"Ada, Countess"\r\n\r\n8,"a ""b"""\r\n'
    found = workload(tmp_path, content, headers={"X-Name": "{name}"})
    assert found.values is not None
    assert (found.values.file, found.values.names, found.values.count) == ("users.csv", ("id", "name"), 2)
    assert [(each.target, each.headers, each.values) for each in requests_of(found)] == [
        ("/users/7", (("X-Name", "Ada, Countess"),), None),
        ("/users/8", (("X-Name", 'a "b"'),), None),
    ]
    assert found.label == "GET /users/{id}"


def test_a_seed_draws_the_same_rows_of_a_long_file(tmp_path: Path) -> None:
    """In the order of the file; another seed draws others, and a note says how many there are."""
    rows = "\n".join(str(number) for number in range(3 * MOST_USED))
    scenario = Scenario("users", (workload(tmp_path, f"id\n{rows}".encode()),), ClosedLoop(1, requests=1))
    suite = Suite("s", "", "a", ("a",), 1, (scenario,))

    def drawn(seed: int) -> list[int]:
        found, notes = with_rows_drawn(suite, seed)
        assert notes == (f"users.csv: {MOST_USED} of its {3 * MOST_USED:,} rows are used, drawn by the seed.",)
        values = found.scenarios[0].workloads[0].values
        assert values is not None
        return [int(row[0]) for row in values.rows]

    assert drawn(1) == drawn(1) == sorted(set(drawn(1)))
    assert len(drawn(1)) == MOST_USED
    assert drawn(1) != drawn(2)


def test_a_short_file_is_used_whole(tmp_path: Path) -> None:
    """Whatever the seed."""
    scenario = Scenario("users", (workload(tmp_path, b"id\n1\n2"),), ClosedLoop(1, requests=1))
    suite = Suite("s", "", "a", ("a",), 1, (scenario,))
    assert with_rows_drawn(suite, 1) == (replace(suite), ())


@pytest.mark.parametrize(
    ("content", "keys", "told"),
    [
        (b"", {}, "users.csv: its first line must name 1 to 100 columns"),
        (b"id", {}, "users.csv: needs 1 to 1000000 rows below the names of its columns"),
        (b"id,id\n1,2", {}, "users.csv: line 1: id is there twice"),
        (b"id,full name\n1,2", {}, "users.csv: line 1: 'full name': a column's name has letters"),
        (b"id,name\n1,2\n3", {}, "users.csv: row 2 has 1 values, where there are 2 columns"),
        (b"id\n\x07x", {}, "users.csv: row 1: a value has at most 10000 characters"),
        (b"id\n\xff", {}, "line 2 is not UTF-8"),
        (b'id\n"1\n', {}, "row 1: a value has at most"),
        (b"name\n1", {}, "neither path nor headers nor body has one of {name}"),
        (b"id\n1", {"bodies": ["a", "b"]}, "values_file: cannot be combined with bodies"),
        (b"id\n1", {"values_file": "absent.csv"}, "absent.csv cannot be read"),
    ],
    ids=[
        "empty",
        "no row",
        "twice",
        "blank",
        "short row",
        "invisible",
        "encoding",
        "quote",
        "unused",
        "bodies",
        "absent",
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, content: bytes, keys: dict[str, Any], told: str
) -> None:
    """Before anything is started."""
    with pytest.raises(FieldError) as raised:
        workload(tmp_path, content, **keys)
    assert told in str(raised.value)
