"""Where the time goes: the layers and the widest functions of each profiled stack, and what profiling costs it."""

from __future__ import annotations

from collections.abc import Iterator

from stackduel.model.counted import counted
from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.run import Run
from stackduel.model.search_results.profile import MemoryProfile, Profile
from stackduel.model.trial import Failure
from stackduel.report.sections.blocks import (
    Block,
    Failures,
    Grid,
    Heading,
    Legend,
    Links,
    Meaning,
    Paragraph,
    Section,
    Sentences,
)
from stackduel.report.sections.figures import DASH
from stackduel.report.sections.scenarios import described

LAYER_HEADINGS = ("layer", "share", "95 % interval", "samples")
FRAME_HEADINGS = ("function", "own share", "95 % interval", "samples", "layer", "file")
MEMORY_HEADINGS = ("function", "MiB", "share", "layer", "file")
WORDS = frozenset({"layer", "function", "file"})
MEANINGS = (
    Meaning(
        "layer",
        "the innermost function whose package is known decides; Python's standard library and other packages count "
        "for the layer that called them (application: the handlers, which in our stacks is the core; downstream: "
        "clients of other services)",
        frozenset({"layer"}),
    ),
    Meaning("own share", "samples in the function itself, without what it calls", frozenset({"own share"})),
    Meaning(
        "95 % interval",
        "from the spread of the share over the windows; none below five of them",
        frozenset({"95 % interval"}),
    ),
)


def sections(run: Run) -> Iterator[Section]:
    """Yield the profiles of a run that has any, or that wanted one."""
    found = [(each.stack, each.scenario, each.found) for each in run.findings if isinstance(each.found, Profile)]
    blocks: list[Block] = []
    for stack, scenario, profile in found:
        blocks += [Heading(f"{stack}, {scenario}")]
        # A run that only profiles afterwards describes its loads elsewhere, and profiles them for another time.
        shown = run.suite.scenarios if run.suite.search else ()
        blocks += [block for each in shown if each.name == scenario for block in described(each)]
        blocks += _blocks(profile)
    if found:
        blocks.append(Legend(tuple(dict.fromkeys((*LAYER_HEADINGS, *FRAME_HEADINGS))), MEANINGS))
    if isinstance(run.suite.search, ProfileSettings) and (failed := tuple(_failures(run))):
        blocks.append(Failures(failed))
    if blocks:
        yield Section("profile", "Where the time goes", tuple(blocks))


def _blocks(profile: Profile) -> Iterator[Block]:
    yield Paragraph(f"{profile.sentence} {_how(profile)}")
    if profile.samples:
        yield _layers(profile)
        yield _frames(profile)
    lines = [each.sentence for each in (profile.cost, profile.cpu) if each is not None]
    yield Sentences((*lines, *profile.notes))
    if profile.memory is not None:
        yield Paragraph(profile.memory.sentence)
        yield _memory(profile.memory)
    memory = profile.memory.flamegraph if profile.memory else ""
    files = tuple((file, file) for file in (profile.flamegraph, profile.speedscope, memory) if file)
    if files:
        yield Links("Flamegraphs, and the samples for speedscope.app:", files)


def _how(profile: Profile) -> str:
    held = "that held the global lock" if profile.gil else "that was busy"
    processes = "one process" if profile.processes == 1 else f"{profile.processes} processes"
    waited = f" {counted(profile.waiting, 'sample')} of threads that only waited left out." if profile.waiting else ""
    return (
        f"{profile.profiler} looked {profile.rate_hz} times a second at every thread {held}, for "
        f"{profile.sampled_s:,.1f} s in {profile.windows} windows, in {processes}.{waited}"
    )


def _layers(profile: Profile) -> Grid:
    rows = tuple(
        (each.layer, _percent(each.share), _interval(each.low, each.high), f"{each.samples:,}")
        for each in profile.layers
    )
    return Grid("Where the time goes, by layer", LAYER_HEADINGS, rows, WORDS)


def _frames(profile: Profile) -> Grid:
    rows = tuple(
        (
            each.name,
            _percent(each.share),
            _interval(each.low, each.high),
            f"{each.samples:,}",
            each.layer,
            f"{each.file}:{each.line}" if each.file else DASH,
        )
        for each in profile.frames
    )
    caption = "The functions with the most time of their own"
    return Grid(caption, FRAME_HEADINGS, rows, WORDS, least_needed=("95 % interval", "samples", "layer"))


def _memory(memory: MemoryProfile) -> Grid:
    rows = tuple(
        (
            each.name,
            f"{each.mib:.3g}",
            _percent(each.share),
            each.layer,
            f"{each.file}:{each.line}" if each.file else DASH,
        )
        for each in memory.holders
    )
    return Grid("The functions that hold the most memory", MEMORY_HEADINGS, rows, WORDS, least_needed=("layer",))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _interval(low: float | None, high: float | None) -> str:
    return DASH if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f} %"


def _failures(run: Run) -> Iterator[tuple[str, str]]:
    for each in run.results:
        if isinstance(each, Failure):
            yield f"{each.place.stack}, {each.place.scenario}: not profiled", each.reason
