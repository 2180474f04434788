"""The modes that search, as a user meets them: wrong input, plans, and one short real run of each."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.stackduel.cli.called import called
from tests.stackduel.cli.test_cli import OWN_SERVER
from tests.stackduel.valid import check

# A machine that is busy with other things shall void nothing here.
GATES = tuple(
    each
    for gate in ("foreign_cpu=1", "generator_cpu=1", "lateness_ms=10000", "steal=1", "sent=0", "littles_law=1")
    for each in ("--gate", gate)
)


def searched(folder: Path, suite: str, *more: str) -> dict[str, Any]:
    """The run.json of a suite on a server that takes 20 ms for every answer."""
    (folder / "serve.py").write_text(OWN_SERVER)
    (folder / "mine.toml").write_text(
        f'[stacks.mine]\ncommand = [{json.dumps(sys.executable)}, "serve.py", "{{port}}", "0.02"]\ntier = "baseline"\n'
    )
    (folder / "suite.toml").write_text(suite)
    arguments = ("--stacks-file", str(folder / "mine.toml"), "--stacks", "mine", "--out", str(folder / "out"))
    done = called("run", str(folder / "suite.toml"), *arguments, *GATES, "--timeout", "5s", *more)
    assert done.returncode == 0, done.stderr
    (run,) = (folder / "out").iterdir()
    content: dict[str, Any] = json.loads((run / "run.json").read_text())
    check(content)
    (finding,) = content["findings"]
    assert finding["sentence"] in " ".join((done.stdout).split())
    again = called("report", str(run))
    assert again.returncode == 0, again.stderr
    return content


HEAD = 'summary = "x"\nbaseline = "mine"\nstacks = ["mine"]\n'


def test_capacity_is_searched_on_a_real_server(tmp_path: Path) -> None:
    """A bound far above what the server takes is kept up to the highest rate that may be tried."""
    content = searched(
        tmp_path,
        HEAD
        + 'mode = "capacity"\n[search]\nslo = "p50=2s"\nmost_rate = 40\nconfirmations = 2\ndemand = 100\n'
        + '[[scenario]]\nname = "x"\npath = "/"\nload = { rate = 20, duration_s = 0.5 }\n',
    )
    (finding,) = content["findings"]
    assert finding["confirmed"] == {"rate_rps": 40.0, "kept": 2, "tried": 2, "broke": ""}
    assert finding["above"] is None
    assert finding["replicas"] == 4
    assert [trial["scenario"] for trial in content["trials"]] == ["x@20rps", "x@40rps", "x@40rps", "x@40rps"]
    assert content["comparisons"] == []


def test_the_best_number_of_connections_is_searched_on_a_real_server(tmp_path: Path) -> None:
    """Up to four connections are tried, and each of the last ones confirmed in rounds on fresh servers."""
    content = searched(
        tmp_path,
        HEAD
        + 'mode = "sustained"\n[search]\nmost_connections = 4\nconfirmations = 1\n'
        + '[[scenario]]\nname = "x"\npath = "/"\nload = { connections = 1, duration_s = 0.3 }\n',
    )
    (finding,) = content["findings"]
    assert {1, 2, 4} <= {tried["connections"] for tried in finding["explored"]} <= {1, 2, 3, 4}
    assert finding["best"]["rate_rps"] > 0
    assert finding["sentence"].startswith("Inconclusive: about "), "one round gives no interval"
    assert {trial["block"] for trial in content["trials"]} >= {1, 2}


def test_the_breaking_point_is_searched_on_a_real_server(tmp_path: Path) -> None:
    """Bounds that nothing breaks are held up to the highest rate that may be tried."""
    content = searched(
        tmp_path,
        HEAD
        + 'mode = "breaking-point"\n[search]\np99_ms = 5000\nerrors = 1\nmost_rate = 600\n'
        + '[[scenario]]\nname = "x"\npath = "/"\nload = { rate = 500, duration_s = 0.5 }\n',
    )
    (finding,) = content["findings"]
    assert (finding["held_rps"], finding["broken_rps"]) == (600.0, None)
    assert finding["sentence"].startswith("Not broken up to 600 req/s. The ramp ended: 600 req/s is the highest")
    assert [step["rate_rps"] for step in finding["steps"]] == [500.0, 600.0]


def test_cold_starts_are_measured_on_a_real_server(tmp_path: Path) -> None:
    """Three launches: each has its times, and no request is quicker than what the server takes for it."""
    content = searched(
        tmp_path,
        HEAD
        + 'mode = "cold-start"\n[search]\nlaunches = 3\n'
        + '[[scenario]]\nname = "x"\npath = "/"\nload = { connections = 1, requests = 3 }\n',
    )
    (finding,) = content["findings"]
    assert [launch["block"] for launch in finding["launches"]] == [1, 2, 3]
    assert all(launch["launch_ms"] > launch["warm_ms"] >= 20 for launch in finding["launches"])
    assert all(launch["cpu_s"] > 0 for launch in finding["launches"])
    assert finding["launch_ms"]["low"] is None, "three launches are too few for an interval"


def test_a_soak_is_measured_on_a_real_server_in_pieces(tmp_path: Path) -> None:
    """Twelve pieces on one server, with memory over time, and for as long as --duration says."""
    content = searched(
        tmp_path,
        HEAD + 'mode = "soak"\n[[scenario]]\nname = "x"\npath = "/"\nload = { connections = 2, duration_s = 600.0 }\n',
        "--duration",
        "3s",
    )
    (finding,) = content["findings"]
    assert finding["duration_s"] == pytest.approx(3.0, abs=0.5)
    assert [trial["scenario"] for trial in content["trials"]] == [f"x@{piece}of12" for piece in range(1, 13)]
    assert {trial["block"] for trial in content["trials"]} == {1}
    assert all(mib > 5 for trial in content["trials"] for _, mib in trial["memory_timeline"])
    assert finding["slope"]["low"] <= finding["slope"]["value"] <= finding["slope"]["high"]


ORDERS = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        wanted = self.rfile.read(int(self.headers["Content-Length"])) == b'{"lamps": 2}'
        self.answer(201 if wanted else 400, b'{"ordered": true}')

    def do_GET(self):
        self.answer(200 if self.path == "/health" else 404, b"{}")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_capacity_asks_a_request_of_the_file_and_keeps_to_its_time(tmp_path: Path) -> None:
    """A POST with its body and status, found by its name, on a server that answers nothing else."""
    (tmp_path / "serve.py").write_text(ORDERS)
    (tmp_path / "mine.toml").write_text(
        f'[stacks.mine]\ncommand = [{json.dumps(sys.executable)}, "serve.py", "{{port}}"]\ntier = "baseline"\n'
        '[[requests]]\nname = "order"\nmethod = "POST"\npath = "/orders"\nbody = \'{"lamps": 2}\'\nstatus = 201\n'
        '[[requests]]\nname = "absent"\npath = "/absent"\n'
    )
    began_s = time.monotonic()
    done = called(
        *("capacity", "--stacks-file", str(tmp_path / "mine.toml"), "--request", "order", "--slo", "p50=2s"),
        *("--time-budget", "15s", "--out", str(tmp_path / "out"), *GATES),
    )
    took_s = time.monotonic() - began_s
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "out").iterdir()
    content = json.loads((run / "run.json").read_text())
    check(content)
    (finding,) = content["findings"]
    assert finding["confirmed"]["kept"] == finding["confirmed"]["tried"] >= 1
    assert {trial["scenario"].partition("@")[0] for trial in content["trials"]} == {"order"}
    assert all(set(trial["outcomes"]) == {"ok"} for trial in content["trials"] if trial["succeeded"])
    # Writing the reports is no part of the search, and takes long on a busy machine; without its time a search takes
    # minutes.
    assert took_s < 15 + 45


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--request", "order"], "--request: needs --stacks-file"),
        (["--time-budget", "20s"], "--time-budget: at least 75 s for 5 stacks and requests"),
        (["--slo", "p98=200ms"], "--slo: 'p98=200ms' must be NAME=VALUE, NAME one of p50, p90, p95, p99, p999, mean"),
        (["--slo", "p99=200"], "--slo: 'p99=200' must be NAME=VALUE"),
        (["--path", "slow"], "--path: path: must start with /"),
        (["--demand", "0"], "0 is not a number from 0.01 to 1e+09"),
        (["--demand", "nan"], "nan is not a number from 0.01 to 1e+09"),
        (["--headroom", "1.5"], "1.5 is not a number from 0.05 to 1"),
        (["--cost-per-replica", "42"], "--cost-per-replica: needs --demand"),
        (["--stacks", "absent"], "--stacks: 'absent' is unknown"),
    ],
)
def test_wrong_input_of_capacity_is_told_with_status_2(arguments: list[str], told: str, tmp_path: Path) -> None:
    """Each mistake names the option and what it may be, before anything is started."""
    done = called("capacity", *arguments, "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("lines", "arguments", "told"),
    [
        ('mode = "guess"', [], "mode: must be one of compare, capacity"),
        ('mode = "capacity"\nsearch = { slo = "p98=1s" }', [], "search: slo: 'p98=1s' must be NAME=VALUE"),
        ('mode = "capacity"\nsearch = { speed = 3 }', [], "search: speed: unknown field"),
        ("search = { resolution = 0.1 }", [], "search: needs a mode that searches"),
        ('mode = "capacity"', [], "load: mode capacity starts from a rate"),
        ('mode = "capacity"', ["--blocks", "5"], "--blocks: not for suites of mode capacity"),
        ('mode = "soak"', ["--duration", "25h"], "25h is not in the range from 1 s to 24 h"),
        ('mode = "capacity"', ["--duration", "1m"], "--duration: for suites of mode soak only"),
        ('mode = "cold-start"', [], "load: mode cold-start starts from one connection and a number of requests"),
        ('mode = "cold-start"', ["--launcher", "url"], "--launcher: mode cold-start launches stacks itself"),
        ('mode = "shutdown"', ["--launcher", "url"], "--launcher: mode shutdown launches stacks itself"),
        (
            'mode = "shutdown"',
            ["--launcher", "docker"],
            "--generator: mode shutdown with --launcher docker needs container",
        ),
        ('mode = "shutdown"', [], "starts from connections and a duration_s of at least 6, 1 more than grace_s"),
        ('mode = "shutdown"\nsearch = { grace_s = 0 }', [], "search: grace_s: must be a number from 0.1 to 600"),
        ('mode = "leaving"', [], 'mode leaving is of streams (stream = "sse") that GET asks for'),
        ('mode = "leaving"\nsearch = { share = 1 }', [], "search: share: must be a number from 0.01 to 0.9"),
        ('mode = "leaving"\nsearch = { resets = 2 }', [], "search: resets: must be a number from 0 to 1"),
        ('mode = "slow-readers"', [], 'mode slow-readers is of streams (stream = "sse") that GET asks for'),
        (
            'mode = "slow-readers"\nsearch = { bytes_per_s = 0 }',
            [],
            "search: bytes_per_s: must be a whole number from 1 to 1000000",
        ),
        (
            'mode = "slow-readers"\nsearch = { buffer_bytes = 1 }',
            [],
            "search: buffer_bytes: must be a whole number from 256 to 16777216",
        ),
        ('mode = "recycling"', [], "settings: mode recycling needs MAX_REQUESTS, above 0"),
        (
            'settings = { MAX_REQUESTS = "-1" }',
            [],
            "settings: MAX_REQUESTS must be an integer from 0 to 10000000, not '-1'",
        ),
        ('settings = { MAX_REQUEST = "1" }', [], "settings: 'MAX_REQUEST' is unknown"),
        (
            'settings = { LOOP = "uvloop" }',
            [],
            "flask-gunicorn: LOOP must be left out: flask-gunicorn has no such setting",
        ),
        ('mode = "breaking-point"', [], "load: mode breaking-point starts from a rate"),
        (
            'mode = "sustained"\nsearch = { most_connections = 0 }',
            [],
            "most_connections: must be a whole number from 1",
        ),
        ('mode = "capacity"', ["--time-budget", "5m"], "--time-budget: not for suites of mode capacity"),
    ],
)
def test_wrong_suites_and_options_are_told_with_status_2(
    lines: str, arguments: list[str], told: str, tmp_path: Path
) -> None:
    """Modes, their parameters and what they cannot be combined with."""
    path = tmp_path / "suite.toml"
    path.write_text(
        'summary = "x"\nbaseline = "flask-gunicorn"\nstacks = ["flask-gunicorn"]\n'
        + lines
        + '\n[[scenario]]\nname = "x"\npath = "/health"\nload = { connections = 1, duration_s = 1.0 }\n'
    )
    done = called("run", str(path), *arguments, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert told in done.stderr


@pytest.mark.parametrize(
    "suite",
    ["sustained", "breaking-point", "soak", "cold-start", "stream-shutdown", "recycling", "leaving", "slow-readers"],
)
def test_a_dry_run_of_every_mode_tells_what_is_looked_for_and_how_long(suite: str) -> None:
    """The goal, a row for each stack, and a total."""
    done = called("run", suite, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "; looks for " in done.stdout
    assert sum(line.endswith(" s") for line in done.stdout.splitlines()) >= 5
    assert "more or less; nothing was started." in done.stdout


def test_a_dry_run_of_capacity_tells_what_is_looked_for(tmp_path: Path) -> None:
    """The goal, a row for each stack, a total, and nothing started."""
    done = called("capacity", "--stacks", "flask-gunicorn,fastapi-uvicorn", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "looks for the highest rate that keeps p99=200ms" in done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines() if " min " in line][:2] == [
        "flask-gunicorn",
        "fastapi-uvicorn",
    ]
    assert "nothing was started" in done.stdout
