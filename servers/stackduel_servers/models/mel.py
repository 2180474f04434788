"""Mel spectra as in the training of Resemblyzer's encoder: 25 ms windows every 10 ms, 40 bands, power.

The numbers are those of ``librosa.feature.melspectrogram`` (Slaney's mel scale and area normalisation, zeros beyond
both ends), computed here with numpy alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
WINDOW = 400
HOP = 160
BANDS = 40
# Slaney's scale: linear below 1 kHz (15 mel), 27 steps to 6.4 kHz above.
LINEAR_HZ = 200 / 3
BREAK_HZ = 1000.0
LOG_STEP = np.log(6.4) / 27


def mel_spectrum(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mel spectrum [1 + samples // 160, 40] of [samples] at 16 kHz."""
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    # A matrix product would wake the threads of numpy's BLAS, which then spin on cores that other threads need.
    bands: NDArray[np.float32] = np.einsum("tf,bf->tb", power, _filters(), dtype=np.float32, casting="same_kind")
    return bands


@cache
def _hann() -> NDArray[np.float32]:
    """Return a periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@cache
def _filters() -> NDArray[np.float32]:
    """Return triangular filters of equal area, [40 bands, 201 frequencies]."""
    frequencies = np.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)
    edges = _hz(np.linspace(0.0, _mel(RATE_HZ / 2), BANDS + 2))
    rising = (frequencies[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequencies[:, None]) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.ascontiguousarray((triangles * 2 / (edges[2:] - edges[:-2])).T, dtype=np.float32)


def _mel(hz: float) -> float:
    """Return the mel value of a frequency above 1 kHz."""
    return float(BREAK_HZ / LINEAR_HZ + np.log(hz / BREAK_HZ) / LOG_STEP)


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = LINEAR_HZ * mel
    return np.where(linear < BREAK_HZ, linear, BREAK_HZ * np.exp(LOG_STEP * (mel - BREAK_HZ / LINEAR_HZ)))
