"""The compose file says what the registry says, and confines every container."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackduel.containers.confinement import OWN_IMAGE, TRITON
from stackduel.containers.images import NOT_CONTENT
from stackduel.containers.ownership import COMPANION_LABEL
from stackduel.containers.recipes import recipe_of
from stackduel.launch.companion import companion_of
from stackduel.planning.registry import registered_stacks
from stackduel_servers.registry import StackEntry, load_registry

ROOT = Path(__file__).resolve().parents[1]
DOWNSTREAM = "downstream"
# The stacks that exist for machines without a container engine; every other one has its service.
REGISTRY = load_registry()
ENTRIES = {name: entry for name, entry in REGISTRY.entries.items() if entry.profile != "local"}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
STACK_PROFILES = sorted({entry.profile for entry in ENTRIES.values()} - {"classic"})
MONITORING = "monitoring"
PROFILES = [f"--profile={name}" for name in (*STACK_PROFILES, MONITORING)]
ALL_SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# What watches the stacks has tests of its own: tests/monitoring.
SERVICES = {name: service for name, service in ALL_SERVICES.items() if service.get("profiles") != [MONITORING]}
COMPANIONS = {name: f"{name}-companion" for name, entry in ENTRIES.items() if entry.companion}
ON_GPU: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker" / "compose.gpu.yml").read_text())["services"]
FILES = ("-f", "docker-compose.yml", "-f", "docker/compose.gpu.yml")


def test_every_stack_has_its_service_and_there_are_no_others() -> None:
    """Adding a stack to one of the two files alone is noticed."""
    assert set(SERVICES) == {DOWNSTREAM, *ENTRIES, *COMPANIONS.values()}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_service_is_the_registry_s_stack(entry: StackEntry) -> None:
    """Ports, packages, label and profile are the registry's; the port is published to this machine alone."""
    service = SERVICES[entry.name]
    assert service["ports"] == [f"127.0.0.1:${{STACKDUEL_PORT_{entry.port}:-{entry.port}}}:{entry.port}"]
    assert service["environment"]["PORT"] == str(entry.port)
    assert service["build"]["args"]["STACK"] == entry.name
    assert service["build"]["args"]["REQUIREMENTS"] == entry.requirements
    assert service["build"]["dockerfile"] == recipe_of(entry).dockerfile
    assert service["labels"] == {"stackduel.stack": entry.name}
    assert service["build"]["args"].get("MODELS", "yes") == recipe_of(entry).arguments.get("MODELS", "yes")
    assert service.get("profiles", []) == ([] if entry.profile == "classic" else [entry.profile])


def test_the_downstream_is_the_registry_s() -> None:
    """The downstream listens where the registry says, is no stack, and every stack calls it and waits for it."""
    service, port = SERVICES[DOWNSTREAM], REGISTRY.downstream_port
    assert service["ports"] == [f"127.0.0.1:${{STACKDUEL_PORT_{port}:-{port}}}:{port}"]
    assert service["environment"] == {"PORT": str(port)}
    assert "labels" not in service
    assert service["build"]["args"]["MODELS"] == "no"
    for name in ENTRIES:
        assert SERVICES[name]["environment"]["DOWNSTREAM_URL"] == f"http://{DOWNSTREAM}:{port}"
        assert SERVICES[name]["depends_on"] == {DOWNSTREAM: {"condition": "service_healthy"}}


@pytest.mark.parametrize(("name", "companion"), COMPANIONS.items())
def test_a_companion_is_as_the_runner_starts_it(name: str, companion: str) -> None:
    """It is what the registry names, under the same limits, reached by its caller alone, and told as its caller's."""
    entry, service = ENTRIES[str(ENTRIES[name].companion)], SERVICES[companion]
    wanted = companion_of(registered_stacks()[name])
    assert wanted is not None
    assert SERVICES[name]["environment"][wanted.url_variable] == f"http://{companion}:{entry.port}"
    assert service["image"] == SERVICES[entry.name]["image"]
    assert service["build"] == SERVICES[entry.name]["build"]
    assert service["environment"] == {**SERVICES[entry.name]["environment"], **wanted.environment}
    assert service["labels"] == {COMPANION_LABEL: name}
    assert service["profiles"] == SERVICES[name]["profiles"]
    assert (service["cpuset"], service["cpus"]) == (SERVICES[name]["cpuset"], SERVICES[name]["cpus"])
    assert "ports" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_confined_as_the_runner_confines(name: str) -> None:
    """No service lacks any of the confinement that the docker launcher gives its own containers."""
    service = SERVICES[name]
    for key in ("cap_drop", "security_opt", "init", "pids_limit", "user", "read_only"):
        assert service[key] == OWN_IMAGE[key], key
    assert service.get("shm_size") == (TRITON["shm_size"] if "triton.Dockerfile" in str(service["build"]) else None)
    assert service["tmpfs"] == [f"{path}:{options}" for path, options in OWN_IMAGE["tmpfs"].items()]
    assert service["logging"]["options"] == OWN_IMAGE["log_config"]["config"]
    assert service["mem_limit"] == service["memswap_limit"] == "${STACKDUEL_MEMORY:-1024m}"
    assert not {"privileged", "network_mode", "volumes", "cap_add", "pid", "ipc"} & set(service)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_stack_has_the_same_budget(name: str) -> None:
    """One core and one memory limit for all, and the server is told how many CPUs it has."""
    service = SERVICES[name]
    assert service["cpuset"] == "${STACKDUEL_CPUSET-0}"
    assert service["cpus"] == service["environment"]["CPUS"] == "${STACKDUEL_CPUS:-1}"


def test_health_is_asked_rarely_and_without_a_shell() -> None:
    """A check takes CPU from the measured stack: it is one bare process, at most twice a minute."""
    for name, service in SERVICES.items():
        check = service["healthcheck"]
        assert check["test"][:3] == ["CMD", "python", "-ISc"]
        compile(check["test"][3], name, "exec")
        assert check["interval"] == ("5s" if name == DOWNSTREAM else "30s")


@pytest.mark.parametrize(
    ("answer", "status"), [(b"HTTP/1.1 200 OK\r\n\r\n", 0), (b"HTTP/1.1 503 Full\r\n\r\n", 1)], ids=["200", "503"]
)
def test_the_health_check_tells_200_from_the_rest(answer: bytes, status: int) -> None:
    """The one-liner of the compose file ends with 0 for a healthy answer alone."""
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_once() -> None:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(100) == b"GET /health HTTP/1.0\r\n\r\n"
                connection.sendall(answer)

        server = threading.Thread(target=serve_once)
        server.start()
        check = [sys.executable, *SERVICES[DOWNSTREAM]["healthcheck"]["test"][2:]]
        port = str(listener.getsockname()[1])
        found = subprocess.run(check, env={**os.environ, "PORT": port}, check=False, capture_output=True, timeout=30)
        server.join()
    assert found.returncode == status, found.stderr


@pytest.mark.parametrize("files", [(), FILES], ids=["cpu", "gpu"])
@pytest.mark.parametrize("command", [["docker", "compose"], ["docker-compose"]], ids=["v2", "v1"])
def test_compose_parses_it(command: list[str], files: tuple[str, ...]) -> None:
    """Compose 1 and Compose 2, where they are installed, take the files without a word of warning."""
    version = [*command, "version"]
    if not shutil.which(command[0]) or subprocess.run(version, capture_output=True, check=False).returncode:
        pytest.skip(f"{' '.join(command)} is not installed")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STACKDUEL_")}
    found = subprocess.run(
        [*command, *files, *PROFILES, "config"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    parsed = yaml.safe_load(found.stdout)
    assert set(parsed["services"]) == set(ALL_SERVICES)
    for name in ON_GPU if files else ():
        built = parsed["services"][name]["build"]
        assert (built["dockerfile"], built["args"]["STACK"]) == ("docker/gpu.Dockerfile", name)


def test_every_stack_has_its_twin_on_a_gpu() -> None:
    """Each service that runs models itself, and no other, asks for all GPUs and runs an image with CUDA."""
    assert set(ON_GPU) == {name for name, entry in ENTRIES.items() if entry.profile not in {"triton", "service"}}
    for name, service in ON_GPU.items():
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}
        assert service["image"] == f"stackduel/{name}:gpu"
        assert service["environment"] == {"INFERENCE_DEVICE": "${STACKDUEL_DEVICE:-cuda}"}


def test_a_build_sees_what_the_images_need_and_nothing_else() -> None:
    """The ignore file lets in by name: what comes to lie in a checkout stays out of every build."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {"!servers", "!benchmarks", "!docker/generator.txt"}
    assert "**/__pycache__" in lines
    assert "__pycache__" in NOT_CONTENT


def test_the_generator_installs_the_runner_s_versions() -> None:
    """The same package drives the load in a container and outside."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = ("inference", "encodings")
    extra = [line for name in names for line in (ROOT / f"requirements/{name}.txt").read_text().splitlines()]
    ours = {line.split(";")[0].strip() for line in (*project["dependencies"], *extra)}
    lines = (ROOT / "docker/generator.txt").read_text().splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")}
    assert wanted
    assert wanted <= ours


def test_the_scripts_know_every_profile() -> None:
    """A start with ALL=1 takes every stack in, and clearing away every profile of the compose file."""
    for path, profiles in (
        ("scripts/docker-commands.sh", PROFILES),
        ("scripts/docker-commands.bat", PROFILES),
        (".ci/run", PROFILES),
        ("benchmarks/stackduel/launch/compose/compose_project.py", [f"--profile={name}" for name in STACK_PROFILES]),
    ):
        text = (ROOT / path).read_text()
        for profile in profiles:
            assert profile.replace("=", " ") in text, path
