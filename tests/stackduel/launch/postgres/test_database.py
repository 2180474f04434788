"""A real PostgreSQL: filled the same each time, observed, started again once, and gone without a trace."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from stackduel.launch.local.local_process import LocalProcess
from stackduel.launch.postgres.database import Database, given_database
from stackduel.launch.postgres.database_launcher import DatabaseLauncher
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Stack
from stackduel.model.target import ProcessTree, Several
from stackduel.planning.postgres_installation import PostgresInstallation
from stackduel.storage.learned_secrets import learned
from stackduel.storage.redaction import NO_SECRETS
from tests.postgres import ask, database_launcher, installed, opened
from tests.until import until

WORLDS = "SELECT count(*), sum(randomnumber), max(randomnumber), min(randomnumber) FROM stackduel.world"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DatabaseLauncher, Path]]:
    """A launcher with its database, for all tests that leave it as it was."""
    logs = tmp_path_factory.mktemp("logs")
    with database_launcher(logs) as launcher:
        yield launcher, logs


@pytest.fixture
def database(running: tuple[DatabaseLauncher, Path]) -> Database:
    """The database, filled anew."""
    made = opened(running[0])
    made.seed()
    return made


@pytest.fixture
def installation() -> PostgresInstallation:
    """The programs of this machine."""
    return installed()


def drawn(text: str) -> int:
    """The number that the digits of MD5 give."""
    return int(hashlib.md5(text.encode()).hexdigest()[:7], 16)


def test_the_rows_are_those_of_their_formula(database: Database) -> None:
    """On every machine the same, as the formula is computed here without PostgreSQL."""
    numbers = [1 + drawn(f"world {number}") % 10_000 for number in range(1, 10_001)]
    assert ask(database, WORLDS) == f"{len(numbers)}|{sum(numbers)}|{max(numbers)}|{min(numbers)}"
    words = sum(200 + drawn(f"words {number}") % 1800 for number in range(1, 10_001))
    joined = "SELECT count(*), sum(words) FROM stackduel.article JOIN stackduel.author ON author_id = author.id"
    assert ask(database, joined) == f"10000|{words}"


def test_what_a_stack_wrote_is_gone_when_it_is_filled_again(database: Database) -> None:
    """So no stack begins with what another one left."""
    before = ask(database, WORLDS)
    ask(database, "UPDATE stackduel.world SET randomnumber = 1; DELETE FROM stackduel.article WHERE id = 7;")
    assert ask(database, WORLDS) != before
    database.seed()
    assert ask(database, WORLDS) == before
    assert ask(database, "SELECT count(*) FROM stackduel.article WHERE id = 7") == "1"


def test_statements_are_counted(database: Database) -> None:
    """pg_stat_statements is loaded, and counts each execution."""
    ask(database, "SELECT pg_stat_statements_reset()")
    ask(database, "".join(f"SELECT randomnumber FROM stackduel.world WHERE id = {number};" for number in range(1, 8)))
    counted = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE 'SELECT randomnumber FROM stackduel.world%'"
    assert ask(database, counted) == "7"


def test_it_listens_on_loopback_alone_and_asks_for_its_password(database: Database) -> None:
    """No other user of the machine gets in without it."""
    assert ask(database, "SHOW listen_addresses") == "127.0.0.1"
    with pytest.raises(LaunchError, match="refused"):
        ask(replace(database, place=replace(database.place, password="guessed")), "SELECT 1")
    assert ask(database, "SELECT pg_is_in_recovery()") == "f"


def test_the_password_is_in_no_log_and_no_text(running: tuple[DatabaseLauncher, Path], database: Database) -> None:
    """Neither PostgreSQL nor psql nor our own values tell it."""
    launcher, logs = running
    password = database.place.password
    assert len(password) >= 20
    assert password not in repr(database) + repr(launcher.facts())
    assert all(password not in log.read_text(errors="replace") for log in logs.iterdir())


def test_it_is_observed_with_the_downstream(running: tuple[DatabaseLauncher, Path]) -> None:
    """On the downstream's cores, with all of its processes."""
    launcher = running[0]
    process = opened(launcher).process
    assert process is not None
    assert launcher.downstream == Several((cast("ProcessTree", launcher._launcher.downstream), process.subject))
    assert psutil.Process(process.subject.pid).children()
    assert launcher.budget is not None
    assert cast("Any", launcher.facts()["warnings"]) == (f"The database is PostgreSQL {opened(launcher).version}.",)


def test_somebody_else_s_schema_is_left_alone(database: Database, installation: PostgresInstallation) -> None:
    """Where a server is the user's, a schema of our name without our mark is not ours to replace."""
    ask(database, "COMMENT ON SCHEMA stackduel IS 'the books of our duels';")
    try:
        with (
            given_database(database.place, installation) as given,
            pytest.raises(LaunchError, match="stackduel did not make it"),
        ):
            given.seed()
        assert ask(database, "SELECT count(*) FROM stackduel.world") == "10000"
    finally:
        ask(database, "COMMENT ON SCHEMA stackduel IS 'made by stackduel';")


def test_a_server_of_the_user_s_is_used_and_left_as_it_was(
    database: Database, installation: PostgresInstallation
) -> None:
    """Our schema is made and removed, the server stays, and its processes are nobody's of ours."""
    with given_database(database.place, installation) as given:
        given.seed()
        assert (given.process, given.ending()) == (None, None)
        assert ask(given, "SELECT count(*) FROM stackduel.world") == "10000"
    assert ask(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'stackduel'") == "0"


def test_a_server_that_is_not_there_is_told(installation: PostgresInstallation, database: Database) -> None:
    """By its address, with psql's own words."""
    away = replace(database.place, port=1)
    with (
        pytest.raises(LaunchError, match=r"--postgres: the database on 127\.0\.0\.1:1"),
        given_database(away, installation),
    ):
        pass


def test_one_that_ends_is_named_and_started_again_and_nothing_is_left(tmp_path: Path) -> None:
    """Ended from outside: it is lost by its name, a new one is filled and served, and all folders are removed."""
    with database_launcher(tmp_path / "logs") as launcher:
        first = opened(launcher)
        # All that may show the URL: a driver, a stack's log.
        assert first.place.password in learned()
        assert first.place.password not in NO_SECRETS.text(f"cannot connect to {first.place.url}: refused")
        server = psutil.Process(_process(first).subject.pid)
        folders = [_folder(first)]
        server.kill()
        assert until(lambda: launcher.lost() is not None)
        lost = launcher.lost()
        assert lost is not None
        assert lost.sentence == "the database was ended by SIGKILL"
        launcher.restore()
        assert launcher.lost() is None
        second = opened(launcher)
        second.seed()
        assert ask(second, "SELECT count(*) FROM stackduel.world") == "10000"
        folders.append(_folder(second))
        processes = [psutil.Process(_process(second).subject.pid)]
        processes += processes[0].children()
    assert not any(each.is_running() for each in processes)
    assert not any(folder.exists() for folder in folders)


RUNNER = """
import sys, time, json
from pathlib import Path
from tests.postgres import database_launcher, opened
with database_launcher(Path(sys.argv[1])) as launcher:
    process = opened(launcher).process
    print(json.dumps({"pid": process.subject.pid}), flush=True)
    time.sleep(600)
"""


def test_a_runner_that_is_killed_leaves_no_server_and_no_folder(tmp_path: Path) -> None:
    """Its guard ends the server and removes the folder."""
    installed()
    command = [sys.executable, "-c", RUNNER, str(tmp_path / "logs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as runner:
        assert runner.stdout is not None
        server = psutil.Process(json.loads(runner.stdout.readline())["pid"])
        folder = Path(server.cmdline()[server.cmdline().index("-D") + 1]).parent
        processes = [server, *server.children()]
        assert folder.exists()
        runner.send_signal(signal.SIGKILL)
        runner.communicate(timeout=60)
    assert until(lambda: not any(each.is_running() for each in processes))
    assert until(lambda: not folder.exists())


def _process(database: Database) -> LocalProcess:
    assert database.process is not None
    return database.process


def _folder(database: Database) -> Path:
    words = psutil.Process(_process(database).subject.pid).cmdline()
    return Path(words[words.index("-D") + 1]).parent


@dataclass
class Filled:
    """A database that only counts how often it is filled."""

    place: Any
    process: None = None
    times: int = 0

    def seed(self) -> None:
        self.times += 1

    def ending(self) -> None:
        return None


def test_of_two_stacks_at_once_the_second_one_takes_no_table_away(tmp_path: Path) -> None:
    """The tables are made anew only while no stack runs."""
    filled = Filled(type("Place", (), {"url": "postgresql://u@h:1/n"}))

    class Local:
        downstream = None

        def __enter__(self) -> None:
            return None

        def __exit__(self, *_exc: object) -> None:
            return None

        @contextmanager
        def start(self, stack: Stack) -> Iterator[Any]:
            assert isinstance(stack.source, Command)
            yield stack.source.env["DATABASE_URL"]

    @contextmanager
    def opening() -> Iterator[Any]:
        yield filled

    stack = Stack("a", "rewrite", "", Command(("serve",), {}, tmp_path))
    with DatabaseLauncher(cast("Any", Local()), opening) as launcher:
        with launcher.start(stack) as one, launcher.start(stack) as other:
            assert {str(one), str(other)} == {"postgresql://u@h:1/n"}
            assert filled.times == 1
        with ExitStack() as again:
            again.enter_context(launcher.start(stack))
            assert filled.times == 2


def test_what_could_not_be_opened_leaves_nothing_entered() -> None:
    """The downstream is stopped when the database cannot be started."""
    seen: list[str] = []

    class Local:
        def __enter__(self) -> None:
            seen.append("in")

        def __exit__(self, *_exc: object) -> None:
            seen.append("out")

    @contextmanager
    def failing() -> Iterator[Any]:
        raise LaunchError("PostgreSQL: initdb failed")
        yield

    with pytest.raises(LaunchError), DatabaseLauncher(cast("Any", Local()), failing):
        pass
    assert seen == ["in", "out"]
