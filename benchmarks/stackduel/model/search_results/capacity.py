"""The result of the search for the capacity."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from stackduel.model.search_results.limit import limit_sentence


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows measured at one rate, how many kept the service level, and which bound the last other one broke."""

    rate_rps: float
    kept: int
    tried: int
    broke: str = ""

    @property
    def level(self) -> float:
        """The load of the windows."""
        return self.rate_rps


class Capacity(Struct, frozen=True, tag_field="kind", tag="capacity"):
    """The capacity of one stack.

    ``confirmed`` is the highest rate at which every window kept the service level, None if there was none. ``above`` is
    the lowest higher rate at which some window did not, None if none was reached. ``limit`` says what other than the
    server ended the search, or is empty. ``replicas`` and ``cost`` are None unless the user asked for them.
    ``nothing_right`` is true where every request failed at the lowest load: there is no capacity to find.
    """

    slo: str
    confirmed: Windows | None
    above: Windows | None
    limit: str = ""
    replicas: int | None = None
    cost: float | None = None
    demand_rps: float | None = None
    headroom: float = 0.8
    nothing_right: bool | None = None

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.nothing_right:
            return f"Nothing is answered rightly, whatever the rate.{limit_sentence(self.limit)}"
        if self.confirmed is None:
            text = f"No rate was confirmed to keep {self.slo}"
            text += f" (at {self.above.rate_rps:g} req/s {self.above.broke})" if self.above else ""
            return f"{text}.{limit_sentence(self.limit)}"
        kept = f"{self.confirmed.kept} of {self.confirmed.tried} windows"
        text = f"Keeps {self.slo} up to {'at least ' if self.above is None else ''}{self.confirmed.rate_rps:g} req/s"
        text += f" (in {kept}"
        if self.above is not None:
            text += f"; at {self.above.rate_rps:g} req/s in {self.above.kept} of {self.above.tried}: {self.above.broke}"
        return f"{text}).{limit_sentence(self.limit)}{self._replicas()}"

    def _replicas(self) -> str:
        if self.replicas is None or self.demand_rps is None:
            return ""
        noun = "replica" if self.replicas == 1 else "replicas"
        text = f" {self.demand_rps:g} req/s take {self.replicas} {noun}, each loaded to {100 * self.headroom:g} %"
        return text + (f", at a cost of {self.cost:,.10g}." if self.cost is not None else ".")
