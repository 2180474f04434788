"""A user's folder may hold modules of any name: none takes the place of ours or of Python's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ANY_HOST
from tests.registered_ports import registered_ports
from tests.until import until

ROOT = Path(__file__).parents[3]
IMPORTED = "a module of the user was imported"
# Breaks every program but the user's own, which is to find it.
TRAP = f"""
import os
if os.environ.get("OWN") != "yes":
    raise SystemExit("{IMPORTED}: " + __file__)
BODY = b"from the user's queue.py"
"""
TRAPS = {
    "module": ("queue.py", "asyncio.py", "servers.py", "benchmarks/cli.py"),
    "package": ("queue.py", "asyncio.py", "servers/__init__.py", "benchmarks/__init__.py", "benchmarks/cli.py"),
}
# Gunicorn, Hypercorn and Uvicorn, which import from their working directory.
SUITE = """
summary = "One trial on each server."
baseline = "flask-gunicorn"
stacks = ["flask-gunicorn", "quart-hypercorn", "fastapi-uvicorn"]
blocks = 1
[[scenario]]
name = "json"
summary = "A small answer."
path = "/json?items=1"
load = { connections = 1, duration_s = 0.5, warmup_s = 0.1 }
"""
OWN_STACK = """
[stacks.mine]
command = ["{python}", {words}, "{{port}}"]
env = {{ OWN = "yes" }}
[[requests]]
name = "body"
path = "/"
"""
OWN_SERVER = """
import sys
import queue
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(queue.BODY)))
        self.end_headers()
        self.wfile.write(queue.BODY)

HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
DATA = (
    "stackduel/planning/suites/quick.toml",
    "stackduel/report/html/assets/page.css",
    "stackduel/report/html/templates/page.html.jinja",
    "stackduel/report/html/vendor/d3.min.js",
    "stackduel/report/html/vendor/plot.LICENSE",
    "stackduel_servers/stacks.toml",
    "stackduel_servers/triton/requirements.txt",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy, which the build leaves its files in."""
    pytest.importorskip("setuptools", minversion="77")
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("benchmarks", "servers", "requirements"):
        shutil.copytree(ROOT / name, folder / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "copy")
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(folder / "copy")], check=True
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script of an environment that holds the wheel; it shares the other packages with this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=sys.platform != "win32")
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / Path(sys.executable).name
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(wheel)], check=True)
    (packages,) = folder.rglob("site-packages")
    (packages / "shared.pth").write_text("".join(f"{path}\n" for path in sys.path if "site" in Path(path).name))
    return scripts / "stackduel"


@pytest.fixture(params=["wheel", "editable"])
def command(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command of an installed wheel, and the one of this environment, which is editable."""
    if request.param == "editable":
        return (sys.executable, "-m", "stackduel")
    return (str(request.getfixturevalue("installed_wheel")),)


@contextmanager
def folder_of_traps(folder: Path, kind: str) -> Iterator[Path]:
    """A user's folder, a suite and a stack of the user's own."""
    for name in TRAPS[kind]:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(TRAP)
    (folder / "suite.toml").write_text(SUITE)
    yield folder


def test_a_wheel_holds_two_packages_and_their_data(wheel: Path) -> None:
    """Nothing called benchmarks, servers or tests is installed beside the user's own packages."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"stackduel", "stackduel_servers"}
    assert set(DATA) <= set(names)
    for package in (ROOT / "benchmarks" / "stackduel", ROOT / "servers" / "stackduel_servers"):
        files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        assert {path.relative_to(package.parent).as_posix() for path in files} <= set(names)


@pytest.mark.usefixtures("uncovered_children")
@pytest.mark.parametrize(("kind", "pythonpath"), [("module", "."), ("package", None)])
def test_modules_of_the_working_directory_are_not_imported(
    command: tuple[str, ...], kind: str, pythonpath: str | None, tmp_path: Path
) -> None:
    """``run``, ``verify``, ``serve`` and ``doctor`` work, and the user's own command finds the user's own module."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if pythonpath:
        environ["PYTHONPATH"] = pythonpath
    # The folder of a program is on its path, the working directory is by -m or PYTHONPATH alone.
    words = '"own/serve.py"' if pythonpath else '"-m", "own.serve"'
    both = ("--stacks-file", "mine.toml", "--stacks", "mine,fastapi-uvicorn")
    with folder_of_traps(tmp_path, kind) as folder:
        (folder / "own").mkdir()
        (folder / "own" / "serve.py").write_text(OWN_SERVER)
        (folder / "mine.toml").write_text(OWN_STACK.format(python=sys.executable, words=words))
        started = {
            "run": start((*command, "run", "suite.toml", *ANY_HOST), folder, environ),
            "verify": start((*command, "verify", *both), folder, environ),
            "doctor": start((*command, "doctor"), folder, environ),
        }
        check_that_it_serves(command, folder, environ)
        for name, process in started.items():
            output = process.communicate(timeout=120)[0]
            assert (name, process.returncode, IMPORTED in output) == (name, 0, False), output


def start(command: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """A command in the user's folder, with all that it prints."""
    return subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def check_that_it_serves(command: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> None:
    """``serve`` says that its stack is up, and ends on Ctrl-C."""
    log = folder / "serve.log"
    with registered_ports(), log.open("w") as output:
        process = subprocess.Popen(
            (*command, "serve", "--stacks", "quart-hypercorn"), cwd=folder, env=environ, stdout=output, stderr=output
        )
        served = until(lambda: "Ctrl-C stops" in log.read_text() or process.poll() is not None, within_s=60)
        process.send_signal(signal.SIGINT)
        status = process.wait(30)
    assert served
    assert (status, IMPORTED in log.read_text()) == (130, False), log.read_text()
