"""Containers that the runner starts itself: confined, observed, ended and removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from docker import DockerClient
from docker.models.containers import Container

from stackduel.containers.engine import describe
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.launch.launcher import Started
from stackduel.load.engine import local_engine
from stackduel.load.job import Call, Job, LoadError
from stackduel.model.budget import Budget
from stackduel.model.errors import LaunchError
from stackduel.model.measurement import Expectation
from stackduel.model.stack import Image, Stack
from stackduel.model.suite import ClosedLoop, Workload
from stackduel.model.target import Address, ContainerRef
from stackduel.observe.resources.container_meter import EngineSample
from stackduel.observe.resources.meters import meter_of
from stackduel.planning.registry import variant_of
from stackduel.verify.exchange import exchange
from stackduel_servers.models.store import FILES
from tests.docker.conftest import run_id
from tests.until import until

pytestmark = pytest.mark.docker

SERVER = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kept = bytearray(256 * 1024 * 1024) if self.path == "/eat" else b""
        for i in range(0, len(kept), 4096): kept[i] = 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
http.server.HTTPServer(("0.0.0.0", 9000), Handler).serve_forever()
"""


def container_of(client: DockerClient, started: Started) -> Container:
    assert isinstance(started.subject, ContainerRef)
    return client.containers.get(started.subject.container_id)


def run_inside(container: Container, code: str) -> str:
    """Return what a piece of Python prints inside the container, as the container's own user."""
    status, output = container.exec_run(["python", "-c", code])
    assert isinstance(output, bytes)
    assert status == 0, output
    return output.decode().strip()


def own(image: str) -> Stack:
    return Stack("mine", "rewrite", "", Image(image, 9000, {"MINE": "yes"}), health="/")


def short_job(address: Address, duration_s: float = 0.3) -> Job:
    return Job(
        address, (Call(Workload("/slow-io?delay=0.01"), Expectation(200)),), ClosedLoop(4, duration_s=duration_s)
    )


def test_a_stack_answers_and_calls_its_downstream(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """A started stack is reached from here by its published port, and reaches the downstream of the run."""
    with launcher.start(stacks["flask-gunicorn"]) as started:
        assert started.address.host == "127.0.0.1"
        assert started.inner_address is not None
        assert started.address.host_header == started.inner_address.host_header == "localhost"
        reply = exchange(started.address, "/benchmark/io-test?delay=0.01&concurrent=2")
        assert reply.status == 200, reply.body
        assert started.failure() is None
        assert started.log_tail(3)
    runs_on = launcher.interpreter(stacks["flask-gunicorn"])
    assert runs_on is not None, "what it runs on is asked in a container of its own"
    assert runs_on.version.startswith("3.")
    assert {"flask", "gunicorn", "werkzeug"} <= set(runs_on.packages)
    facts = launcher.facts()
    assert facts["port_forwarding"] in {"kernel", "proxy"}
    images = facts["images"]
    assert isinstance(images, dict)
    assert set(images) >= {"downstream", "flask-gunicorn"}


def test_a_confined_container_counts_its_requests(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """On a read-only root the four workers share a folder in memory, and each start begins at nothing."""
    variant = variant_of(stacks["flask-gunicorn"], "measured", {"METRICS": "on"})
    for _ in range(2):
        with launcher.start(variant) as started:
            for _ in range(20):
                assert exchange(started.address, "/json?items=1").status == 200
            page = exchange(started.address, "/metrics").body
        assert b'stackduel_requests_total{route="/json",status="200"} 20.0' in page.splitlines()


def test_a_container_is_confined_by_the_engine(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """The engine's own description of a measured container: no capability, no writing, no more than the budget."""
    with launcher.start(stacks["fastapi-uvicorn"]) as started:
        attrs = container_of(client, started).attrs
        host, config = attrs["HostConfig"], attrs["Config"]
        assert host["ReadonlyRootfs"]
        assert (host["CapDrop"], host["CapAdd"], host["Privileged"]) == (["ALL"], None, False)
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert host["CpusetCpus"] == ",".join(map(str, budget.server))
        assert host["Memory"] == host["MemorySwap"] == budget.memory_mib * 1024 * 1024
        assert host["PidsLimit"] > 0
        assert config["User"] == "10001:10001"
        assert config["Healthcheck"] == {"Test": ["NONE"]}
        (published,) = attrs["NetworkSettings"]["Ports"].values()
        assert [binding["HostIp"] for binding in published] == ["127.0.0.1"]
        assert not host["Binds"]
        assert not attrs["Mounts"]


def test_a_container_is_confined_seen_from_inside(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack], budget: Budget
) -> None:
    """Inside runs an ordinary user without capabilities or a way to them, who can write to /tmp alone."""
    with launcher.start(stacks["flask-gunicorn"]) as started:
        inside = container_of(client, started)
        status = dict(
            line.split(":\t", 1) for line in run_inside(inside, "print(open('/proc/self/status').read())").splitlines()
        )
        assert status["Uid"].split() == ["10001"] * 4
        assert status["Gid"].split() == ["10001"] * 4
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"].strip() == "1"
        assert status["Cpus_allowed_list"].strip() == ",".join(map(str, budget.server))
        folders = ("/", "/srv/stackduel", "/etc", "/usr", "/var/tmp", "/tmp")
        code = f"import os; print(*(path for path in {folders} if os.access(path, os.W_OK)))"
        assert run_inside(inside, code) == "/tmp"


def test_an_image_holds_servers_alone(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """Of this project an image holds the servers' package, compiled already, and the built models."""
    with launcher.start(stacks["flask-gunicorn"]) as started:
        inside = container_of(client, started)
        code = "from pathlib import Path; print(*(path for path in Path('/srv').rglob('*') if path.is_file()))"
        files = run_inside(inside, code).split()
        models = {name for name in files if not name.startswith("/srv/stackduel/stackduel_servers/")}
        assert models == {f"/srv/models/{file.name}" for files_of in FILES.values() for file in files_of}
        assert any("/stackduel_servers/__pycache__/serve.cpython-" in name for name in files)
        code = "from importlib.metadata import distributions; print(*(each.name for each in distributions()))"
        packages = set(run_inside(inside, code).lower().split())
        assert packages >= {"flask", "onnxruntime"}
        assert not packages & {"quart", "fastapi", "pytest", "docker", "onnx"}


def test_a_meter_reads_the_container_s_own_use(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """Load shows in the container's CPU time, its memory stays within the budget, and its end is no zero."""
    with launcher.start(stacks["fastapi-uvicorn"]) as started, local_engine((), 1) as generator:
        meter = meter_of(started.subject)
        assert meter is not None
        before = meter.read()
        found = generator.measure(short_job(started.address, 0.5))
        after = meter.read()
        assert found.succeeded > 20
        assert found.failed == 0
        assert 0.005 < after.cpu_s - before.cpu_s < 5
        assert 10 < after.memory_mib < 1024
    with pytest.raises(ProcessLookupError):
        meter.read()


def test_the_engine_s_samples_say_what_the_kernel_s_files_say(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """Where the kernel's files cannot be read, the engine's counters stand in: they are the same ones."""
    with launcher.start(stacks["fastapi-uvicorn"]) as started:
        meter = meter_of(started.subject)
        assert meter is not None
        assert isinstance(started.subject, ContainerRef)
        details = EngineSample(client.api, started.subject.container_id)
        assert until(lambda: abs(details.read().cpu_s - meter.read().cpu_s) < 0.02)
        assert details.read().memory_mib == pytest.approx(meter.read().memory_mib, abs=2)
    with pytest.raises(ProcessLookupError):
        details.read()


def test_a_user_s_own_image_runs_under_the_same_limits(
    client: DockerClient, launcher: ContainerLauncher, own_image: Callable[[str], str], budget: Budget
) -> None:
    """Their image, port and environment, with our limits; only its user and its root file system stay theirs."""
    with launcher.start(own(own_image(SERVER))) as started:
        inside = container_of(client, started)
        host = inside.attrs["HostConfig"]
        assert (host["CapDrop"], host["ReadonlyRootfs"]) == (["ALL"], False)
        assert host["CpusetCpus"] == ",".join(map(str, budget.server))
        assert run_inside(inside, "import os; print(os.getuid(), os.environ['MINE'])") == "0 yes"


def test_a_stack_that_does_not_start_shows_its_last_words(
    launcher: ContainerLauncher, own_image: Callable[[str], str]
) -> None:
    """An image that ends at once is an error with its exit status and its log, long before the deadline."""
    image = own_image("import sys; print('no such setting: FOO', file=sys.stderr); sys.exit(3)")
    with (
        pytest.raises(LaunchError, match=r"(?s)mine: .*exit status 3.*no such setting: FOO"),
        launcher.start(own(image)),
    ):
        pass


def test_an_image_that_is_nowhere_is_an_error(launcher: ContainerLauncher) -> None:
    """A mistyped image is named in the error."""
    missing = own("localhost:1/nope")
    with pytest.raises(LaunchError, match="the image localhost:1/nope is not here"), launcher.start(missing):
        pass


def test_a_server_that_eats_its_memory_says_so(
    client: DockerClient, budget: Budget, own_image: Callable[[str], str]
) -> None:
    """Running over the memory budget ends the container, and the failure names the reason."""
    small = Budget(budget.server, budget.generator, budget.downstream, memory_mib=128)
    with ContainerLauncher(small, run_id()) as launcher, launcher.start(own(own_image(SERVER))) as started:
        with local_engine((), 1) as generator, pytest.raises(LoadError):
            eat = Job(started.address, (Call(Workload("/eat"), Expectation(200)),), ClosedLoop(1, duration_s=30))
            generator.measure(eat, alive=lambda: started.failure() is None)
        assert started.failure() == "its container ran out of memory and ended with exit status 137 (SIGKILL)"


def test_a_container_killed_in_mid_trial_is_a_failure(
    client: DockerClient, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """The load ends at once with an error, the failure names the exit status, and the next start works."""
    stack = stacks["flask-gunicorn"]
    with local_engine((), 1) as generator:
        with launcher.start(stack) as started:
            with pytest.raises(LoadError):
                generator.measure(
                    short_job(started.address, 60),
                    at_start=container_of(client, started).kill,
                    alive=lambda: started.failure() is None,
                )
            assert started.failure() == "its container ended with exit status 137 (SIGKILL)"
        with launcher.start(stack) as started:
            assert generator.measure(short_job(started.address)).failed == 0


def test_a_container_is_stopped_as_docker_stop_does(launcher: ContainerLauncher, stacks: dict[str, Stack]) -> None:
    """SIGTERM reaches the server, which ends by itself before its grace is over."""
    with launcher.start(stacks["fastapi-uvicorn"]) as started:
        end = started.terminate(10.0)
        assert not end.killed
        assert end.ended_s < 10.0
        assert started.failure() is not None


def test_a_stack_on_cuda_is_refused_by_an_engine_without_gpus(client: DockerClient, budget: Budget) -> None:
    """A real engine that has no GPU says so before anything is measured, and nothing of the run is left."""
    if describe(client).gpus:
        pytest.skip("this engine has GPUs")
    name = run_id()
    with pytest.raises(LaunchError, match=r"--device: cuda cannot be used: the engine says: .*Container Toolkit"):
        ContainerLauncher(budget, name, device="cuda").__enter__()
    assert not client.containers.list(all=True, filters={"name": f"stackduel-{name}"}, ignore_removed=True)
    assert not client.networks.list(names=[f"stackduel-{name}"])


def test_what_runs_alone_is_confined_like_a_stack_and_gone_afterwards(
    launcher: ContainerLauncher, budget: Budget
) -> None:
    """On the server's cores, as nobody in particular; its output comes back, and a failure with its last lines."""
    where = "import os; print(sorted(os.sched_getaffinity(0)), os.getuid())"
    assert f"{sorted(budget.server)} 10001" in launcher.alone(("timeit", "-n1", "-r1", where))
    with pytest.raises(LaunchError, match=r"timeit: ended with exit status 1\n(.|\n)*broken"):
        launcher.alone(("timeit", "-n1", "-r1", "raise ValueError('broken')"))
