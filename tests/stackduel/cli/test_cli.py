"""The command line: usage, errors and exit statuses, as a user meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel.planning.device import lacking
from tests.conftest import ANY_HOST
from tests.stackduel.cli.called import called

ROOT = Path(__file__).parents[3]


def stackduel(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command line as its own process."""
    command = [sys.executable, "-m", "stackduel", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fly"], "No such command 'fly'"),
        (["run", "fast"], "SUITE: 'fast' is none of "),
        (["run", "--stacks", "flask-gunicorn,absent"], "--stacks: 'absent' is unknown"),
        (["run", "qick"], "nor a .toml file; did you mean quick?"),
        (
            ["run", "--stacks", "flask-gunicornn"],
            "--stacks: 'flask-gunicornn' is unknown; did you mean flask-gunicorn?",
        ),
        (["run", "--stacks", ","], "must name at least one stack"),
        (["run", "--device", "tpu"], "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
        (
            ["run", "--launcher", "url", "--device", "cpu"],
            "--launcher: url measures stacks by their url, and flask-gunicorn",
        ),
        (["run", "--blocks", "0"], "0 is not in the range 1<=x<=1000"),
        (["run", "--timeout", "0"], "0 is not in the range from 0.1 s to 1 h"),
        (["run", "--seed", "-1"], "-1 is not in the range 0<=x"),
        (["run", "--launcher", "cloud"], "'cloud' is not one of 'local', 'docker', 'compose', 'url'"),
        (["run", "--stacks-file", "absent.toml"], "stacks file absent.toml: cannot be read"),
        (["run", "--baseline", "absent"], "--baseline: absent is not among the stacks of this run"),
        (["run", "--resume", "absent"], "run absent: cannot be read"),
        (["run", "--generator", "container", "--stacks", "flask-gunicorn"], "--generator: container needs"),
        (["report", "absent"], "run absent: cannot be read"),
        (["compare", "absent", "absent"], "run absent: cannot be read"),
        (["trend", "--out", "absent"], "trend: no comparison run; suites found: none"),
        (["runs", "--limit", "0"], "0 is not in the range 1<=x<=100000"),
        (["run", "--fail-on", "errors >"], "--fail-on: column 9: expected a metric such as p99(STACK), or a number"),
        (["run", "--fail-on", "p99(absent) > 1s"], "column 5: this run has no stack or scenario 'absent'"),
        (["run", "soak", "--fail-on", "p95 > 1s"], "--fail-on: column 1: unknown metric 'p95'; did you mean p99?"),
    ],
)
def test_wrong_input_is_told_on_standard_error_with_status_2(arguments: list[str], told: str, tmp_path: Path) -> None:
    """Each mistake is one clear message on standard error, exit status 2, and no traceback."""
    done = called(*arguments, *(["--out", str(tmp_path)] if arguments[0] == "run" else []))
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("suite", ["quick", "classic", "waiting", "short", "full", "matrix"])
def test_a_dry_run_prints_the_plan_and_its_duration(suite: str, tmp_path: Path) -> None:
    """Every stack with a number, the order of the numbers in each block, a total, and nothing started or written."""
    done = called("run", suite, "--dry-run", "--blocks", "2", "--out", str(tmp_path / "results"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    numbers = {line.split()[0] for line in lines if line.endswith((" s", " min")) and line.split()[0].isdigit()}
    for block in ("  block 1: ", "  block 2: "):
        (order,) = (line.removeprefix(block).split() for line in lines if line.startswith(block))
        assert sorted(order) == sorted(numbers)
        assert len(order) >= 5
    assert "trials, about " in done.stdout
    assert not (tmp_path / "results").exists()


def test_a_gpu_that_is_not_there_is_refused_with_status_2() -> None:
    """Asked for by name, the run does not begin, and the reason and its remedy are one line."""
    if (reason := lacking("cuda")) is None:
        pytest.skip("this machine has a GPU that ONNX Runtime can use")
    done = called("run", "quick", "--device", "cuda", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"stackduel: --device: cuda cannot be used: {reason}\n"


def test_list_shows_every_suite_and_stack() -> None:
    """The registry's stacks with tier and port, and the suites with their summaries."""
    done = called("list")
    assert done.returncode == 0, done.stderr
    for shown in ("quick", "classic", "waiting", "flask-gunicorn (baseline, port 8002)", "flask-gevent (worker-class"):
        assert shown in done.stdout


def test_list_shows_every_switch() -> None:
    """With --switches: its name, its variable with both values, and where it has an effect."""
    done = called("list", "--switches")
    assert done.returncode == 0, done.stderr
    for shown in ("json: JSON_ENCODER stdlib (off), orjson (on)", "no-access-log: ACCESS_LOG on (off), off (on)"):
        assert shown in done.stdout


def test_doctor_reports_on_everything_it_looks_at() -> None:
    """Cores, memory, limits, noise, frameworks, ports, engine and GPU each get a line."""
    done = called("doctor")
    assert done.returncode == 0, done.stderr
    for shown in ("cores", "pinning", "memory", "open files", "event loop", "frameworks", "ports", "Docker", "GPU"):
        assert shown in done.stdout
    for shown in ("steal", "foreign CPU", "frequency", "CPU quota"):
        assert shown in done.stdout


def test_the_schema_is_printed_as_the_docs_have_it() -> None:
    """Users of an installed version get its own."""
    done = called("schema")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "docs" / "run.schema.json").read_text(encoding="utf-8")


OWN_SERVER = """
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one write an answer, or Nagle's algorithm adds 40 ms to each
    def do_GET(self):
        if self.path == "/item" and self.headers["X-Token"] != "s3cret-token": return self.send_error(403)
        time.sleep(float(sys.argv[2]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def own_file(folder: Path) -> Path:
    """Two servers of the user's own that differ by a known factor, and one request with a secret."""
    (folder / "serve.py").write_text(OWN_SERVER)
    path = folder / "mine.toml"
    path.write_text(
        f"""
        [stacks.old]
        command = [{json.dumps(sys.executable)}, "serve.py", "{{port}}", "0.1"]
        tier = "baseline"
        [stacks.new]
        command = [{json.dumps(sys.executable)}, "serve.py", "{{port}}", "0.02"]
        [[requests]]
        name = "item"
        path = "/item"
        headers = {{ X-Token = "${{TOKEN}}" }}
        [load]
        connections = 4
        duration_s = 0.85
        warmup_rounds = 1
        """
    )
    return path


def test_json_and_quiet_leave_standard_output_to_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--json prints exactly the document; --quiet prints nothing at all."""
    monkeypatch.setenv("TOKEN", "s3cret-token")
    arguments = (
        "run",
        "--stacks-file",
        str(own_file(tmp_path)),
        "--stacks",
        "new",
        "--blocks",
        "1",
        *ANY_HOST,
        "--out",
    )
    done = stackduel(*arguments, str(tmp_path / "one"), "--json")
    assert json.loads(done.stdout)["schema"] == 1
    silent = stackduel(*arguments, str(tmp_path / "two"), "--quiet")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def test_a_stack_that_cannot_start_gives_status_3(tmp_path: Path) -> None:
    """It is told before anything is measured, with the line of its log that says why, which the report holds, too."""
    (tmp_path / "serve.py").write_text("import sys; sys.exit('no database')")
    path = tmp_path / "mine.toml"
    command = json.dumps([sys.executable, "serve.py", "{port}"])
    path.write_text(
        f'[stacks.broken]\ncommand = {command}\n[[requests]]\nname = "x"\npath = "/"\n'
        "[load]\nconnections = 1\nduration_s = 0.2\n"
    )
    done = called("run", "--stacks-file", str(path), "--blocks", "1", "--out", str(tmp_path / "out"))
    assert done.returncode == 3
    assert "1 of 1 stack cannot be measured, so nothing was" in done.stderr
    assert "broken: the server ended with exit status 1 before it was healthy | no database" in done.stderr
    (report,) = (tmp_path / "out").glob("*/report.md")
    assert "no database" in report.read_text(encoding="utf-8")


def test_a_run_stores_the_arguments_of_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmark.py adds arguments to those of its process; the record holds the command that repeats the run."""
    monkeypatch.setenv("TOKEN", "s3cret-token")
    argv = ["run", "--stacks-file", str(own_file(tmp_path)), "--blocks", "1", "--out", str(tmp_path), *ANY_HOST]
    code = f"import sys; sys.argv = ['other.py', '--other']; from stackduel.cli import main; main({argv!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (stored,) = tmp_path.glob("*/run.json")
    assert json.loads(stored.read_text())["command"] == ["stackduel", *argv]
