"""The sound that Triton's models receive."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stackduel_servers.models.base import Array

FULL_SCALE = 32_768


def one_clip(samples: Array) -> NDArray[np.float32]:
    """Return a clip's samples from -1 to 1, from int16 or float32, with or without a leading dimension of 1.

    Raises ValueError for several clips at once.
    """
    if samples.size != samples.shape[-1]:
        raise ValueError("one clip a request: the server itself makes batches of them")
    flat = samples.reshape(-1)
    return flat.astype(np.float32) / np.float32(FULL_SCALE) if flat.dtype == np.int16 else flat
