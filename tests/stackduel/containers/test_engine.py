"""The engine's own description, and how its errors read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import docker.errors
import pytest

from stackduel.containers.engine import connect, explained, parse_facts
from stackduel.model.errors import LaunchError


@pytest.mark.parametrize(
    ("base_url", "local"),
    [
        ("http+docker://localhost", True),
        ("http+docker://localnpipe", True),
        ("http://127.0.0.1:2375", True),
        ("http+docker://ssh", False),
        ("https://build.example:2376", False),
    ],
)
def test_an_engine_is_local_where_its_ports_are(base_url: str, local: bool) -> None:
    """Sockets, pipes and loopback addresses are this machine's engine; others publish their ports elsewhere."""
    assert parse_facts({}, "1.41", base_url).local is local


def test_engine_facts_are_read_from_its_own_words() -> None:
    """Docker Desktop, rootless mode and the cgroup version are recognised in the engine's answer."""
    desktop = parse_facts(
        {"OperatingSystem": "Docker Desktop", "CgroupVersion": "2"}, "1.47", "http+docker://localhost"
    )
    rootless = parse_facts({"SecurityOptions": ["name=seccomp", "name=rootless"]}, "1.47", "http+docker://localhost")
    assert (desktop.desktop, desktop.rootless, desktop.cgroup_version) == (True, False, "2")
    assert (rootless.desktop, rootless.rootless, rootless.cgroup_version) == (False, True, "1")


@pytest.mark.parametrize(
    ("info", "has"),
    [
        ({"Runtimes": {"runc": {}}}, False),
        ({"Runtimes": {"runc": {}, "nvidia": {"path": "nvidia-container-runtime"}}}, True),
        ({"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}, True),
        ({"DiscoveredDevices": [{"Source": "cdi", "ID": "vendor.com/nic=0"}], "Runtimes": None}, False),
    ],
)
def test_an_engine_has_gpus_where_nvidia_s_toolkit_is_set_up(info: dict[str, Any], has: bool) -> None:
    """As a runtime, or as devices that the engine discovers itself."""
    assert parse_facts(info, "1.41", "http+docker://localhost").gpus is has


def test_an_engine_s_error_says_what_was_being_done() -> None:
    """The user reads what failed and the engine's own explanation, not the SDK's exception."""
    with pytest.raises(LaunchError, match=r"^starting it: port is already allocated$"), explained("starting it"):
        raise docker.errors.APIError("500", explanation="port is already allocated.")


def test_the_engine_of_the_current_context_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without DOCKER_HOST it is that of ``docker context use``: a Docker Desktop listens nowhere else."""
    endpoint = {"docker": {"Host": f"unix://{tmp_path}/mine.sock", "SkipTLSVerify": False}}
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "mine", "Metadata": {}, "Endpoints": endpoint}))
    (tmp_path / "config.json").write_text('{"currentContext": "mine"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    asked: list[str] = []
    monkeypatch.setattr(
        "stackduel.containers.engine.BoundedClient.__init__", lambda _self, **how: asked.append(how["base_url"])
    )
    connect()
    assert asked == [f"unix://{tmp_path}/mine.sock"]
