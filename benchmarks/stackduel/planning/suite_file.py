"""Suites, scenarios, requests and loads from TOML files: read, checked, expanded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stackduel.analysis.statistics.intervals import FEWEST_BLOCKS
from stackduel.model.budget import DEFAULT_MEMORY_MIB, LEAST_MEMORY_MIB, MOST_MEMORY_MIB
from stackduel.model.errors import FieldError
from stackduel.model.search_settings import RecyclingSettings
from stackduel.model.suite import Check, Load, OpenLoop, PublishedRequest, Scenario, SetupRequest, Suite, Workload
from stackduel.planning.claims_file import parse_claims
from stackduel.planning.database_file import parse_database
from stackduel.planning.fields import Fields
from stackduel.planning.idle_control import parse_idle, with_control
from stackduel.planning.load_file import MAX_REQUESTS as MOST_IN_A_TRIAL
from stackduel.planning.load_file import parse_loads
from stackduel.planning.prices_file import parse_prices
from stackduel.planning.request_file import checked_target, parse_mix, parse_victim
from stackduel.planning.search_settings_file import parse_settings
from stackduel.planning.service_level_file import parse_sla
from stackduel.planning.setup_file import parse_setup, refuse_unknown, setup_tables
from stackduel.planning.start_settings import parse_start_settings, parse_variants
from stackduel.planning.stream_rules import check_streams
from stackduel.planning.thresholds_file import parse_thresholds, with_thresholds
from stackduel.planning.toml_file import parse_toml
from stackduel.planning.websocket_rules import check_websockets
from stackduel_servers.start_variables import MAX_REQUESTS

MAX_BLOCKS = 1_000


def parse_suite(name: str, text: str, check: Check = "body", folder: Path = Path()) -> Suite:
    """Read the suite ``name`` from TOML text, with paths relative to ``folder``; raises FieldError as ``suite_of``."""
    return suite_of(name, parse_toml(f"suite {name}", text), check, folder)


def suite_of(name: str, document: Mapping[str, Any], check: Check = "body", folder: Path = Path()) -> Suite:
    """Return the suite ``name`` of the tables of its file; ``check`` is that of requests that name none.

    Paths in it are relative to ``folder``.

    Raises FieldError that names the field and its bound, for anything unknown, missing or out of range.
    """
    if isinstance(document.get("stacks"), Mapping):
        raise FieldError(
            f"suite {name}: is a stacks file, as its stacks are tables: stackduel run --stacks-file FILE takes it"
        )
    fields = Fields(f"suite {name}", document, folder)
    suite = _parse_fields(name, fields, check)
    thresholds = parse_thresholds(fields)
    fields.finish()
    _check(suite)
    if suite.setup:
        _check_setup(suite, suite.setup)
    return suite if thresholds is None else with_thresholds(suite, thresholds)


def _parse_fields(name: str, fields: Fields, check: Check) -> Suite:
    victim = parse_victim(fields)
    blocks = fields.integer("blocks", 1, MAX_BLOCKS, default=1)
    stacks = fields.texts("stacks", default=())
    return Suite(
        name=name,
        summary=fields.text("summary"),
        baseline=fields.text("baseline") if stacks else fields.text("baseline", default=""),
        stacks=stacks,
        blocks=blocks,
        scenarios=tuple(
            scenario
            for number, table in enumerate(fields.tables("scenario"), 1)
            for scenario in parse_scenarios(f"suite {name}", table, victim, check, number, fields.folder)
        ),
        precision=fields.number("precision", 0.001, 1.0, default=None),
        most_blocks=fields.integer("most_blocks", blocks, MAX_BLOCKS, default=blocks),
        search=parse_settings(fields),
        shared_cores=fields.choice("shared_cores", (True, False), default=False),
        isolated=fields.choice("isolated", (True, False), default=False),
        duel=_parse_duel(fields),
        memory_mib=fields.integer("memory_mib", LEAST_MEMORY_MIB, MOST_MEMORY_MIB, default=DEFAULT_MEMORY_MIB),
        claims=parse_claims(fields) or None,
        long_form=fields.text("long", default="") or None,
        settings=parse_start_settings(fields),
        variants=parse_variants(fields) or None,
        prices=parse_prices(fields),
        setup=parse_setup(f"suite {name}", setup_tables(fields), fields),
        database=parse_database(fields),
    )


def _check_setup(suite: Suite, setup: Sequence[SetupRequest]) -> None:
    """Raise FieldError if a request needs a value that the set-up does not give."""
    asked = (each for scenario in suite.scenarios for each in (*scenario.workloads, scenario.victim) if each)
    refuse_unknown(f"suite {suite.name}", asked, (name for each in setup for name in each.names))


def _parse_duel(fields: Fields) -> tuple[str, ...]:
    duel = fields.texts("duel", default=())
    if fields.given("duel") and not duel:
        raise FieldError(f"{fields.where}: duel: must be two different stacks")
    return duel


def _check(suite: Suite) -> None:
    """Raise FieldError if fields of a suite contradict each other."""
    for doubled in sorted({each for each in suite.stacks if suite.stacks.count(each) > 1}):
        raise FieldError(f"suite {suite.name}: stacks: {doubled} is listed twice")
    if suite.duel and (len(suite.duel) != 2 or len(set(suite.duel)) != 2):
        raise FieldError(f"suite {suite.name}: duel: must be two different stacks")
    if suite.precision is not None and suite.blocks < FEWEST_BLOCKS:
        raise FieldError(f"suite {suite.name}: blocks: a pilot takes at least {FEWEST_BLOCKS}")
    if suite.precision is None and suite.most_blocks > suite.blocks:
        raise FieldError(f"suite {suite.name}: most_blocks: needs a precision that more blocks are to reach")
    if isinstance(suite.search, RecyclingSettings) and not MAX_REQUESTS.read(dict(suite.settings or ())):
        raise FieldError(f"suite {suite.name}: settings: mode recycling needs {MAX_REQUESTS.name}, above 0")
    if suite.search is not None and any(scenario.idle for scenario in suite.scenarios):
        raise FieldError(f"suite {suite.name}: scenario: idle: only where stacks are compared, not in a search")
    if not suite.scenarios:
        raise FieldError(f"suite {suite.name}: scenario: at least one is needed")
    names = [scenario.name for scenario in suite.scenarios]
    for claimed in sorted({name for claim in suite.claims or () for name in claim.scenarios} - set(names)):
        raise FieldError(f"suite {suite.name}: claim: scenarios: {claimed} is not among its scenarios")
    for doubled in sorted({each for each in names if names.count(each) > 1}):
        raise FieldError(f"suite {suite.name}: scenario {doubled}: the name is used twice")


def parse_scenarios(
    where: str,
    table: Mapping[str, Any],
    victim: Workload | None = None,
    check: Check = "body",
    number: int = 1,
    folder: Path = Path(),
) -> tuple[Scenario, ...]:
    """Read one ``[[scenario]]`` table: a scenario for each of its load's numbers of connections, or rates.

    With several, ``{connections}`` or ``{rate}`` in the name distinguishes them. ``victim`` is the suite's, for
    scenarios without their own; ``number`` says which table it is, for as long as its name is not known.
    """
    name = Fields(f"{where}: [[scenario]] number {number}", table).text("name")
    fields = Fields(f"{where}: scenario {name}", table, folder)
    fields.text("name")
    summary = fields.any_text("summary", default="")
    workloads = parse_mix(fields, check)
    if table.get("victim") is False:
        fields.choice("victim", (False,))
        victim = None
    elif "victim" in table:
        victim = parse_victim(fields)
    loads = parse_loads(fields.table("load"), f"{fields.where}: load")
    check_streams(fields.where, workloads, loads)
    check_websockets(fields.where, workloads, loads)
    sla = parse_sla(fields)
    published = _published(fields, workloads, loads)
    idle = parse_idle(fields, workloads)
    fields.finish()
    scenarios = tuple(Scenario(_named(name, load), workloads, load, summary, victim, sla, published) for load in loads)
    if idle is not None:
        scenarios = tuple(each for scenario in scenarios for each in with_control(scenario, idle))
    if len({scenario.name for scenario in scenarios}) < len(scenarios):
        raise FieldError(f"{fields.where}: name: needs {{connections}} or {{rate}} in it to distinguish its loads")
    return scenarios


def _published(fields: Fields, workloads: tuple[Workload, ...], loads: tuple[Load, ...]) -> PublishedRequest | None:
    """Take the published request that a scenario scales down out of ``fields``."""
    given = fields.table("published", default={})
    if not given:
        return None
    table = Fields(f"{fields.where}: published", given)
    if len(workloads) != 1 or workloads[0].model is not None or any(load.metric != "time" for load in loads):
        raise FieldError(f"{table.where}: only where the scenario has one path and its load a number of requests")
    target = checked_target(f"{table.where}: path", table.text("path"))
    if target == workloads[0].target:
        raise FieldError(f"{table.where}: path: must differ from that of the scenario, which is this one scaled down")
    requests = table.integer("requests", 1, MOST_IN_A_TRIAL, default=1)
    table.finish()
    return PublishedRequest(target, requests)


def _named(name: str, load: Load) -> str:
    rate = f"{load.rate_rps:g}" if isinstance(load, OpenLoop) else ""
    return name.replace("{connections}", str(load.connections)).replace("{rate}", rate)
