"""The database of a file and of the options: taken, or refused with the field and what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.budget import divide
from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Suite
from stackduel.planning import database_file, postgres_installation
from stackduel.planning.database_file import database_notes, given_place, refuse_database, with_needed_database
from stackduel.planning.planner import plan_run
from stackduel.planning.postgres_installation import PostgresInstallation, postgres_client, postgres_server
from stackduel.planning.registry import registered_stacks
from stackduel.planning.stacks_file import parse_own_file
from stackduel.planning.suite_file import parse_suite

URL = "postgresql://ann@db.example:6543/shop"
SUITE = (
    'summary = "s"\ndatabase = "postgresql"\n'
    '[[scenario]]\nname = "a"\npath = "/"\nload = { connections = 1, duration_s = 1.0 }\n'
)
OWN = {
    "database": "postgresql",
    "stacks": {"mine": {"command": "serve {port}"}},
    "requests": [{"name": "a", "path": "/"}],
}


@pytest.fixture(autouse=True)
def there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with PostgreSQL, whatever this one has."""
    found = PostgresInstallation(Path("/pg/bin"))
    monkeypatch.setattr(database_file, "postgres_server", lambda: found)
    monkeypatch.setattr(database_file, "postgres_client", lambda: found)


@pytest.fixture
def suite() -> Suite:
    """A suite that needs a database."""
    return parse_suite("mine", SUITE)


def test_a_suite_and_a_stacks_file_ask_for_it(suite: Suite) -> None:
    """And nothing has one that does not ask."""
    assert suite.database == "postgresql"
    assert parse_suite("mine", SUITE.replace('database = "postgresql"\n', "")).database is None
    assert parse_own_file("mine.toml", OWN, Path(), {}).database == "postgresql"


def test_another_database_is_refused() -> None:
    """With the field and its choices."""
    with pytest.raises(FieldError, match="suite mine: database: must be one of postgresql"):
        parse_suite("mine", SUITE.replace("postgresql", "mysql"))
    with pytest.raises(FieldError, match=r"mine\.toml: database: must be one of postgresql"):
        parse_own_file("mine.toml", {**OWN, "database": "sqlite"}, Path(), {})


def test_the_plan_of_a_stacks_file_has_it_and_says_so(tmp_path: Path) -> None:
    """In its suite, and in a note on the cores."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'database = "postgresql"\n[stacks.mine]\ncommand = "python3 {port}"\n[[requests]]\nname = "a"\npath = "/"\n'
    )
    plan = plan_run(RunOptions(stacks_file=str(file)), 1, cores=(0, 1))
    assert plan.suite.database == "postgresql"
    (note,) = (note for note in plan.notes if "PostgreSQL" in note)
    assert "on the downstream's cores (1)" in note
    assert note.endswith("it shares that of the generator.")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://ann:secret@db/shop", "must hold no password"),
        ("postgresql://db/shop", "must be postgresql://USER@HOST:PORT/NAME"),
        ("postgresql://ann@db", "must be postgresql://USER@HOST:PORT/NAME"),
        ("postgresql://ann@db:x/shop", "must be postgresql://USER@HOST:PORT/NAME"),
        ("postgresql://ann@db/shop?sslmode=off", "must be postgresql://USER@HOST:PORT/NAME and nothing more"),
        ("mysql://ann@db/shop", "must be postgresql://USER@HOST:PORT/NAME"),
        ("shop", "must be postgresql://USER@HOST:PORT/NAME"),
    ],
)
def test_a_url_that_is_none_is_refused(suite: Suite, url: str, why: str) -> None:
    """Without repeating it: it may hold a password."""
    with pytest.raises(FieldError) as refused:
        refuse_database(RunOptions(postgres=url), suite)
    assert str(refused.value).startswith(f"--postgres: {why}")
    assert "secret" not in str(refused.value)


def test_the_password_of_a_given_server_is_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the URL that stacks get, quoted, and in no text of the place itself."""
    monkeypatch.setenv("PGPASSWORD", "p@ss/word")
    place = given_place(RunOptions(postgres=URL))
    assert place is not None
    assert place.url == "postgresql://ann:p%40ss%2Fword@db.example:6543/shop"
    assert "p@ss" not in repr(place)
    monkeypatch.delenv("PGPASSWORD")
    without = given_place(RunOptions(postgres="postgres://ann@[::1]/shop"))
    assert without is not None
    assert without.url == "postgresql://ann@[::1]:5432/shop"


def test_a_url_without_a_need_is_refused(suite: Suite) -> None:
    """A server that nobody uses would look as if it were measured."""
    with pytest.raises(FieldError, match="--postgres: mine needs no database"):
        refuse_database(RunOptions(postgres=URL), replace(suite, database=None))
    refuse_database(RunOptions(), replace(suite, database=None))


@pytest.mark.parametrize("launcher", ["docker", "compose", "url"])
def test_only_local_stacks_have_one(suite: Suite, launcher: str) -> None:
    """The others could not reach it."""
    with pytest.raises(FieldError, match="--launcher: mine needs a database, which only the stacks of local"):
        refuse_database(RunOptions(launcher=launcher), suite)  # type: ignore[arg-type]


def test_a_machine_without_it_is_told_what_to_install(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A given server needs only psql."""
    monkeypatch.setattr(database_file, "postgres_server", lambda: None)
    with pytest.raises(FieldError, match="not installed: apt-get install postgresql, or --postgres URL"):
        refuse_database(RunOptions(), suite)
    refuse_database(RunOptions(postgres=URL), suite)
    monkeypatch.setattr(database_file, "postgres_client", lambda: None)
    with pytest.raises(FieldError, match="psql, which fills its tables, is not installed"):
        refuse_database(RunOptions(postgres=URL), suite)


def test_notes_say_where_it_runs(suite: Suite) -> None:
    """With cores enough it shares none with the generator; a given one is not observed."""
    (own,) = database_notes(RunOptions(), suite, divide((0, 1, 2)))
    assert own == "PostgreSQL runs beside the stacks on the downstream's cores (2); its CPU counts as the downstream's."
    (given,) = database_notes(RunOptions(postgres=URL), suite, divide((0, 1)))
    assert "db.example, which was not started here: its CPU is not seen" in given
    assert database_notes(RunOptions(), replace(suite, database=None), divide((0, 1))) == ()


def _programs(root: Path, folder: str, *names: str) -> Path:
    made = root / folder
    made.mkdir(parents=True)
    for name in names:
        (made / name).touch()
    return made


def test_the_newest_of_the_packages_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its number, and only if all programs are there."""
    monkeypatch.setattr(postgres_installation, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (postgres_server(), postgres_client()) == (None, None)
    _programs(tmp_path, "usr/lib/postgresql/17/bin", "psql")
    assert postgres_server() is None
    _programs(tmp_path, "usr/lib/postgresql/9/bin", "initdb", "postgres", "psql")
    newer = _programs(tmp_path, "usr/lib/postgresql/15/bin", "initdb", "postgres", "psql")
    assert postgres_server() == PostgresInstallation(newer)
    assert postgres_client() == PostgresInstallation(tmp_path / "usr/lib/postgresql/17/bin")


def test_an_installation_that_does_not_tell_its_version_is_an_error(tmp_path: Path) -> None:
    """The version is what a report names."""
    (tmp_path / "postgres").write_text("#!/bin/sh\necho postgres '(PostgreSQL)' 15.18\n")
    (tmp_path / "postgres").chmod(0o755)
    assert PostgresInstallation(tmp_path).version() == "15.18"
    (tmp_path / "postgres").write_text("#!/bin/sh\n")
    with pytest.raises(ValueError, match="does not tell its version"):
        PostgresInstallation(tmp_path).version()


def test_a_stack_of_ours_brings_its_database(suite: Suite) -> None:
    """Whatever the suite says: its endpoints cannot answer without one."""
    plain, stacks = replace(suite, database=None), registered_stacks()
    assert with_needed_database(plain, [stacks["flask-gthread"]]).database is None
    assert with_needed_database(plain, [stacks["flask-gthread-psycopg"]]).database == "postgresql"
    assert with_needed_database(suite, [stacks["flask-gthread"]]).database == "postgresql"
