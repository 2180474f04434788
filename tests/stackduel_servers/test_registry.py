"""The registry: the one we ship, and the errors of others."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from stackduel_servers.registry import PLATFORMS, TIERS, RegistryError, StackEntry, load_registry, parse_registry

GOOD = """
[downstream]
port = 8009

[stacks.one]
summary = "a stack"
framework = "flask"
app = "stackduel_servers.apps.flask_app:app"
server = "gunicorn"
worker_class = "gthread"
port = 8002
tier = "baseline"
profile = "classic"
workers = 4
threads = 2
connections = 100
holds = "thread"
requirements = "flask"
platforms = ["linux", "darwin"]
"""

# The ports and tiers that users, the compose file and the documentation rely on.
PUBLISHED = {
    "flask-gunicorn": (8002, "baseline", "classic"),
    "quart-hypercorn": (8003, "framework", "classic"),
    "fastapi-uvicorn": (8001, "rewrite", "classic"),
    "flask-gthread": (8012, "settings", "controls"),
    "flask-gevent": (8022, "worker-class", "controls"),
    "flask-fanout": (8032, "code", "controls"),
    "quart-uvicorn": (8013, "framework", "controls"),
    "fastapi-gunicorn": (8041, "rewrite", "controls"),
    "fastapi-threadpool": (8011, "rewrite", "controls"),
    "fastapi-blocking": (8021, "control", "controls"),
    "fastapi-idiomatic": (8051, "rewrite", "controls"),
    "fastapi-tuned": (8061, "rewrite", "extended"),
    "starlette-uvicorn": (8101, "rewrite", "extended"),
    "flask-sync": (8112, "worker-class", "extended"),
    "flask-granian": (8122, "server", "extended"),
    "quart-granian": (8123, "framework", "extended"),
    "fastapi-granian": (8121, "rewrite", "extended"),
    "fastapi-hypercorn": (8111, "rewrite", "extended"),
    "fastapi-uvicorn-worker": (8131, "rewrite", "extended"),
    "fastapi-threadpool-200": (8141, "rewrite", "extended"),
    "django-gunicorn": (8104, "rewrite", "extended"),
    "django-uvicorn": (8114, "rewrite", "extended"),
    "litestar-granian": (8125, "rewrite", "extended"),
    "aiohttp": (8106, "rewrite", "extended"),
    "fastapi-eventsource": (8301, "rewrite", "extended"),
    "fastapi-sse": (8311, "rewrite", "extended"),
    "flask-gthread-512": (8302, "settings", "extended"),
    "starlette-gunicorn": (8305, "rewrite", "extended"),
    "starlette-hypercorn": (8315, "rewrite", "extended"),
    "starlette-granian": (8325, "rewrite", "extended"),
    "asgi-uvicorn": (8307, "control", "extended"),
    "asgi-granian": (8317, "control", "extended"),
    "flask-gunicorn-inline": (8072, "settings", "inference"),
    "quart-hypercorn-inline": (8073, "framework", "inference"),
    "fastapi-uvicorn-inline": (8071, "rewrite", "inference"),
    "flask-gunicorn-executor": (8075, "code", "inference"),
    "quart-hypercorn-executor": (8076, "framework", "inference"),
    "fastapi-uvicorn-executor": (8074, "rewrite", "inference"),
    "flask-gunicorn-batched": (8078, "code", "inference"),
    "quart-hypercorn-batched": (8079, "framework", "inference"),
    "fastapi-uvicorn-batched": (8077, "rewrite", "inference"),
    "starlette-uvicorn-batched": (8107, "rewrite", "inference"),
    "service-drf": (8204, "baseline", "service"),
    "service-django": (8203, "code", "service"),
    "service-flask": (8202, "framework", "service"),
    "service-fastapi": (8201, "rewrite", "service"),
    "flask-gthread-psycopg": (8402, "settings", "local"),
    "fastapi-uvicorn-psycopg": (8401, "rewrite", "local"),
    "fastapi-uvicorn-asyncpg": (8403, "rewrite", "local"),
    "flask-gevent-psycopg": (8412, "worker-class", "local"),
    "flask-gthread-psycopg2": (8422, "settings", "local"),
    "flask-gthread-core": (8432, "code", "local"),
    "flask-gthread-orm": (8442, "code", "local"),
    "fastapi-threads-psycopg": (8411, "rewrite", "local"),
    "fastapi-blocking-psycopg": (8421, "control", "local"),
    "fastapi-uvicorn-core": (8431, "rewrite", "local"),
    "fastapi-uvicorn-orm": (8441, "rewrite", "local"),
    "django-gthread-orm": (8404, "rewrite", "local"),
    "django-uvicorn-orm": (8414, "rewrite", "local"),
    "triton": (8090, "service", "triton"),
    "triton-grpc": (8091, "service", "triton"),
    "fastapi-triton": (8081, "service", "triton"),
    "fastapi-triton-unpooled": (8082, "control", "triton"),
    "flask-waitress": (8042, "baseline", "local"),
}


def test_the_registry_holds_the_published_stacks() -> None:
    """Names, ports, tiers and profiles stay as users know them."""
    registry = load_registry()
    assert {name: (entry.port, entry.tier, entry.profile) for name, entry in registry.entries.items()} == PUBLISHED
    assert registry.downstream_port == 8009


def test_no_stack_writes_an_access_log() -> None:
    """Access logs cost some servers a third of their rate, so no stack writes one."""
    assert not [entry.name for entry in load_registry().entries.values() if entry.access_log]


def test_every_stack_names_an_application_that_exists() -> None:
    """Each ``app`` can be imported, and each ``requirements`` is a file."""
    folder = Path(__file__).parents[2] / "servers"
    for entry in load_registry().entries.values():
        module, _, name = entry.app.partition(":")
        assert callable(getattr(import_module(module), name)), entry.name
        is_triton = entry.requirements == "triton"
        file = "stackduel_servers/triton/requirements.txt" if is_triton else f"requirements/{entry.requirements}.txt"
        assert (folder / file).is_file(), entry.name


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_a_baseline_and_something_to_compare(platform: str) -> None:
    """On each system at least one baseline runs, and at least one stack of each async framework."""
    here = [entry for entry in load_registry().entries.values() if platform in entry.platforms]
    assert any(entry.tier == "baseline" for entry in here)
    assert {"quart", "fastapi"} <= {entry.framework for entry in here}


def test_tiers_go_from_the_cheapest_to_the_dearest() -> None:
    """ "The cheapest sufficient change" depends on the order of the tiers."""
    assert (
        TIERS.index("settings")
        < TIERS.index("worker-class")
        < TIERS.index("server")
        < TIERS.index("code")
        < TIERS.index("rewrite")
    )


@pytest.mark.parametrize(
    ("name", "cpus", "workers", "slots"),
    [
        ("flask-gunicorn", 1, 4, 8),
        ("flask-gunicorn", 2, 4, 8),
        ("flask-gthread", 2, 2, 512),
        ("flask-gevent", 1, 1, 2048),
        ("fastapi-threadpool", 2, 2, 80),
        ("flask-sync", 1, 3, 3),
        ("flask-sync", 4, 9, 9),
        ("flask-granian", 2, 2, 1024),
        ("fastapi-blocking", 3, 3, 3),
        ("fastapi-uvicorn", 1, 1, None),
    ],
)
def test_waiting_slots(name: str, cpus: int, workers: int, slots: int | None) -> None:
    """The number of requests that can wait at once follows from the workers and from ``holds``."""
    entry = load_registry().entries[name]
    assert entry.worker_count(cpus) == workers
    assert entry.waiting_slots(workers) == slots


def test_waiting_slots_of_overridden_settings() -> None:
    """A run that overrides threads or connections gets the slots of these settings."""
    entries = load_registry().entries
    assert entries["flask-gunicorn"].waiting_slots(2, threads=16) == 32
    assert entries["flask-gevent"].waiting_slots(2, connections=10) == 20


def test_what_is_left_out_has_its_default() -> None:
    """An entry without the optional fields runs everywhere, with one thread and no limit."""
    entry = parse_registry(
        """
        [downstream]
        port = 1
        [stacks.x]
        summary = "s"
        framework = "quart"
        app = "stackduel_servers.apps.quart_app:app"
        server = "uvicorn"
        port = 2
        tier = "framework"
        profile = "classic"
        workers = "cpu"
        holds = "nothing"
        requirements = "quart"
        """
    ).entries["x"]
    assert entry == StackEntry(
        name="x",
        summary="s",
        framework="quart",
        app="stackduel_servers.apps.quart_app:app",
        server="uvicorn",
        port=2,
        tier="framework",
        profile="classic",
        workers="cpu",
        holds="nothing",
        requirements="quart",
        worker_class=None,
        threads=1,
        connections=None,
        loop=None,
        access_log=False,
        own_errors=False,
        platforms=("linux", "darwin", "win32"),
        inference="inline",
        batch_size=None,
        batch_delay_ms=None,
        companion=None,
        protocol="stackduel",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('framework = "flask"', 'framework = "flasc"', "stack one: framework must be one of flask, quart, fastapi"),
        ('server = "gunicorn"', 'server = "apache"', "stack one: server must be one of gunicorn"),
        ('tier = "baseline"', 'tier = "free"', "stack one: tier must be one of baseline"),
        ('profile = "classic"', 'profile = "x"', "stack one: profile must be one of classic"),
        ('holds = "thread"', 'holds = "breath"', "stack one: holds must be one of thread"),
        ("port = 8002", "port = 70000", "stack one: port must be an integer from 1 to 65535, not 70000"),
        ("port = 8002", 'port = "8002"', "stack one: port must be an integer"),
        ("port = 8002", "port = true", "stack one: port must be an integer"),
        ("port = 8002", "port = 8009", "stack one: port 8009 is already that of the downstream"),
        ("workers = 4", "workers = 0", "stack one: workers must be an integer from 1 to 256, cpu or 2cpu+1"),
        ("workers = 4", 'workers = "many"', "stack one: workers must be an integer from 1 to 256, cpu or 2cpu+1"),
        ("threads = 2", "threads = 2.5", "stack one: threads must be an integer from 1 to 1024"),
        ("threads = 2", "threads = 100", "stack one: connections must be more than threads"),
        ("threads = 2", "thread = 2", "stack one: thread is unknown (known: summary"),
        ("connections = 100", "connections = 0", "stack one: connections must be an integer from 1 to 65535"),
        ('summary = "a stack"', "", "stack one: summary is missing"),
        ('summary = "a stack"', 'summary = ""', "stack one: summary must be a text of 1 to 120 characters"),
        ('requirements = "flask"', 'requirements = "../x"', "stack one: requirements must be the stem of a file"),
        (
            'app = "stackduel_servers.apps.flask_app:app"',
            'app = "os:system"',
            "stack one: app must be stackduel_servers.apps.MODULE:NAME",
        ),
        (
            'worker_class = "gthread"',
            "",
            "stack one: worker_class must be one of gthread, sync, gevent, asgi, uvicorn, aiohttp on",
        ),
        ('server = "gunicorn"', 'server = "uvicorn"', "stack one: worker_class must be left out on uvicorn"),
        ('holds = "thread"', 'holds = "worker"', "stack one: threads must be 1 unless holds is thread"),
        ("workers = 4", "workers = 4\ninference = 'gpu'", "stack one: inference must be one of inline, threads,"),
        (
            "workers = 4",
            "workers = 4\ninference = 'executor'",
            "stack one: workers must be 1 where inference is executor",
        ),
        ("workers = 4", "workers = 1\ninference = 'batched'", "stack one: batch_size is missing, which inference ="),
        (
            "workers = 4",
            "workers = 4\nbatch_size = 8",
            "stack one: batch_size must be left out unless inference is batched",
        ),
        (
            "workers = 4",
            "workers = 4\nbatch_delay_ms = 1",
            "stack one: batch_delay_ms must be left out unless inference",
        ),
        ("workers = 4", "workers = 4\nbatch_size = 0", "stack one: batch_size must be an integer from 1 to 1024"),
        (
            "workers = 4",
            "workers = 4\nbatch_delay_ms = -1",
            "stack one: batch_delay_ms must be a number from 0 to 1000",
        ),
        (
            "workers = 4",
            "workers = 4\nbatch_delay_ms = true",
            "stack one: batch_delay_ms must be a number from 0 to 1000",
        ),
        ("workers = 4", "workers = 4\ncompanion = 'redis'", "stack one: companion must be one of triton"),
        ("workers = 4", "workers = 4\nprotocol = 'soap'", "stack one: protocol must be one of stackduel, kserve"),
        ("workers = 4", "workers = 4\ninference = 'triton'", "stack one: companion must be triton where inference is"),
        (
            'worker_class = "gthread"\nport = 8002\ntier = "baseline"\nprofile = "classic"\nworkers = 4\nthreads = 2',
            (
                'worker_class = "gevent"\nport = 8002\ntier = "baseline"\nprofile = "classic"\ninference = "batched"\n'
                "workers = 1\nbatch_size = 2"
            ),
            "stack one: inference must be inline under gevent, which has no threads",
        ),
        ("workers = 4", "workers = 4\nsettings = 'x'", 'stack one: settings must be a table of VARIABLE = "value"'),
        ("workers = 4", "workers = 4\nsettings = {BACKLOG = 5}", "stack one: settings must be a table of VARIABLE"),
        (
            "workers = 4",
            "workers = 4\nsettings = {SPEED = '5'}",
            "stack one: settings: SPEED is unknown (known:",
        ),
        ("workers = 4", "workers = 4\nsettings = {BACKLOG = '0'}", "stack one: settings: BACKLOG must be an integer"),
        ('"darwin"]', '"win32"]', "stack one: platforms must not hold win32"),
        ('["linux", "darwin"]', "[]", "stack one: platforms must be a list of linux, darwin, win32"),
        ('["linux", "darwin"]', '["plan9"]', "stack one: platforms must be a list of"),
        ("[stacks.one]", "[stacks.One_]", "stack One_: the name must be lower case letters"),
        ("[downstream]\nport = 8009", "[downstream]", "downstream: port must be an integer"),
        ("[downstream]\nport = 8009", "", "the registry: downstream must be a table"),
        ("[downstream]", "[extra]\n[downstream]", "the registry: extra is unknown"),
        ("[downstream]", "[downstream", "the registry is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    """Each mistake is an error that names the stack, the field and its bounds."""
    assert old in GOOD
    with pytest.raises(RegistryError) as error:
        parse_registry(GOOD.replace(old, new, 1))
    assert message in str(error.value)


def test_a_doubled_port_names_both_stacks() -> None:
    """Two stacks on one port are an error that names both."""
    second = GOOD[GOOD.index("[stacks.one]") :].replace("[stacks.one]", "[stacks.two]")
    with pytest.raises(RegistryError, match="stack two: port 8002 is already that of stack one"):
        parse_registry(GOOD + second)


def test_connections_that_hold_need_a_number() -> None:
    """If a waiting request holds a connection, the number of connections must be set."""
    text = GOOD.replace('holds = "thread"', 'holds = "connection"').replace("threads = 2\nconnections = 100", "")
    with pytest.raises(RegistryError, match="stack one: connections is missing"):
        parse_registry(text)


def test_the_registry_is_read_from_any_path(tmp_path: Path) -> None:
    """A registry at another path is read in the same way."""
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert list(load_registry(path).entries) == ["one"]
