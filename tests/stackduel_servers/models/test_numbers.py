"""The numbers of fast-cnn and speaker, against a float64 reference and against each other."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import numpy_helper

from stackduel_servers.models import graphs, sample_inputs, store
from stackduel_servers.models.mel import mel_spectrum
from stackduel_servers.models.model import Features, Model
from stackduel_servers.models.speaker import window_starts, windows
from tests.stackduel_servers.models import reference

TOLERANCE = 1e-5
LENGTHS = {"fast-cnn": (48_000,), "speaker": (8_000, 16_000, 25_600, 60_000), "vad": (512, 700, 5_120, 16_000)}


@cache
def torch_weights() -> dict[str, NDArray[np.float32]]:
    """Resemblyzer's weights in torch's order, taken back out of the ONNX file."""
    (content,) = store.read("speaker", os.environ)
    stored = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(content).graph.initializer}
    weights = {name: stored[name] for name in ("linear.weight", "linear.bias")}
    for layer in range(3):
        biases = np.split(stored[f"lstm_{layer}.b"][0], 2)
        onnx_order = (stored[f"lstm_{layer}.w"][0], stored[f"lstm_{layer}.r"][0], *biases)
        for name, array in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), onnx_order, strict=True):
            enter, out, forget, new = np.split(array, 4)
            weights[f"lstm.{name}_l{layer}"] = np.concatenate([enter, forget, new, out])
    return weights


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fast_cnn_computes_what_its_definition_says(model: Callable[[str], Model], seed: int) -> None:
    """Both embeddings are those of a float64 forward pass in plain numpy, within 1e-5 at length one."""
    samples = sample_inputs.sound(48_000, 48_000, seed)
    fast_cnn = model("fast-cnn")
    outputs = fast_cnn.finish(fast_cnn.infer([fast_cnn.prepare(samples)])[0])
    wanted = reference.fast_cnn(samples, graphs.fast_cnn_weights())
    assert list(outputs) == list(wanted) == ["speaker_a", "speaker_b"]
    for name, embedding in outputs.items():
        assert np.linalg.norm(embedding - wanted[name]) < TOLERANCE
        assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("seed", "samples"), [(1, 25_600), (2, 8_000), (3, 60_000)])
def test_speaker_computes_what_resemblyzer_defines(model: Callable[[str], Model], seed: int, samples: int) -> None:
    """The embedding is that of a float64 mel spectrum and a float64 LSTM in plain numpy, within 1e-5 at length one."""
    sound = sample_inputs.sound(samples, 16_000, seed)
    speaker = model("speaker")
    embedding = speaker.finish(speaker.infer([speaker.prepare(sound)])[0])["embedding"]
    starts = window_starts(samples)
    padded = np.pad(loud(sound), (0, max(0, (starts[-1] + 160) * 160 - samples)))
    spectrum = reference.mel(padded)
    each = [reference.speaker(spectrum[start : start + 160], torch_weights()) for start in starts]
    mean = np.mean(each, axis=0)
    assert np.linalg.norm(embedding - mean / np.linalg.norm(mean)) < TOLERANCE


def loud(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quiet sound at -30 dB of full scale."""
    wanted, found = 10 ** (-30 / 20), np.sqrt(np.mean(samples.astype(np.float64) ** 2))
    return samples if found >= wanted else (samples * (wanted / found)).astype(np.float32)


def test_the_mel_spectrum_is_its_definition() -> None:
    """Fast Fourier transform and filter matrix give the plain sums, to the precision of float32."""
    samples = sample_inputs.sound(20_000, 16_000, 5)
    wanted = reference.mel(samples)
    assert mel_spectrum(samples).shape == (126, 40)
    np.testing.assert_allclose(mel_spectrum(samples), wanted, rtol=1e-3, atol=1e-6 * wanted.max())


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (8_000, [0]),
        (25_600, [0]),
        (32_000, [0, 77]),  # 19,680 of 25,600 samples lie in the second window: 77 %
        (31_000, [0]),  # 73 %
        (60 * 16_000, list(range(0, 76 * 77 + 1, 77))),
    ],
)
def test_windows_are_cut_as_resemblyzer_cuts_them(samples: int, starts: list[int]) -> None:
    """There are 1.3 windows a second; the last one counts only if at least three quarters of it hold sound."""
    assert window_starts(samples) == starts
    assert windows(np.zeros(samples, dtype=np.float32)).shape == (len(starts), 160, 40)


@cache
def alone(model: Callable[[str], Model], name: str, seed: int, samples: int) -> tuple[Features, Features]:
    """An item, and what the model says of it alone."""
    made = model(name)
    item = made.prepare(sample_inputs.sound(samples, 48_000 if name == "fast-cnn" else 16_000, seed))
    return item, made.infer([item])[0]


@pytest.mark.parametrize("name", LENGTHS)
@settings(max_examples=15)
@given(data=st.data())
def test_items_of_a_batch_are_never_mixed_up(model: Callable[[str], Model], name: str, data: st.DataObject) -> None:
    """An item's answer is the same within 1e-5, for any neighbours, order and lengths in its batch."""
    made = model(name)
    kinds = st.tuples(st.integers(0, 5), st.sampled_from(LENGTHS[name]))
    batch = [alone(model, name, *each) for each in data.draw(st.lists(kinds, min_size=1, max_size=6))]
    found = made.infer([item for item, _ in batch])
    assert len(found) == len(batch)
    for together, (_, wanted) in zip(found, batch, strict=True):
        assert len(together) == len(wanted)
        for one, other in zip(together, wanted, strict=True):
            assert one.shape == other.shape
            assert np.abs(one - other).max() < TOLERANCE


@pytest.mark.parametrize("name", LENGTHS)
def test_different_items_have_different_answers(model: Callable[[str], Model], name: str) -> None:
    """Answers differ by far more than the tolerance of the test above, so that it could fail."""
    one, other = (alone(model, name, seed, LENGTHS[name][0])[1] for seed in (0, 1))
    assert np.abs(one[0] - other[0]).max() > 100 * TOLERANCE


@pytest.mark.parametrize(
    ("name", "samples", "told"),
    [
        ("fast-cnn", 47_999, "48000 samples"),
        ("speaker", 7_999, "8000 to 960000 samples"),
        ("speaker", 960_001, "8000 to 960000 samples"),
        ("vad", 511, "512 to 960000 samples"),
    ],
)
def test_a_sound_of_a_wrong_length_is_refused(
    model: Callable[[str], Model], name: str, samples: int, told: str
) -> None:
    """The error names the bounds."""
    with pytest.raises(ValueError, match=told):
        model(name).prepare(np.zeros(samples, dtype=np.float32))


def test_silence_has_finite_answers(model: Callable[[str], Model]) -> None:
    """Silence and zero length lead to no division by zero."""
    for name, samples in (("fast-cnn", 48_000), ("speaker", 8_000), ("vad", 512)):
        made = model(name)
        outputs = made.finish(made.infer([made.prepare(np.zeros(samples, dtype=np.float32))])[0])
        assert all(np.isfinite(output).all() for output in outputs.values())
