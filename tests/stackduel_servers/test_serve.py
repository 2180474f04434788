"""Starting a server: its command, its environment, and the refused inputs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel_servers import allocator, serve
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.models import device
from stackduel_servers.registry import load_registry
from stackduel_servers.serve import Start, plan
from stackduel_servers.start_variables import VARIABLES

REGISTRY = load_registry()


def planned(stack: str, **environ: str) -> Start:
    return plan(stack, {"CPUS": "1", **environ}, REGISTRY, has_uvloop=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not exist on Windows")
def test_the_server_is_told_its_settings() -> None:
    """The server's environment holds every setting that ``/health`` reports."""
    environ = planned("flask-gunicorn", THREADS="3", INFERENCE_DEVICE="cpu").environ
    told = {name: value for name, value in environ.items() if name.startswith("STACKDUEL_")}
    in_force = json.loads(told.pop("STACKDUEL_SETTINGS"))
    assert set(in_force["variables"]) == set(VARIABLES)
    assert told == {
        "STACKDUEL_STACK": "flask-gunicorn",
        "STACKDUEL_FRAMEWORK": "flask",
        "STACKDUEL_SERVER": "gunicorn",
        "STACKDUEL_WORKERS": "4",
        "STACKDUEL_THREADS": "3",
        "STACKDUEL_CPUS": "1",
        "STACKDUEL_INFERENCE": "inline",
        "STACKDUEL_DEVICE": "cpu",
    }


def test_the_settings_in_force_are_those_of_entry_environment_and_defaults() -> None:
    """A value is the environment's, else the entry's, else the default; null where it has no effect on the stack."""
    environ = planned("fastapi-tuned", COMPRESSION="gzip", JSON_ENCODER="stdlib", HTTP_PARSER="h11").environ
    assert (environ["JSON_ENCODER"], environ["CONCURRENCY_LIMIT"]) == ("stdlib", "512")
    in_force = json.loads(environ["STACKDUEL_SETTINGS"])
    values = {name: in_force["variables"][name] for name in ("COMPRESSION", "WORKERS", "MAX_REQUESTS_JITTER", "TIMING")}
    assert values == {"COMPRESSION": "gzip", "WORKERS": "3", "MAX_REQUESTS_JITTER": "1000", "TIMING": "on"}
    assert (in_force["variables"]["THREADS"], in_force["variables"]["RESPONSE_MODEL"]) == (None, None)
    positions = {name: in_force["switches"][name] for name in ("workers", "json", "pure-asgi", "triton-client")}
    assert positions == {"workers": "on", "json": "off", "pure-asgi": "none", "triton-client": None}


@pytest.mark.parametrize(
    ("stack", "variable", "value"),
    [
        ("flask-waitress", "MAX_REQUESTS", "10"),
        ("flask-waitress", "ACCESS_LOG", "on"),
        ("flask-waitress", "HTTP_PARSER", "h11"),
        ("flask-waitress", "MIDDLEWARE", "asgi"),
        ("flask-waitress", "RESPONSE_MODEL", "off"),
        ("flask-waitress", "TRITON_CLIENT", "cached"),
        ("fastapi-idiomatic", "JSON_ENCODER", "orjson"),
        ("triton", "COMPRESSION", "gzip"),
        ("triton", "BACKLOG", "9"),
        ("triton", "METRICS", "on"),
    ],
)
def test_a_setting_without_effect_is_refused(stack: str, variable: str, value: str) -> None:
    """A switch that could not change a stack is an error, and not a false result."""
    with pytest.raises(SettingsError, match=f"{variable} must be left out: "):
        plan(stack, {"CPUS": "1", variable: value}, REGISTRY, has_uvloop=True)


def test_the_server_is_told_where_its_models_run() -> None:
    """The pool and batch settings in force reach the application."""
    environ = planned("fastapi-uvicorn-batched", BATCH_DELAY_MS="0.5").environ
    told = {name.removeprefix("STACKDUEL_"): environ[name] for name in environ if name.startswith("STACKDUEL_")}
    assert {name: told[name] for name in ("INFERENCE", "POOL", "BATCH_SIZE", "BATCH_DELAY_MS", "QUEUE_SIZE")} == {
        "INFERENCE": "batched",
        "POOL": "1",
        "BATCH_SIZE": "4",
        "BATCH_DELAY_MS": "0.500000000",
        "QUEUE_SIZE": "512",
    }


def test_the_environment_is_passed_on_but_for_what_servers_read_themselves() -> None:
    """Only the registry and its overrides set a server's settings; other variables are passed on."""
    given = {
        "DOWNSTREAM_URL": "http://downstream:8009",
        "GUNICORN_CMD_ARGS": "--workers 99",
        "WEB_CONCURRENCY": "99",
        "FORWARDED_ALLOW_IPS": "*",
        "UVICORN_WORKERS": "99",
        "PROMETHEUS_MULTIPROC_DIR": "/somebody/s",
    }
    environ = planned("fastapi-uvicorn", **given).environ
    assert environ["DOWNSTREAM_URL"] == "http://downstream:8009"
    assert environ["PYTHONUNBUFFERED"] == "1"
    assert allocator.ENVIRONMENT.items() <= environ.items()
    assert not {*environ} & ({*given} - {"DOWNSTREAM_URL"})


def test_the_device_is_chosen_once_for_all_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a GPU, auto is the CPU and ``/health`` gives the reason; a GPU requested by name stops the server."""
    monkeypatch.setattr(device, "driver_lacks", lambda: "no driver")
    environ = planned("flask-waitress").environ
    told = (environ["INFERENCE_DEVICE"], environ["STACKDUEL_DEVICE"], environ["STACKDUEL_DEVICE_NOTE"])
    assert told == ("cpu", "cpu", "Models run on the CPU: no driver.")
    assert "STACKDUEL_DEVICE_NOTE" not in planned("flask-waitress", INFERENCE_DEVICE="cpu").environ
    with pytest.raises(SettingsError, match="INFERENCE_DEVICE: cuda cannot be used: no driver"):
        planned("flask-waitress", INFERENCE_DEVICE="cuda")


def test_the_downstream_can_be_served_too() -> None:
    """``downstream`` is not a stack, but starts in the same way."""
    start = planned("downstream", HOST="0.0.0.0")
    assert start.command == (
        *("-m", "stackduel_servers.downstream", "--host", "0.0.0.0"),
        *("--port", "8009", "--backlog", "2048"),
    )


def test_a_stack_of_another_system_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gunicorn does not run on Windows, and the error names the systems where it does."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SettingsError, match="flask-gunicorn does not run on win32, only on linux, darwin"):
        planned("flask-gunicorn")
    assert planned("flask-waitress").command


def test_metrics_need_their_library(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without prometheus-client the start is refused with its name, and no folder is made."""
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    monkeypatch.setattr(serve, "make_folder", lambda _parent: pytest.fail("a folder was made"))
    monkeypatch.setenv("METRICS", "on")
    with pytest.raises(SystemExit) as ended:
        serve.main(["flask-waitress"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith("METRICS must be off: prometheus-client is not installed\n")


@pytest.mark.parametrize(
    ("arguments", "environ", "message"),
    [
        (["nothing"], {}, "stackduel_servers.serve: STACK must be one of downstream, flask-gunicorn,"),
        ([], {}, "stackduel_servers.serve: STACK must be one of downstream, flask-gunicorn,"),
        (
            ["downstream", "--port", "x"],
            {},
            "stackduel_servers.serve: PORT must be an integer from 1 to 65535, not 'x'",
        ),
        (
            ["flask-waitress"],
            {"THREADS": "0"},
            "stackduel_servers.serve: THREADS must be an integer from 1 to 1024, not '0'",
        ),
        (["flask-waitress"], {"INFERENCE_DEVICE": "tpu"}, "INFERENCE_DEVICE must be one of auto, cpu, cuda,"),
        (
            ["flask-waitress"],
            {"DOWNSTREAM_URL": "x"},
            "stackduel_servers.serve: DOWNSTREAM_URL must be http://HOST:PORT",
        ),
        (["flask-waitress"], {"METRICS": "1"}, "stackduel_servers.serve: METRICS must be one of on, off, not '1'"),
        ([], {"STACK": "flask-waitress", "DOWNSTREAM_TIMEOUT_S": "0"}, "DOWNSTREAM_TIMEOUT_S must be a number from"),
    ],
)
def test_bad_input_exits_with_2(arguments: list[str], environ: dict[str, str], message: str) -> None:
    """Bad input gives one sentence on stderr and exit status 2, without a traceback."""
    result = subprocess.run(
        [sys.executable, "-m", "stackduel_servers.serve", *arguments],
        cwd=Path(__file__).parents[2],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
