"""The summary of an import on a console: read, chosen, dropped and not understood."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.report.terminal.page import ASIDE, Page
from stackduel.traffic.mix import Mix
from stackduel.traffic.recording import SAFE_METHODS, Recording, UnreadLines
from stackduel.traffic.suite_text import amount, dispersion_sentence, moment, share

_MOST_NAMES = 8


def show_import(recording: Recording, mix: Mix, file: str, console: Console) -> None:
    """Print the routes of the suite, and in sentences what a reader must know of them."""
    page = Page(console)
    read = counted(len(recording.routes), "route") if recording.is_described else counted(recording.requests, "request")
    page.heading(f"{recording.source}: {read}")
    _routes(page, recording, mix)
    page.line()
    for sentence in _sentences(recording, mix):
        page.paragraph(sentence, rest="  ")
    _unread(page, recording.unread)
    if file != "-":
        page.line()
        page.paragraph(f"Wrote {file}. To measure it:", rest="  ")
        page.shell(f"stackduel run {file} --stacks-file mine.toml")
        page.shell(f"stackduel run {file} --url http://127.0.0.1:8000")


def _routes(page: Page, recording: Recording, mix: Mix) -> None:
    rows = [
        (
            chosen.route.label,
            share(chosen.route.requests, recording.requests),
            f"{chosen.route.values}{'+' if chosen.route.uncounted else ''}",
            str(len(chosen.requests)),
            ", ".join(map(str, chosen.route.statuses)),
        )
        for chosen in mix.chosen
    ]
    page.table(
        ("route", "share", "different", "asked", "statuses"),
        rows,
        words={"route", "statuses"},
        elsewhere="see the suite",
    )


def _sentences(recording: Recording, mix: Mix) -> list[str]:
    said = [f"Asked: {share(mix.recorded, recording.requests)} of all requests."] if not recording.is_described else []
    if mix.rarer:
        rarer = f"{counted(len(mix.rarer), 'route')}{amount(recording, *mix.rarer)}"
        said.append(f"Left out as rare: {rarer}. --cover takes more of them.")
    said += [
        f"Withheld: {route.label}{amount(recording, route)}: {route.withheld}." for route in mix.withheld[:_MOST_NAMES]
    ]
    if len(mix.withheld) > _MOST_NAMES:
        rest = mix.withheld[_MOST_NAMES:]
        said.append(f"Withheld: {counted(len(rest), 'more route')}{amount(recording, *rest)}: see the suite.")
    if recording.methods:
        said.append(f"Left out by method: {_named(recording.methods)}. --unsafe takes POST, PUT, PATCH and DELETE.")
    if any(chosen.route.method not in SAFE_METHODS for chosen in mix.chosen):
        said.append("Some of these requests change data: the key reset of a stacks file brings it back.")
    if recording.dropped:
        said.append(f"Dropped as secret or personal: {_named(recording.dropped)}. --keep secrets, --keep personal.")
    if recording.busiest:
        busiest = recording.busiest
        said.append(
            f"The busiest {duration(busiest.seconds)}, from {moment(busiest.start_s)}: "
            f"{busiest.rate_rps:.4g} requests a second. {dispersion_sentence(busiest)}"
        )
    return [*said, *recording.notes]


def _named(counts: Mapping[str, int]) -> str:
    """Return names with their numbers, the commonest first."""
    shown = [f"{name} ({count})" for name, count in list(counts.items())[:_MOST_NAMES]]
    return ", ".join([*shown, "..."] if len(counts) > _MOST_NAMES else shown)


def _unread(page: Page, unread: UnreadLines) -> None:
    if not unread.total:
        return
    page.line()
    reasons = ", ".join(f"{reason} ({count})" for reason, count in unread.reasons.items())
    page.heading(f"Could not be read: {reasons}")
    for sample in unread.samples:
        page.item(sample, style=ASIDE)
    if unread.total > len(unread.samples):
        page.item("...", style=ASIDE)
