"""The change advised, as lines to type and with the handlers that change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackduel.model.advice import Advice, RunAdvice
from stackduel.model.command_lines import shell_line
from stackduel.model.run import Run
from stackduel.model.stack_facts import StackFacts
from stackduel.planning.registry import registered_stacks
from stackduel.report.files import write
from stackduel.report.html.page import render as render_page
from stackduel.report.markdown.document import render
from stackduel.report.sections.blocks import Links, Shell
from stackduel.report.sections.change import change_blocks, changed_handlers
from tests.stackduel.makers import run


def advised(stack: str, facts: StackFacts | None = None, before: StackFacts | None = None) -> Run:
    """A run that advises one stack over the classic one."""
    known = registered_stacks()
    old = before or replace(known["flask-gunicorn"].facts(1), fans_out=False)
    new = facts or known[stack].facts(1)
    made = run([], {"flask-gunicorn": "baseline", stack: new.tier})
    advice = Advice("change", "Change.", stack=stack, best=stack)
    return replace(made, stacks={"flask-gunicorn": old, stack: new}, advice=RunAdvice(advice, {}))


def test_threads_are_never_named_without_their_workers() -> None:
    """Both lines have both, and one worker a CPU is one on every machine."""
    (shell,) = (each for each in change_blocks(advised("flask-gthread")) if isinstance(each, Shell))
    _, before, _, after = shell.lines
    assert "--workers 4 --threads 2" in before
    assert '--workers "$(nproc)" --threads 256' in after


@pytest.mark.parametrize("name", [name for name, each in registered_stacks().items() if each.tier != "service"])
def test_every_stack_of_the_registry_has_a_line(name: str) -> None:
    """It names the application; what needs a Triton beside it takes more than a line."""
    facts = registered_stacks()[name].facts(1)
    line = shell_line(facts)
    assert (line is None) == (facts.companion is not None)
    assert line is None or (facts.app is not None and line.endswith(facts.app))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("flask-sync", 'gunicorn --worker-class sync --workers "$((2 * $(nproc) + 1))"'),
        ("flask-granian", 'granian --interface wsgi --workers "$(nproc)" --blocking-threads 512 --backpressure 2048'),
        ("quart-granian", 'granian --interface asgi --workers "$(nproc)" --loop uvloop'),
        ("aiohttp", 'gunicorn --worker-class aiohttp.GunicornUVLoopWebWorker --workers "$(nproc)"'),
        ("fastapi-uvicorn-worker", 'gunicorn --worker-class uvicorn_worker.UvicornWorker --workers "$(nproc)"'),
    ],
)
def test_a_line_says_what_each_server_calls_its_settings(name: str, line: str) -> None:
    """Workers by the CPU, threads, and worker classes by the names that a reader can type."""
    assert shell_line(registered_stacks()[name].facts(1)) == f"{line} {registered_stacks()[name].facts(1).app}"


def test_own_stacks_are_started_as_their_file_says() -> None:
    """With a port in place of the placeholder, quoted for a shell; an address has no line."""
    mine = StackFacts("rewrite", command=("gunicorn", "-w", "4", "--bind", "{host}:{port}", "a b:app"))
    assert shell_line(mine) == "gunicorn -w 4 --bind 127.0.0.1:8000 'a b:app'"
    assert shell_line(StackFacts("rewrite", image="shop:2", container_port=80)) == "docker run --rm -p 8000:80 shop:2"
    assert shell_line(StackFacts("rewrite", url="http://127.0.0.1:1")) is None


def test_the_changed_handlers_lie_beside_the_report(tmp_path: Path) -> None:
    """For a change of code, each link leads to a file that is there, in both forms."""
    made = advised("flask-fanout")
    (links,) = (each for each in change_blocks(made) if isinstance(each, Links))
    assert [title for title, _ in links.items] == [
        "stackduel_servers.apps.flask_fanout",
        "stackduel_servers.core.downstream_blocking",
    ]
    write(made, tmp_path)
    for _, address in links.items:
        assert "FanOutDownstream" in (tmp_path / address).read_text(encoding="utf-8")
        assert f'href="{address}"' in render_page(made)
        assert f"]({address})" in render(made)


def test_only_our_own_modules_become_files() -> None:
    """A run.json that somebody wrote by hand names no file of ours or of theirs."""
    hostile = StackFacts("code", framework="flask", app="stackduel_servers.apps/../../x:app", fans_out=True)
    assert changed_handlers(advised("evil", hostile)) == ()
    assert changed_handlers(advised("flask-gthread")) == ()


def test_without_a_change_there_is_nothing_to_carry_out() -> None:
    """No advice, or one that names no stack."""
    assert list(change_blocks(run([]))) == []
    assert list(change_blocks(replace(run([]), advice=RunAdvice(Advice("no change", "Stay."), {})))) == []
