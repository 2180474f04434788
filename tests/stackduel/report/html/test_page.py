"""The report as one HTML file: what it holds, that nothing in it is obeyed or fetched, and what it brings along."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackduel.model.advice import Advice, RunAdvice
from stackduel.model.environment import Environment
from stackduel.model.findings import SearchResult
from stackduel.model.histogram import Histogram
from stackduel.model.run import Run
from stackduel.model.search_settings import SoakSettings
from stackduel.model.suite import OpenLoop
from stackduel.model.trial import Trial
from stackduel.model.visible_text import visible
from stackduel.report.files import write
from stackduel.report.html import assets_files
from stackduel.report.html.document import embedded
from stackduel.report.html.page import render
from stackduel.report.sections import contents
from stackduel.report.sections.blocks import Chart
from stackduel.report.sections.environment import repeated
from stackduel.report.sections.figures import figure
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.golden import golden
from tests.stackduel.makers import WAITING, run
from tests.stackduel.report.html.outline import Page, outline, read
from tests.stackduel.report.html.runs import SEARCHES, compared, largest, renamed, searched
from tests.stackduel.storage.test_outcome_documents import anything

GOLDEN = Path(__file__).with_name("golden.txt")
MOST_BYTES = 1_500_000
HOSTILE = "<script>alert(1)</script>"


def data_of(page: Page) -> dict[str, Any]:
    """Return what the page's scripts read."""
    (data,) = (each for each in page.scripts if each.name == "page-data")
    return dict(json.loads(data.text))


def test_the_page_s_outline_is_the_golden_one() -> None:
    """Advice, charts, tables and sentences stand in the order agreed, with the figures of the run."""
    text = outline(read(render(compared())))
    assert text == golden(GOLDEN, text)


def test_the_page_is_one_small_file_that_fetches_nothing() -> None:
    """It is far below the 5 MB, and every address in it leads within the page or holds its own data."""
    html = render(compared())
    page = read(html)
    assert len(html.encode()) < MOST_BYTES
    assert page.addresses
    assert all(each.startswith(("#", "data:")) for each in page.addresses)
    assert {each[1:] for each in page.addresses if each.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_largest_run_s_page_is_still_below_five_megabytes() -> None:
    """All stacks in a dozen scenarios share out the points of their lines; no line is left out for it."""
    html = render(largest())
    assert len(html.encode()) < 5_000_000
    (chart, *others) = (each for each in data_of(read(html))["charts"] if each["title"] == "Throughput over time")
    assert len(others) == 11
    assert len(chart["panels"][0]["series"]) == 22
    assert all(len(series["points"]) > 5 for series in chart["panels"][0]["series"])


def test_the_policy_lets_the_page_s_own_scripts_run_and_nothing_else() -> None:
    """Each script's hash stands in the policy, which forbids every connection; no element has a handler of its own."""
    page = read(render(compared()))
    scripts = [each.text for each in page.scripts if not each.kind]
    assert len(scripts) == len(assets_files.LIBRARY) + len(assets_files.OWN)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts}
    policy = dict(part.strip().partition(" ")[::2] for part in page.policy.split(";"))
    assert set(policy["script-src"].split()) == hashes
    assert policy["default-src"] == policy["connect-src"] == "'none'"
    assert page.handlers == []


def test_no_script_of_ours_holds_what_would_end_its_element() -> None:
    """The libraries, too, can stand inside a script element as they are."""
    for script in assets_files.scripts():
        assert not re.search(r"</script|<!--", script, re.IGNORECASE)


def test_everything_in_a_run_is_shown_as_text() -> None:
    """A stack, a summary, a reason or a command of markup makes no element, and the data comes back as it was."""
    made = renamed(compared(), {"fast": HOSTILE, "tuned": "a\u2028b</SCRIPT><!--"})
    suite = replace(made.suite, summary=HOSTILE, name=HOSTILE, scenarios=(replace(WAITING, summary=HOSTILE),))
    hostile = replace(
        made,
        suite=suite,
        command=("stackduel", HOSTILE),
        environment=Environment(python=HOSTILE, libraries={HOSTILE: HOSTILE}),
    )
    html = render(hostile)
    assert "alert(1)</script>" not in html.lower()
    page = read(html)
    assert len(page.scripts) == len(assets_files.LIBRARY) + len(assets_files.OWN) + 1
    assert page.handlers == []
    assert {HOSTILE, "a b</SCRIPT><!--"} <= {each["name"] for each in data_of(page)["stacks"]}


@given(st.text())
def test_embedded_data_comes_back_and_ends_no_element(text: str) -> None:
    """JSON in the page is what can be seen of it, and holds neither angle bracket nor a line end of JavaScript's."""
    shown = embedded({"text": text})
    assert json.loads(shown) == {"text": visible(text)}
    assert not set("<>&\u2028\u2029") & set(shown)


def test_every_figure_of_a_chart_stands_in_its_table() -> None:
    """A reader who cannot see a chart reads the same figures."""
    for made in (compared(), *SEARCHES.values()):
        blocks = [block for section in contents.sections(made, "html") for block in section.blocks]
        charts = [block for block in blocks if isinstance(block, Chart)]
        assert charts
        for chart in charts:
            cells = {cell.removesuffix("x") for row in chart.grid.rows for cell in row}
            values = [
                value
                for panel in chart.data["panels"]
                for value in (
                    *(y for series in panel.get("series", ()) for _, y in series["points"]),
                    *(dot["y"] for dot in panel.get("dots", ()) if "stack" in dot),
                    *(row["value"] for row in panel.get("rows", ())),
                )
                if value is not None
            ]
            assert values, chart.title
            percent = chart.data["x"]["type"] == "percent"
            missing = [
                value
                for value in values
                if not {
                    figure(value),
                    f"{value:g}",
                    *([f"{100 * value:.1f} %", f"{100 * value:.2g} %"] if percent else []),
                }
                & cells
            ]
            assert not missing, chart.title


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_search_has_a_chart_its_table_and_its_sentences(kind: str) -> None:
    """The page of each kind of search shows what was found, and no comparison that was not made."""
    made = SEARCHES[kind]
    page = read(render(made))
    assert data_of(page)["charts"]
    text = outline(page)
    assert all(each.found.sentence in text for each in made.findings)
    assert "How much faster?" not in text


@settings(max_examples=25)
@given(anything(SearchResult))
def test_any_finding_makes_a_page(found: SearchResult) -> None:
    """Whatever a search found, or did not find, the page stands."""
    assert found.sentence.split()[0] in outline(read(render(searched(SoakSettings(), slow=found))))


def test_a_run_without_trials_makes_a_page() -> None:
    """A run that was interrupted at once says that there is no advice, and how to repeat it."""
    text = outline(read(render(replace(run([]), status="interrupted"))))
    assert "Nothing was measured from which advice could follow." in text
    assert "How to repeat it" in text


def test_an_open_loop_is_marked_as_one() -> None:
    """Latencies of arrivals count from the intended time, and the page says so."""
    made = compared()
    load = OpenLoop(rate_rps=100, duration_s=2.0)
    scenarios = (replace(WAITING, load=load), *made.suite.scenarios[1:])
    text = outline(read(render(replace(made, suite=replace(made.suite, scenarios=scenarios)))))
    assert "100 arrivals a second (constant) for 2 s, which never wait for answers." in text
    assert "latency from the intended time" in text


def test_an_open_loop_shows_no_rate_of_what_came_after_its_end() -> None:
    """Its last window holds late answers as well: throughput ends before it, latencies do not."""
    made = compared()
    load = OpenLoop(rate_rps=1, duration_s=2.0)
    scenarios = (replace(WAITING, load=load), *made.suite.scenarios[1:])
    page = read(render(replace(made, suite=replace(made.suite, scenarios=scenarios))))
    lengths = {
        chart["title"]: len(chart["panels"][0]["series"][0]["points"])
        for chart in data_of(page)["charts"]
        if chart["title"].endswith("over time")
    }
    assert (lengths["Throughput over time"], lengths["Latency over time"]) == (3, 4)
    assert "1 arrival a second (constant) for 2 s" in outline(page)


def test_advice_for_every_scenario_appears_once() -> None:
    """Advice that is the same for a scenario as for the run stands at the top alone."""
    made = compared()
    advice = Advice("not tested", "Not tested: no candidate has an interval in every scenario.")
    other = Advice("change", "Move.")
    run_and_scenarios = RunAdvice(advice, {"waiting": advice, "calling": other})
    text = outline(read(render(replace(made, advice=run_and_scenarios))))
    assert text.count(advice.sentence) == 1
    assert text.count("Move.") == 1
    assert "li: For calling alone: Move." in text


def test_percentiles_end_where_there_are_too_few_requests() -> None:
    """No curve goes on beyond what its number of requests can tell: 459 for 99 %, whatever the stack."""
    made = compared()
    (curve,) = (each for each in data_of(read(render(made)))["charts"] if each["title"] == "Latency by percentile")
    last = {series["stack"]: series["points"][-1][0] for series in curve["panels"][0]["series"]}
    counts = {stack: sum(each.measurement.latency.count for each in trials_of(made, stack)) for stack in made.stacks}
    assert counts["wrong"] < 459 <= counts["fast"]
    assert last["wrong"] < 0.99 <= last["fast"]


def trials_of(made: Run, stack: str) -> list[Trial]:
    return [
        each
        for each in made.results
        if isinstance(each, Trial) and each.counts and (each.place.stack, each.place.scenario) == (stack, "waiting")
    ]


def test_percentiles_of_the_page_are_those_of_all_requests_together() -> None:
    """The curve's points are the quantiles of the merged histogram."""
    made = compared()
    (curve,) = (each for each in data_of(read(render(made)))["charts"] if each["title"] == "Latency by percentile")
    merged = Histogram.empty()
    for each in trials_of(made, "fast"):
        merged = merged.merge(each.measurement.latency)
    (fast,) = (series for series in curve["panels"][0]["series"] if series["stack"] == "fast")
    assert fast["points"] == [[q, merged.quantile_ns(q) / 1e6] for q, _ in fast["points"]]


@pytest.mark.parametrize(
    ("command", "again"),
    [
        (("stackduel", "run", "quick"), ("stackduel", "run", "quick", "--seed", "7")),
        (("stackduel", "run", "quick", "--seed", "7"), ("stackduel", "run", "quick", "--seed", "7")),
        (("stackduel", "run", "--seed=7"), ("stackduel", "run", "--seed=7")),
        (("stackduel", "run", "--resume", "results/x"), ("stackduel", "run", "quick", "--seed", "7")),
        (("stackduel", "run", "--resume=results/x"), ("stackduel", "run", "quick", "--seed", "7")),
    ],
)
def test_the_command_to_repeat_it_has_the_seed(command: tuple[str, ...], again: tuple[str, ...]) -> None:
    """The command measures the same plan again, from the beginning."""
    assert repeated(replace(run([]), command=command)) == again


def test_the_report_shows_none_of_the_user_s_secrets(tmp_path: Path) -> None:
    """A token in a command or a reason is redacted in every report file, as it is in run.json."""
    made = replace(compared(), command=("stackduel", "run", "s3cret-token"), secrets=("s3cret-token",))
    write(made, tmp_path)
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "s3cret-token" not in text
        assert "redacted" in text or not path.name.startswith("report")


def test_the_file_s_bytes_are_the_page(tmp_path: Path) -> None:
    """The file is what was hashed, line ends and all, and its path is told."""
    path = write(compared(), tmp_path)
    assert path == tmp_path / "report.html"
    assert path.read_bytes() == render(run_from_dict(run_to_dict(compared()))).encode()


def test_the_charting_library_is_what_its_packages_hold() -> None:
    """Each file has the hash and version that its table states, and its licence stands beside it and in the page."""
    folder = Path(assets_files.__file__).parent / "vendor"
    rows = re.findall(
        r"^\| `([\w.]+)` \| `([\w@/.-]+)` \| ([\d.]+) \|.*`([\w.]+)` \| `(\w{64})` \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    assert {name for name, *_ in rows} == {f"{name}.min.js" for name in assets_files.LIBRARY}
    for name, _, version, licence, expected in rows:
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == expected
        assert f"v{version} ".encode() in content[:200]
        terms = (folder / licence).read_text()
        assert "Permission to use, copy, modify" in terms
        assert any(terms in script for script in assets_files.scripts())
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        *(row[0] for row in rows),
        *(row[3] for row in rows),
    }


def test_an_interval_is_not_broken_between_lines_and_text_stays_escaped() -> None:
    """The bounds of an interval stand together; markup beside them is text."""
    shown = assets_files.unbroken("<b> 6.9x (5.3-9.1)")
    assert shown == '&lt;b&gt; 6.9x <span class="unbroken">(5.3-9.1)</span>'
