"""A log of 100,000 lines of our making: the suite has its weights and its rate, and a run takes it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from stackduel.model.suite import OpenLoop, Suite
from stackduel.planning.suites_by_name import read_suite
from tests.stackduel.cli.called import Ended, called
from tests.stackduel.traffic.logged import combined, moments, requests

RATE_RPS = 83.0
WEIGHTS = {
    "/": 20,
    "/search?q=lamp": 9,
    "/users/{int}": 25,
    "/users/{int}/orders": 13,
    "/items/{uuid}": 12,
    "/blog/{slug}": 18,
    "/health": 3,
}
ODD = {
    "not a line of a known format": [b"\x16\x03\x01\x02\x00\x01", b"logfile turned over", b"1.2.3.4 - - [10/Oct"],
    "empty": [b"", b"   "],
    "longer than 65536 bytes": [b"A" * 70_000],
    "broken JSON": [b'{"status": 200, "request": "GET'],
    "no request in it": [
        combined(1e9, "-").encode(),
        combined(1e9, r"\x16\x03\x01").encode(),
        b'{"level": "info", "msg": "server running", "ts": 1700000000.1}',
    ],
    "no path in it": [combined(1e9, "CONNECT shop.example:443 HTTP/1.1").encode()],
    "path too long": [combined(1e9, f"GET /{'a' * 9000} HTTP/1.1").encode()],
    "no status": [combined(1e9, status="-").encode(), combined(1e9, status=999).encode()],
    "no time that can be read": [combined(1e9).replace("/Sep/", "/Spt/").encode()],
}


def lines() -> list[bytes]:
    when = moments(RATE_RPS)
    asked = requests(WEIGHTS, len(when))
    return [combined(at, f"GET {target} HTTP/1.1").encode() for at, target in zip(when, asked, strict=True)]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Path]:
    """Return the command's words on the log, compressed and with odd lines in it, and the suite that it writes."""
    folder = tmp_path_factory.mktemp("imported")
    content = lines()
    assert len(content) >= 100_000
    for at, line in enumerate(line for odd in ODD.values() for line in odd):
        content.insert(1000 * at, line)
    with gzip.open(folder / "shop.log.gz", "wb", compresslevel=1) as file:
        file.write(b"\n".join(content))
    return called("import", str(folder / "shop.log.gz"), "--out", str(folder / "shop.toml")), folder / "shop.toml"


@pytest.fixture(scope="module")
def suite(imported: tuple[Ended, Path]) -> Suite:
    """The suite as a run reads it."""
    assert imported[0].returncode == 0, imported[0].stderr
    return read_suite(str(imported[1]))


def test_the_weights_are_those_of_the_log(suite: Suite) -> None:
    """Each route has its share of the requests within one percent of what was drawn, its examples together."""
    drawn: dict[str, float] = dict.fromkeys(WEIGHTS, 0)
    found: dict[str, float] = dict.fromkeys(WEIGHTS, 0)
    for line in lines():
        drawn[route_of(line.decode().split('"')[1].split()[1])] += 1
    (scenario,) = suite.scenarios
    for workload in scenario.workloads:
        found[route_of(workload.target)] += workload.weight
    kept = {route for route, weight in found.items() if weight}
    assert sum(drawn[route] for route in kept) >= 0.95 * sum(drawn.values())
    for route in kept:
        share = found[route] / sum(found.values())
        assert share == pytest.approx(drawn[route] / sum(drawn[each] for each in kept), rel=0.01), route


def route_of(target: str) -> str:
    """The route that a target was drawn for."""
    parts = target.strip("/").split("/")
    kinds = {"users": "{int}", "items": "{uuid}", "blog": "{slug}"}
    return target if parts[0] not in kinds else "/" + "/".join([parts[0], kinds[parts[0]], *parts[2:]])


def test_the_rate_is_that_of_the_busy_time(suite: Suite) -> None:
    """The arrivals have the rate of the busiest minutes within two percent, and come as they came."""
    load = suite.scenarios[0].load
    assert isinstance(load, OpenLoop)
    assert load.rate_rps == pytest.approx(RATE_RPS, rel=0.02)
    assert load.arrivals == "poisson"


def test_every_odd_line_is_counted(imported: tuple[Ended, Path]) -> None:
    """Each kind of line that holds no request is counted by its reason, and the first are shown escaped."""
    for reason, odd in ODD.items():
        assert f"{reason} ({len(odd)})" in " ".join(imported[0].stdout.split()), reason
    assert r"\x16\x03\x01" in imported[0].stdout
    assert "\x16" not in imported[0].stdout


def test_nothing_about_a_person_is_in_the_suite(imported: tuple[Ended, Path]) -> None:
    """Neither addresses, users and agents nor the parameters of a referrer are written."""
    text = imported[1].read_text(encoding="utf-8")
    assert not [word for word in ("203.0.113", "alice", "Mozilla", "shop.example", "sid=f00") if word in text]


def test_a_run_takes_the_suite_as_it_is(imported: tuple[Ended, Path], tmp_path: Path) -> None:
    """The plan of a run on a stack of one's own names the mix and its arrivals."""
    stacks = tmp_path / "mine.toml"
    stacks.write_text('[stacks.mine]\ncommand = "python -m http.server {port}"\ntier = "baseline"\n')
    done = called("run", str(imported[1]), "--stacks-file", str(stacks), "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "busiest" in done.stdout
