"""The commands of a tuning: the current one, and the same application under each candidate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackduel.application.current_command import given_command
from stackduel.model.application import Interface, ServerLayer
from stackduel.model.command_lines import install_line, shell_line
from stackduel.model.errors import FieldError
from stackduel.model.stack import Command
from stackduel.model.tune_settings import CURRENT
from stackduel.planning.tune_commands import DEFAULT, LAYERED_DEFAULT, default_command, is_current, tune_stacks
from stackduel.search.tune_grid import candidates_for
from tests.stackduel.tuned import application


def commands(current: str, interface: Interface = "wsgi", *, called: bool = False) -> dict[str, str]:
    """The command of each stack, as one text."""
    app = application(interface, called=called)
    stacks = tune_stacks(app, given_command(current, {}), candidates_for(app, 1, 64))
    return {name: " ".join(stack.source.argv) for name, stack in stacks.items()}  # type: ignore[union-attr]


def test_all_other_options_of_the_current_command_stay() -> None:
    """Only the sizes change, wherever they stand and however they are written."""
    found = commands("gunicorn -w4 --timeout 60 -k gthread --threads=2 -b :80 shop.wsgi --max-requests 500")
    assert found[CURRENT] == (
        "gunicorn --bind {host}:{port} -w4 --timeout 60 -k gthread --threads=2 shop.wsgi --max-requests 500"
    )
    assert found["gunicorn-gthread-w2-t8"] == (
        "gunicorn --worker-class gthread --workers 2 --threads 8 --bind {host}:{port} --timeout 60 shop.wsgi "
        "--max-requests 500"
    )


def test_other_servers_get_the_application_alone() -> None:
    """And no access log, as the current command has none."""
    found = commands("gunicorn shop.wsgi")
    assert found["granian-w1-t16"] == (
        "granian --host {host} --port {port} --interface wsgi --workers 1 --blocking-threads 16 shop:app"
    )
    assert found["waitress-t16"] == "waitress-serve --listen={host}:{port} --threads 16 shop:app"
    asgi = commands("granian --interface asgi shop:app", "asgi")
    assert asgi["uvicorn-w2"] == "uvicorn --host {host} --port {port} --workers 2 --no-access-log shop:app"
    assert asgi["granian-w2"] == "granian --workers 2 --host {host} --port {port} --interface asgi shop:app"


def test_a_log_of_each_request_is_kept_by_all_that_can_have_one() -> None:
    """Else the log's cost would be taken for the server's."""
    found = commands("uvicorn shop:app", "asgi")
    assert found["uvicorn-w2"] == "uvicorn --workers 2 --host {host} --port {port} shop:app"
    assert found["hypercorn-w2"].endswith("--access-logfile - shop:app")
    assert "--access-log" in found["granian-w2"].split()


def test_each_server_is_told_of_a_factory_in_its_own_way() -> None:
    """Gunicorn and Hypercorn call what has brackets."""
    found = commands("gunicorn 'shop:app()'", called=True)
    assert found["gunicorn-sync-w2"].endswith("shop:app()")
    assert found["granian-w1-t4"].endswith("--factory shop:app")
    assert found["waitress-t4"].endswith("--call shop:app")


@pytest.mark.parametrize(
    ("current", "interface", "same"),
    [
        ("gunicorn shop", "wsgi", {"gunicorn-sync-w1"}),
        ("gunicorn shop -w 4", "wsgi", {"gunicorn-sync-w4"}),
        ("gunicorn shop -w 2 --threads 8", "wsgi", {"gunicorn-gthread-w2-t8"}),
        ("gunicorn shop -k gevent", "wsgi", {"gunicorn-gevent-w1"}),
        ("waitress-serve shop:app", "wsgi", {"waitress-t4"}),
        ("uvicorn shop:app --workers 2", "asgi", {"uvicorn-w2"}),
        ("gunicorn shop -w 3", "wsgi", set()),
        ("gunicorn shop -c conf.py", "wsgi", set()),
    ],
)
def test_what_runs_already_is_no_candidate(current: str, interface: Interface, same: set[str]) -> None:
    """The worker class may be said by the threads alone."""
    command = given_command(current, {})
    candidates = candidates_for(application(interface), 1, 64)
    assert {each.stack for each in candidates if is_current(each, command)} == same


@pytest.mark.parametrize(
    ("interface", "servers", "command"),
    [
        ("wsgi", ("granian", "gunicorn"), "gunicorn --bind {host}:{port} shop:app"),
        ("wsgi", ("waitress",), "waitress-serve --listen={host}:{port} shop:app"),
        ("asgi", ("hypercorn", "gunicorn"), "gunicorn --bind {host}:{port} --worker-class asgi shop:app"),
        ("asgi", ("granian",), "granian --host {host} --port {port} --interface asgi shop:app"),
    ],
)
def test_without_a_current_command_the_usual_one_stands_in(
    interface: Interface, servers: tuple[str, ...], command: str
) -> None:
    """It has no option that is not needed."""
    assert " ".join(default_command(application(interface, servers)).argv) == command


def test_an_interpreter_without_a_server_is_refused() -> None:
    """The sentence says what to install."""
    with pytest.raises(
        FieldError, match=r"no server for ASGI: pip install uvicorn, .* or granian, or let --with-servers"
    ):
        default_command(application("asgi", ("waitress",)))


def test_a_server_beside_the_environment_is_started_from_there_and_shown_without() -> None:
    """The command is what the user would type after the installation; what is started names the layer."""
    start = (
        "/venv/bin/python",
        "/stackduel/layered_server.py",
        "/cache/packages",
        "gunicorn.app.wsgiapp:run",
        "gunicorn",
    )
    layer = ServerLayer(start, ("gunicorn==27.0.1", "gevent==26.9.0"))
    app = replace(application("wsgi", ("gunicorn", "waitress")), layers={("gunicorn", "gevent"): layer})
    stacks = tune_stacks(app, given_command("gunicorn shop -k gevent", {}), candidates_for(app, 1, 64))
    for name, behind in ((CURRENT, ("shop", "-k", "gevent")), ("gunicorn-gevent-w2", ("shop",))):
        source = stacks[name].source
        assert isinstance(source, Command)
        assert source.words[:5] == start
        assert source.argv[0] == "gunicorn"
        assert source.words[-len(behind) :] == behind == source.argv[-len(behind) :]
        facts = stacks[name].facts(1)
        assert install_line(facts) == "pip install gunicorn==27.0.1 gevent==26.9.0"
        assert "packages" not in (shell_line(facts) or "")
    for name in ("gunicorn-sync-w2", "waitress-t4"):
        source = stacks[name].source
        assert isinstance(source, Command)
        assert source.words == source.argv
        assert install_line(stacks[name].facts(1)) is None


def test_a_server_beside_the_environment_stands_in_only_where_there_is_no_other() -> None:
    """And the origin of the command says so."""
    layer = ServerLayer(("python",), ("gunicorn==27.0.1",))
    layers: dict[tuple[str, str | None], ServerLayer] = {("gunicorn", "sync"): layer, ("gunicorn", "gthread"): layer}
    installed = default_command(replace(application("wsgi", ("gunicorn", "waitress")), layers=layers))
    assert (installed.argv[0], installed.origin) == ("waitress-serve", DEFAULT)
    beside = default_command(replace(application("wsgi", ("gunicorn",)), layers=layers))
    assert (beside.argv[0], beside.origin) == ("gunicorn", LAYERED_DEFAULT)


def test_tiers_say_how_large_the_change_is() -> None:
    """Sizes, the kind of worker, another server."""
    app = application()
    stacks = tune_stacks(app, given_command("gunicorn shop", {}), candidates_for(app, 1, 64))
    assert stacks["gunicorn-sync-w2"].tier == "settings"
    assert stacks["gunicorn-gevent-w1"].tier == "worker-class"
    assert stacks["granian-w1-t4"].tier == "server"
