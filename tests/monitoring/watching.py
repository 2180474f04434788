"""A real Prometheus with the checkout's own configuration, and its answers to queries."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.conftest import unavailable
from tests.contract.served import free_port
from tests.until import until

FOLDER = Path(__file__).parents[2] / "docker" / "monitoring"
WITHIN_S = 60.0
SCRAPED_EVERY = "1s"


@dataclass(frozen=True, slots=True)
class Watching:
    """A running Prometheus, by its port."""

    port: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its API; raises OSError while it cannot answer."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}?{urlencode(parameters)}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {parameters}: {error.read().decode()}") from error

    def query(self, expression: str) -> list[tuple[Mapping[str, str], float]]:
        """Each series of an expression now, with its value."""
        found = self.get("/api/v1/query", query=expression)["result"]
        return [(each["metric"], float(each["value"][1])) for each in found]

    def number(self, expression: str) -> float:
        """The sum of an expression's values, 0 without any."""
        return sum(value for _, value in self.query(expression))


def tool(name: str) -> str:
    """The path of one of Debian's programs; skips the test without it."""
    path = shutil.which(name)
    if path is None:
        unavailable("prometheus", f"{name} is not installed (Debian: apt-get install prometheus)")
    return path


@contextmanager
def watching(folder: Path, targets: Mapping[str, int], *options: str) -> Iterator[Watching]:
    """Prometheus with the committed configuration, but for its targets, stacks by name and port, and its interval."""
    program, port = tool("prometheus"), free_port()
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    config["global"] |= {"scrape_interval": SCRAPED_EVERY, "scrape_timeout": SCRAPED_EVERY}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    shutil.copy(FOLDER / "rules.yml", folder)
    described = [{"targets": [f"127.0.0.1:{at}"], "labels": {"stack": name}} for name, at in targets.items()]
    (folder / "targets.json").write_text(json.dumps(described))
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        *options,
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    found = Watching(port)

    def is_ready() -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(f"{found.url}/-/ready", timeout=5).status == 200)
        return process.poll() is not None

    try:
        assert until(is_ready, WITHIN_S), log.read_text()
        assert process.poll() is None, log.read_text()
        yield found
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
