"""A part of a stream, as it was read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stackduel.model.histogram import Seconds


class ReadPart(NamedTuple):
    """Bytes of a stream's body that came in some reads: the moment of each, and where in the part it ended."""

    body: bytes
    moments_s: Seconds
    ends: NDArray[np.int64]
