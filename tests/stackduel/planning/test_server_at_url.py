"""One server by its URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Url
from stackduel.model.target import Address
from stackduel.planning.planner import plan_run

URL = "http://127.0.0.1:8123"


def test_a_suite_is_measured_on_the_server_alone() -> None:
    """It is the only stack and its own baseline; nothing is started, and no package of another stack is needed."""
    plan = plan_run(RunOptions(suite="service", url=URL), 1)
    assert (plan.suite.stacks, plan.suite.baseline, plan.options.launcher) == (("server",), "server", "url")
    assert plan.stacks["server"].source == Url(Address("127.0.0.1", 8123))
    assert plan_run(plan.options, 1).suite == plan.suite


def test_the_requests_of_a_file_are_asked_of_it(tmp_path: Path) -> None:
    """The file's own stacks are left out."""
    path = tmp_path / "mine.toml"
    path.write_text('[stacks.old]\nurl = "http://127.0.0.1:1"\n[[requests]]\nname = "front"\npath = "/"\n')
    plan = plan_run(RunOptions(stacks_file=str(path), url=URL), 1)
    assert plan.suite.stacks == ("server",)
    assert {each.workloads[0].target for each in plan.suite.scenarios} == {"/"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (RunOptions(suite="quick", url=URL, stacks=("flask-gunicorn",)), "--url: cannot be combined with --stacks"),
        (RunOptions(suite="quick", url="localhost"), "--url: url: must be http://host:port"),
    ],
)
def test_what_is_wrong_is_named(options: RunOptions, told: str) -> None:
    """Other stacks, and what is no address."""
    with pytest.raises(FieldError, match=told):
        plan_run(options, 1)
