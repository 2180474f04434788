"""Reads the recording of py-spy, which is in speedscope's file format."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec
from msgspec import Struct

from stackduel.analysis.profiling.layers import waits
from stackduel.model.profile_samples import Calls, Frame, Samples

# py-spy puts the process, with its command line, and on request the thread below the functions.
_OUTER = re.compile(r"(process|thread) ")
_PROCESS = re.compile(r"Process (\d+)")
MOST_TEXT = 300


class _Frame(Struct):
    name: str
    file: str | None = None
    line: int | None = None


class _Shared(Struct):
    frames: list[_Frame]


class _Profile(Struct):
    name: str
    samples: list[list[int]]


class _Recording(Struct):
    profiles: list[_Profile]
    shared: _Shared


def read_recording(text: str | bytes) -> Samples:
    """Return the samples of a recording; raises ValueError where it is none.

    What only waits is counted alone. The lines of processes are left out: they hold whole command lines.
    """
    recording = msgspec.json.decode(text, type=_Recording)
    frames = [_frame(each) for each in recording.shared.frames]
    calls: Counter[Calls] = Counter()
    processes: set[str] = set()
    waiting = 0
    for profile in recording.profiles:
        known: dict[tuple[int, ...], Calls] = {}
        for indices in profile.samples:
            key = tuple(indices)
            if key not in known:
                known[key] = _calls(key, frames)
            if known[key] and waits(known[key][-1]):
                waiting += 1
            elif known[key]:
                calls[known[key]] += 1
        named = _PROCESS.match(profile.name)
        processes.add(named[1] if named else profile.name)
    return Samples(calls, len(processes), waiting)


def _calls(indices: tuple[int, ...], frames: list[Frame | None]) -> Calls:
    try:
        found: list[Any] = [frames[index] for index in indices]
    except IndexError as error:
        raise ValueError("a sample names a frame that is not there") from error
    return tuple(frame for frame in found if frame is not None)


def _frame(each: _Frame) -> Frame | None:
    file = each.file or ""
    if not file and _OUTER.match(each.name):
        return None
    return Frame(each.name[:MOST_TEXT], file[-MOST_TEXT:], each.line or 0)
