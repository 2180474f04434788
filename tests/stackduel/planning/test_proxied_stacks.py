"""The stacks of a run behind proxies: their names, tiers and settings, and what no proxy can stand in front of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.interpreter_name import ChosenInterpreter, references
from stackduel.model.proxy import PROXIES
from stackduel.model.run_options import LauncherName, RunOptions
from stackduel.model.stack import Command, Stack
from stackduel.model.suite import Suite
from stackduel.planning import proxied_stacks
from stackduel.planning.interpreter_stacks import on_interpreters
from stackduel.planning.planner import plan_run
from stackduel.planning.proxied_stacks import behind_proxies, proxy_notes, refuse_unproxied, with_duel_behind
from stackduel.planning.registry import registered_stacks
from stackduel.planning.selection import Selection
from tests.stackduel.makers import run

BOTH = RunOptions(proxy=("none", "nginx-buffered"))


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with nginx."""
    monkeypatch.setattr(proxied_stacks, "nginx_program", lambda: Path("/usr/sbin/nginx"))


def selected(*stacks: Stack) -> Selection:
    """A selection of stacks, the first its baseline."""
    return Selection({each.name: each for each in stacks}, stacks[0].name, ())


def test_each_stack_is_measured_without_and_behind() -> None:
    """Without a proxy it keeps its name; the baseline behind one is a setting, and the others keep their tiers."""
    known = registered_stacks()
    found = behind_proxies(selected(known["flask-gunicorn"], known["fastapi-uvicorn"]), BOTH)
    assert {name: (stack.tier, stack.proxy) for name, stack in found.stacks.items()} == {
        "flask-gunicorn": ("baseline", None),
        "flask-gunicorn+nginx-buffered": ("settings", PROXIES["nginx-buffered"]),
        "fastapi-uvicorn": ("rewrite", None),
        "fastapi-uvicorn+nginx-buffered": ("rewrite", PROXIES["nginx-buffered"]),
    }
    assert {name: stack.name for name, stack in found.stacks.items()} == {name: name for name in found.stacks}
    assert found.baseline == "flask-gunicorn"


def test_one_proxy_renames_nothing() -> None:
    """Without the option nothing changes at all, and with a time of its own the proxy has that."""
    before = selected(registered_stacks()["flask-gunicorn"])
    assert behind_proxies(before, RunOptions()) is before
    found = behind_proxies(before, RunOptions(proxy=("nginx",), proxy_timeout_s=2.0))
    assert found.baseline == "flask-gunicorn"
    assert found.stacks["flask-gunicorn"].proxy == replace(PROXIES["nginx"], read_timeout_s=2.0)


def test_a_proxy_and_an_interpreter_go_together() -> None:
    """Each combination has a name, and is compared with the same one on the first interpreter."""
    behind = behind_proxies(selected(registered_stacks()["flask-gunicorn"]), BOTH)
    found = on_interpreters(behind, (ChosenInterpreter("3.11"), ChosenInterpreter("3.13")))
    assert found.baseline == "flask-gunicorn@3.11"
    assert references(found.stacks) == {
        "flask-gunicorn@3.13": "flask-gunicorn@3.11",
        "flask-gunicorn+nginx-buffered@3.13": "flask-gunicorn+nginx-buffered@3.11",
    }


def test_a_duel_is_one_behind_the_first_proxy() -> None:
    """A suite with a pair of stacks compares both as they stand first."""
    suite: Suite = replace(run([]).suite, duel=("slow", "fast"))
    assert with_duel_behind(suite, replace(BOTH, proxy=("nginx", "none"))).duel == ("slow+nginx", "fast+nginx")
    assert with_duel_behind(suite, RunOptions(proxy=("nginx",))) is suite


def test_a_plan_says_how_its_proxies_are_set() -> None:
    """The proxy's stacks, its cores, and when it gives up."""
    options = replace(BOTH, suite="short", stacks=("flask-gunicorn", "fastapi-uvicorn"), proxy_timeout_s=2.0)
    plan = plan_run(options, 1)
    assert plan.baseline == "flask-gunicorn"
    (note,) = (note for note in plan.notes if "proxy" in note)
    assert note == (
        "A proxy stands in front of flask-gunicorn+nginx-buffered, fastapi-uvicorn+nginx-buffered, on the downstream's "
        "cores, and is no part of their CPU and memory: nginx, proxy_buffering on, X-Accel-Buffering ignored; it cuts "
        "an answer of which nothing came for 2 s."
    )
    assert proxy_notes(registered_stacks()) == ()


@pytest.mark.parametrize("launcher", ["docker", "compose", "url"])
def test_other_launchers_start_no_proxy(launcher: LauncherName) -> None:
    """They are refused with what to do; to measure without a proxy is no such wish."""
    with pytest.raises(FieldError, match=f"--proxy: not with --launcher {launcher}: "):
        refuse_unproxied(RunOptions(proxy=("nginx",), launcher=launcher))
    refuse_unproxied(RunOptions(proxy=("none",), launcher=launcher))


def test_a_machine_without_nginx_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is started."""
    monkeypatch.setattr(proxied_stacks, "nginx_program", lambda: None)
    with pytest.raises(FieldError, match="--proxy: nginx is not installed: apt install nginx"):
        refuse_unproxied(BOTH)


def test_a_time_without_a_proxy_is_refused() -> None:
    """It would change nothing."""
    with pytest.raises(FieldError, match="--proxy-timeout: only with --proxy"):
        refuse_unproxied(RunOptions(proxy_timeout_s=1.0))


@pytest.mark.parametrize(("changed", "why"), [({"tls": True}, "plain HTTP"), ({"health": None}, "HTTP/2")])
def test_what_nginx_does_not_speak_is_refused(changed: dict[str, object], why: str) -> None:
    """A stack of TLS or of HTTP/2 alone cannot be asked through it."""
    stack = replace(Stack("mine", "baseline", "", Command(("serve", "{port}"), {}, Path())), **changed)  # type: ignore[arg-type]
    with pytest.raises(FieldError, match=f"--proxy: mine: .*{why}"):
        behind_proxies(selected(stack), BOTH)
