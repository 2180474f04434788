"""The speaker model's first and last step, for callers whose middle step runs elsewhere."""

from __future__ import annotations

from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.speaker import Speaker


class SpeakerEnds(Speaker):
    """The speaker model without a session: it prepares and finishes."""

    def __init__(self) -> None:
        self.card = CATALOG["speaker"]
