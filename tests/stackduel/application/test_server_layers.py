"""Servers beside an environment: installed by a real pip from an index of made-up wheels, and started for real."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from stackduel.application import layer_cache, pip_install, server_layers
from stackduel.application.application_probe import application_name, probe
from stackduel.application.server_layers import LAUNCHER, with_layers, with_layers_to_come
from stackduel.application.wanted_servers import WANTED
from stackduel.launch.local.ports import free_port
from stackduel.model.application import Application, Interpreter
from tests.stackduel.tuned import application

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist there")
SHOP = """
import json, os, sys
def answer():
    paths = [each for each in sys.path if each.endswith(("site-packages", "layer"))]
    return json.dumps([os.getpid(), paths, sorted(n for n in os.environ if n == "PYTHONPATH")]).encode()
def wsgi(environ, start_response):
    body = answer()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
async def asgi(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer()})
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without a package, not even pip, and an application in a folder beside it."""
    folder = tmp_path_factory.mktemp("bare")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder / "venv")
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    return folder


def probed(folder: Path, name: str = "shop:wsgi") -> Application:
    """The application of that folder."""
    python = Interpreter(folder / "venv" / "bin" / "python", "3.11.0", "cpython-311", "named by the test")
    return probe(application_name(name), python, folder)


def wheel(index: Path, name: str, files: Mapping[str, str], needs: str = "") -> None:
    """Put a distribution into the index."""
    about = f"{name}-99.0.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 99.0\n{requires}",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/entry_points.txt": f"[console_scripts]\n{name}={name}.run:main\n",
    }
    record = "".join(f"{each},,\n" for each in (*content, f"{about}/RECORD"))
    with zipfile.ZipFile(index / f"{name}-99.0-py3-none-any.whl", "w") as file:
        for each, text in {**content, f"{about}/RECORD": record}.items():
            file.writestr(each, text)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with a Gunicorn, a Granian that needs an older lamp, and a lamp; and a cache of its own."""
    folder = tmp_path / "index"
    folder.mkdir()
    workers = {"gunicorn/__init__.py": "", "gunicorn/run.py": "", "gunicorn/workers/__init__.py": "",
               "gunicorn/workers/sync.py": "", "gunicorn/workers/gthread.py": ""}  # fmt: skip
    wheel(folder, "gunicorn", workers, "lamp")
    wheel(folder, "granian", {"granian/__init__.py": "", "granian/cli.py": ""}, "lamp<99")
    wheel(folder, "lamp", {"lamp.py": ""})
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull,
                        "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(layer_cache, "layers_folder", lambda: tmp_path / "cache" / "servers")
    return folder


def test_what_is_missing_is_installed_beside_the_environment(
    bare: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each server in a folder of its own; what has no solution is left out with pip's reason; then all is kept."""
    packages = bare / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    with zipfile.ZipFile(index / "lamp-99.0-py3-none-any.whl") as file:
        file.extractall(packages)
    before = sorted(each.name for each in packages.rglob("*"))
    said: list[str] = []
    gunicorn, _, granian, _ = WANTED["wsgi"]
    monkeypatch.setattr(server_layers, "missing_servers", lambda _application: (gunicorn, granian))
    found = with_layers(probed(bare), said.append, lambda _line: None)
    first, left_out = found.notes
    assert first.endswith(": gunicorn==99.0.")
    assert left_out.startswith("Granian is left out")
    assert "granian 99.0 depends on lamp<99, and your environment has lamp 99.0" in left_out
    assert found.application.servers["gunicorn"].worker_classes == ("sync", "gthread")
    layer = found.application.layers["gunicorn", "sync"]
    assert layer.requirements == ("gunicorn==99.0",)
    installed = Path(layer.start[2])
    # What the environment has is not installed once more.
    assert sorted(each.name for each in installed.iterdir() if each.name != "bin") == [
        "gunicorn",
        "gunicorn-99.0.dist-info",
    ]
    assert {each.name for each in installed.parent.parent.iterdir()} == {
        "gunicorn-sync-gthread",
        "granian.refused.json",
    }
    assert sorted(each.name for each in packages.rglob("*") if "__pycache__" not in each.parts) == before
    # Neither what is installed nor what has no solution costs anything the second time.
    monkeypatch.setattr(pip_install, "run_limited", None)
    again = with_layers(probed(bare), said.append, lambda _line: None)
    assert again.application.layers == found.application.layers
    assert again.notes[1].startswith(left_out.rstrip("."))
    assert "(found on 20" in again.notes[1]
    assert said == ["Installing beside your environment, which stays as it is: Gunicorn (sync, gthread), Granian."]
    first, still_out = with_layers_to_come(probed(bare)).notes
    assert "Gunicorn (sync, gthread)" in first
    assert "Granian" not in first
    assert still_out == again.notes[1]


def test_a_dry_run_names_what_would_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a version, as that is not known yet, and without words that start it."""
    monkeypatch.setattr(layer_cache, "layers_folder", lambda: tmp_path)
    found = with_layers_to_come(application("asgi", ("gunicorn",))).application
    assert list(found.servers) == ["gunicorn", "uvicorn", "hypercorn", "granian"]
    assert found.layers["uvicorn", None].requirements == ("uvicorn[standard]",)
    assert {each.start for each in found.layers.values()} == {()}


def test_nothing_is_asked_where_nothing_is_missing() -> None:
    """Neither pip nor the interpreter, which is not there."""
    whole = application("wsgi")
    assert with_layers(whole, print, print).application is whole


@pytest.mark.parametrize(
    ("start", "program", "words"),
    [
        ("gunicorn.app.wsgiapp:run", "gunicorn", "--bind 127.0.0.1:{port} --workers 2 shop:wsgi"),
        ("gunicorn.app.wsgiapp:run", "gunicorn", "--bind 127.0.0.1:{port} --workers 2 -k gevent shop:wsgi"),
        ("gunicorn.app.wsgiapp:run", "gunicorn", "--bind 127.0.0.1:{port} --workers 2 -k asgi shop:asgi"),
        ("uvicorn.main:main", "uvicorn", "--port {port} --workers 2 shop:asgi"),
        ("hypercorn.__main__:main", "hypercorn", "--bind 127.0.0.1:{port} --workers 2 shop:asgi"),
        ("granian:cli.entrypoint", "granian", "--port {port} --interface wsgi --workers 2 shop:wsgi"),
        ("waitress.runner:run", "waitress-serve", "--listen=127.0.0.1:{port} shop:wsgi"),
    ],
    ids=["gunicorn", "gevent", "asgi", "uvicorn", "hypercorn", "granian", "waitress"],
)
def test_all_workers_of_a_server_beside_the_environment_serve(
    bare: Path, tmp_path: Path, start: str, program: str, words: str
) -> None:
    """Forked or spawned: each has the layer behind the environment's own packages, and nothing comes by PYTHONPATH."""
    layer = tmp_path / "layer"
    layer.mkdir()
    # The servers of the environment that tests run in, as if they were installed here.
    (layer / "servers.pth").write_text("\n".join(each for each in sys.path if each.endswith("site-packages")))
    port = str(free_port())
    command = [str(bare / "venv" / "bin" / "python"), str(LAUNCHER), str(layer), start, program]
    with serving([*command, *words.format(port=port).split()], bare) as process:
        answers = answered(process, port, 1 if program == "waitress-serve" else 2)
    for paths, variables in answers.values():
        assert "bare" in paths[0]
        assert paths[1] == str(layer)
        assert not variables


@contextlib.contextmanager
def serving(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server and all that it has started, ended afterwards."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.Popen(command, cwd=folder, env=environ, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answered(process: subprocess.Popen[bytes], port: str, workers: int) -> dict[int, list[list[str]]]:
    """Return the words of each worker, by its process; asked until so many have answered."""
    found: dict[int, list[list[str]]] = {}
    deadline = time.monotonic() + 60
    while len(found) < workers and process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                pid, *rest = json.load(answer)
                found[pid] = rest
        except OSError:
            time.sleep(0.05)
    assert len(found) == workers
    return found
