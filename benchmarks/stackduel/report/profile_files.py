"""The files of a profile beside run.json: a flamegraph, and a recording for speedscope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from stackduel.model.errors import StoreError, of_system
from stackduel.model.profile_samples import Calls, Frame, Samples
from stackduel.model.safe_name import safe_name
from stackduel.model.search_results.profile import MemoryProfile, Profile
from stackduel.report.flamegraph import speedscope, svg
from stackduel.storage.redaction import Redaction

FOLDER = "profile"


@dataclass(frozen=True, slots=True)
class ProfileFiles:
    """Writes the files of profiles into a run's ``folder``, and the first flamegraph to ``copy`` as well."""

    folder: Path
    copy: Path | None = None

    def write(
        self, windows: Sequence[Samples], profile: Profile, names: tuple[str, str], redaction: Redaction, *, first: bool
    ) -> Profile:
        """Write the files of a stack in a scenario (its ``names``); return the profile with the names of the files.

        None of the user's secrets is in them. Raises StoreError if one cannot be written.
        """
        stem = f"{FOLDER}/{'-'.join(map(safe_name, names))}"
        shown = [_redacted(each, redaction) for each in windows]
        calls: dict[Calls, float] = dict(Samples.sum(shown).calls)
        title = f"{names[0]}, {names[1]}: {profile.samples:,} samples at {profile.rate_hz} Hz"
        picture = svg.render(calls, title, "samples")
        drawn, recorded = f"{stem}.svg", f"{stem}.speedscope.json"
        _write(self.folder / drawn, picture)
        _write(self.folder / recorded, speedscope.render(shown, title, profile.rate_hz))
        if first and self.copy is not None:
            _write(self.copy, picture)
        return msgspec.structs.replace(profile, flamegraph=drawn, speedscope=recorded)

    def write_memory(
        self, calls: Mapping[Calls, float], memory: MemoryProfile, names: tuple[str, str], redaction: Redaction
    ) -> MemoryProfile:
        """Write the flamegraph of memory; return the profile of memory with its name. Raises StoreError."""
        file = f"{FOLDER}/{'-'.join(map(safe_name, names))}-memory.svg"
        title = f"{names[0]}, {names[1]}: {memory.peak_mib:,.4g} MiB held at the peak"
        _write(self.folder / file, svg.render(_hidden(calls, redaction), title, "MiB"))
        return replace(memory, flamegraph=file)


def _redacted(samples: Samples, redaction: Redaction) -> Samples:
    weights: dict[Calls, float] = dict(samples.calls)
    found = {calls: round(count) for calls, count in _hidden(weights, redaction).items()}
    return Samples(found, samples.processes, samples.waiting)


def _hidden(calls: Mapping[Calls, float], redaction: Redaction) -> dict[Calls, float]:
    """Return the stacks of calls without the user's secrets."""
    known: dict[Frame, Frame] = {}

    def hidden(frame: Frame) -> Frame:
        if frame not in known:
            known[frame] = Frame(redaction.text(frame.name), redaction.text(frame.file), frame.line)
        return known[frame]

    found: dict[Calls, float] = {}
    for each, weight in calls.items():
        key = tuple(map(hidden, each))
        found[key] = found.get(key, 0.0) + weight
    return found


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise StoreError(f"profile {path}: cannot be written: {of_system(error)}") from error
