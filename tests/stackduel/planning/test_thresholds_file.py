"""Thresholds in a file of their own, in suites and in stacks files."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import ServiceLevel
from stackduel.planning.adaptation import suite_of
from stackduel.planning.planner import plan_run
from stackduel.planning.stacks_file import read_own_file
from stackduel.planning.suite_file import parse_suite
from stackduel.planning.suites_by_name import read_suite
from stackduel.planning.thresholds_file import read_thresholds, with_thresholds

SUITE = """
summary = "s"
baseline = "a"
stacks = ["a", "b"]
{thresholds}
[[scenario]]
name = "one-x"
path = "/x"
load = {{ connections = 1, requests = 20 }}
sla = {{ p50_ms = 5 }}
[[scenario]]
name = "mixed"
path = "/x"
load = {{ connections = 5, requests = 20 }}
"""
BOUNDS = """
[thresholds]
errors = 0
mean_ms = 900
[thresholds."one-*"]
mean_ms = 500
[thresholds.mixed]
rate_rps = 10
growth_mib = 1.5
"""
OWN = """
[stacks.mine]
url = "http://127.0.0.1:1"
[[requests]]
name = "front"
path = "/"
[load]
connections = 1
requests = 20
[thresholds]
p95_ms = 1000
"""


def bound(name: str, value: float) -> ServiceLevel:
    """A threshold."""
    return ServiceLevel(name, value, threshold=True)


def test_bounds_of_all_and_of_some_scenarios() -> None:
    """A table's bounds are those of the scenarios that fit its name, and replace those of all; promises stay."""
    one, mixed = parse_suite("mine", SUITE.format(thresholds=BOUNDS)).scenarios
    assert one.sla == (ServiceLevel("p50_ms", 5.0), bound("errors", 0.0), bound("mean_ms", 500.0))
    assert mixed.sla == (
        *(bound("errors", 0.0), bound("mean_ms", 900.0)),
        *(bound("rate_rps", 10.0), bound("growth_mib", 1.5)),
    )


def test_a_file_replaces_the_suite_s_own_thresholds(tmp_path: Path) -> None:
    """Those of the suite are gone, its promises are not."""
    path = tmp_path / "strict.toml"
    path.write_text("[thresholds]\np99_ms = 20\n")
    suite = with_thresholds(parse_suite("mine", SUITE.format(thresholds=BOUNDS)), read_thresholds(path))
    assert [each.sla for each in suite.scenarios] == [
        (ServiceLevel("p50_ms", 5.0), bound("p99_ms", 20.0)),
        (bound("p99_ms", 20.0),),
    ]


def test_a_stacks_file_has_thresholds_for_its_requests(tmp_path: Path) -> None:
    """Any server at a URL can be judged; a suite that is named keeps its own."""
    path = tmp_path / "mine.toml"
    path.write_text(OWN)
    own = read_own_file(path)
    options = RunOptions(stacks_file=str(path))
    assert suite_of(options, own).scenarios[0].sla == (bound("p95_ms", 1000.0),)
    assert suite_of(RunOptions(suite="quick", stacks_file=str(path)), own) == read_suite("quick")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "strict.toml: thresholds: is missing: a table of bounds"),
        ("[thresholds]\n", "strict.toml: thresholds: at least one bound"),
        ("[thresholds]\nspeed = 1\n", "thresholds: speed: must be one of p50_ms"),
        ("[thresholds]\nrate_rps = 0\n", "thresholds: rate_rps: must be a number from 0.001"),
        ("[thresholds]\ngrowth_mib = -1\n", "thresholds: growth_mib: must be a number from 0"),
        ('[thresholds]\np95_ms = "fast"\n', "thresholds: p95_ms: must be a number"),
        ("[thresholds.mixt]\np95_ms = 1\n", "thresholds.mixt: fits no scenario of mine: one-x, mixed"),
        ("[thresholds]\np95_ms = 1\n[levels]\n", "strict.toml: levels: unknown field"),
        ("[thresholds", "--thresholds:.*strict.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    """The file, the table, the name and the bound."""
    path = tmp_path / "strict.toml"
    path.write_text(text)
    with pytest.raises(FieldError, match=f"(?s){told}"):
        with_thresholds(parse_suite("mine", SUITE.format(thresholds="")), read_thresholds(path))


def test_a_search_has_conditions_instead(tmp_path: Path) -> None:
    """A threshold is checked over the trials of a scenario, and a search has none of a fixed load."""
    path = tmp_path / "strict.toml"
    path.write_text("[thresholds]\np99_ms = 20\n")
    with pytest.raises(FieldError, match="not for suites of mode soak: use --fail-on"):
        with_thresholds(read_suite("soak"), read_thresholds(path))


def test_the_long_form_of_service_takes_ten_thousand_requests() -> None:
    """``--long`` measures the suite that the suite names, and is an error for one that names none."""
    suite = plan_run(RunOptions(suite="service", long=True), 1).suite
    assert (suite.name, suite.search.mode if suite.search else None) == ("service-long", "soak")
    assert [each.load.requests for each in suite.scenarios] == [10_000]  # type: ignore[union-attr]
    with pytest.raises(FieldError, match="--long: quick has no long form; service has one"):
        plan_run(RunOptions(suite="quick", long=True), 1)
