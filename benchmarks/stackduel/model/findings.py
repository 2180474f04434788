"""The results of searches, with the stack and the scenario that each belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.search_results.ablation import Ablation
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.leaving import Leaving
from stackduel.model.search_results.profile import Profile
from stackduel.model.search_results.recycling import Recycling
from stackduel.model.search_results.scaling import Scaling
from stackduel.model.search_results.shutdown import Shutdown
from stackduel.model.search_results.slow_readers import SlowReaders
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.streams_held import StreamsHeld
from stackduel.model.search_results.sustained import Sustained
from stackduel.model.search_results.tuned import Tuned

SearchResult = (
    Capacity
    | StreamsHeld
    | Sustained
    | BreakingPoint
    | ColdStart
    | Soak
    | Shutdown
    | Recycling
    | Leaving
    | SlowReaders
    | Ablation
    | Profile
    | Tuned
    | Scaling
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of the search on one stack that started from the load of one scenario."""

    stack: str
    scenario: str
    found: SearchResult

    @property
    def subject(self) -> str:
        """The stack that the result is about: of an ablation and of a scaling not an arm, but the stack itself."""
        match self.found:
            case Ablation(ablated=name) | Scaling(scaled=name):
                return name
        return self.stack
