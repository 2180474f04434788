"""A part of the sandbox that has ended: the downstream, the null server, a worker, a companion, the Docker engine."""

from __future__ import annotations

from typing import NamedTuple


class LostPart(NamedTuple):
    """A part by its name, and how it ended: ``the downstream``, ``was ended by SIGKILL``.

    A ``shared`` part serves all stacks; any other one belongs to a single stack, as a companion does.
    """

    name: str
    how: str
    shared: bool = True

    @property
    def sentence(self) -> str:
        """Name and end together."""
        return f"{self.name} {self.how}"
