"""The results of searches, with the stack and the scenario that each belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_results.capacity import Capacity
from stackduel.model.search_results.cold_start import ColdStart
from stackduel.model.search_results.soak import Soak
from stackduel.model.search_results.sustained import Sustained

SearchResult = Capacity | Sustained | BreakingPoint | ColdStart | Soak


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of the search on one stack that started from the load of one scenario."""

    stack: str
    scenario: str
    found: SearchResult
