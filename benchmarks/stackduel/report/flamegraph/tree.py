"""The tree of calls that a flamegraph draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stackduel.model.profile_samples import Calls, Frame

# A stack of calls may be as deep as a recursion goes.
MOST_DEPTH = 200


@dataclass(slots=True)
class Node:
    """A function called by way of all functions above it, and how much of the weight is in it or below it."""

    frame: Frame | None
    weight: float = 0.0
    children: dict[Frame, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A function on the picture: where it begins, how wide it is (both as shares) and how deep it lies."""

    calls: Calls
    start: float
    width: float
    depth: int
    weight: float


def tree_of(calls: Mapping[Calls, float]) -> Node:
    """Return the tree of all stacks of calls; its root stands for all."""
    root = Node(None)
    for stack, weight in calls.items():
        node = root
        node.weight += weight
        for frame in stack[:MOST_DEPTH]:
            node = node.children.setdefault(frame, Node(frame))
            node.weight += weight
    return root


def boxes_of(root: Node, least: float) -> Iterator[Box]:
    """Yield the functions that are at least so wide, as a share, in the order of their names, callers first."""
    if not root.weight:
        return
    waiting: list[tuple[Node, Calls, float]] = [(root, (), 0.0)]
    while waiting:
        node, calls, start = waiting.pop()
        at = start
        for frame, child in sorted(node.children.items(), key=lambda pair: (pair[0].name, pair[0].file, pair[0].line)):
            width = child.weight / root.weight
            if width >= least:
                path = (*calls, frame)
                yield Box(path, at, width, len(path), child.weight)
                waiting.append((child, path, at))
            at += width
