"""``stackduel import``: what it writes where, and what it refuses."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel.cli.import_traffic import suite_file_for
from stackduel.planning.suites_by_name import read_suite
from tests.stackduel.cli.called import called
from tests.stackduel.traffic.logged import combined

LOG = "".join(f"{combined(1e9 + second, f'GET /users/{second} HTTP/1.1')}\n" for second in range(20))


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "access.log"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_the_suite_is_named_after_the_log(log: Path) -> None:
    """It lies in the working folder, is never replaced unasked, and the command that runs it is printed."""
    done = called("import", "access.log")
    assert (done.returncode, done.stderr) == (0, "")
    assert "stackduel run access.toml --stacks-file mine.toml" in done.stdout
    assert read_suite("access.toml").scenarios[0].workloads[0].target == "/users/0"
    again = called("import", "access.log")
    assert again.returncode == 2
    assert "--out: access.toml is there already" in again.stderr
    assert called("import", "access.log", "--force", "--examples", "2").returncode == 0
    assert len(read_suite("access.toml").scenarios[0].workloads) == 2


def test_a_suite_of_ours_keeps_its_name() -> None:
    """A log that is called like one becomes ``traffic.toml``, and so does standard input."""
    names = ["logs/shop.log.1.gz", "quick.log", "-", ".log"]
    assert [suite_file_for(name) for name in names] == ["shop.toml", "traffic.toml", "traffic.toml", "traffic.toml"]


def test_standard_input_and_output(log: Path) -> None:
    """The suite alone is on standard output, and what was read is told on the other."""
    command = [sys.executable, "-m", "stackduel", "import", "-", "--out", "-"]
    done = subprocess.run(command, input=LOG, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("# Made by: stackduel import - --out -\n")
    assert "20 requests" in done.stderr
    assert not Path("traffic.toml").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no request that can be asked again"),
        ("what\n", "1 could not be read, the first: line 1 (not a line of a known format): what"),
        (combined(1e9, "POST /cart HTTP/1.1"), "import --unsafe also takes those that change data; POST are there"),
        (combined(1e9, "GET /mail/a@b.example HTTP/1.1"), "GET /mail/{email}: its path holds an e-mail address"),
    ],
    ids=["empty", "no log", "only what changes data", "only what is personal"],
)
def test_a_log_with_nothing_to_ask_says_why(log: Path, content: str, said: str) -> None:
    """Nothing is written then."""
    log.write_text(content, encoding="utf-8")
    done = called("import", "access.log")
    assert done.returncode == 2
    assert said in done.stderr
    assert not Path("access.toml").exists()


def test_what_cannot_be_read_is_named(log: Path) -> None:
    """A missing file, a folder, and a compressed file that breaks off, of which the rest is taken."""
    assert "no.log: cannot be read: No such file or directory" in called("import", "no.log").stderr
    assert "cannot be read: Is a directory" in called("import", ".").stderr
    import gzip

    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        file.write(LOG.encode() * 50)
    log.write_bytes(packed.getvalue()[:-40])
    done = called("import", "access.log")
    assert done.returncode == 0
    assert "access.log: breaks off after line" in " ".join(done.stdout.split())


def test_a_har_file_is_a_suite_with_its_bodies(log: Path) -> None:
    """A request that changes data is asked only on demand, and its comment names what brings the data back."""
    entries = [
        {
            "request": {
                "method": method, "url": "https://shop.example/cart", "headers": [],
                "postData": {"mimeType": "application/json", "text": '{"item": "größe"}'},
            },
            "response": {"status": 200},
        }
        for method in ("GET", "POST")
    ]  # fmt: skip
    Path("shop.har").write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    assert called("import", "shop.har").returncode == 0
    assert [each.method for each in read_suite("shop.toml").scenarios[0].workloads] == ["GET"]
    done = called("import", "shop.har", "--unsafe", "--force")
    assert "the key reset of a stacks file brings it back" in " ".join(done.stdout.split())
    workloads = read_suite("shop.toml").scenarios[0].workloads
    assert [(each.method, each.body) for each in workloads] == [
        ("GET", '{"item": "größe"}'.encode()),
        ("POST", '{"item": "größe"}'.encode()),
    ]
