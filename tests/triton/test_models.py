"""The models on the real Triton: the same numbers as in process, real batches, errors that say what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from stackduel.observe.triton import triton_statistics
from stackduel_servers.core.kserve import KServeError, Tensor
from stackduel_servers.models import sample_inputs
from stackduel_servers.models.model import Model
from tests.triton.conftest import Running, clip
from tests.until import until

pytestmark = pytest.mark.triton

TOLERANCE = 1e-5
LENGTHS = (8_000, 25_600, 61_337)


def ask(triton: Running, name: str, pcm: Tensor) -> Tensor:
    match name:
        case "speech":
            given = {"pcm": pcm}
        case "speaker-batched":
            given = {"samples": pcm[None]}
        case _:
            given = {"samples": pcm}
    return triton.infer(name, given, ("embedding",))["embedding"].reshape(-1)


def counted(
    triton: Running, name: str, before: triton_statistics.Counters, requests: int
) -> triton_statistics.StatisticsWindow:
    """Return the server's work since ``before``; it counts a moment after it has answered."""
    found: list[triton_statistics.StatisticsWindow] = []

    def all_there() -> bool:
        window = triton_statistics.between(before, triton_statistics.read(triton.http, name))
        found[:] = [window] if window else []
        return window is not None and window.requests >= requests

    assert until(all_there), found
    return found[0]


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("name", ["speaker", "speaker-batched", "speech"])
def test_a_voice_has_the_same_embedding(
    triton: Running, embedding: Callable[[Tensor], Tensor], name: str, samples: int
) -> None:
    """Whole, batched and through the ensemble's three stages, clips of any length give what they give in process."""
    pcm = clip(samples)
    found = ask(triton, name, pcm)
    assert found.shape == (256,)
    assert np.abs(found - embedding(pcm)).max() < TOLERANCE


def test_fast_cnn_has_the_same_embeddings(triton: Running, model: Callable[[str], Model]) -> None:
    """Both outputs are those of the network in process, and only those that are asked for come."""
    samples = sample_inputs.sound(48_000, 48_000, 3)
    network = model("fast-cnn")
    (raw,) = network.infer([network.prepare(samples)])
    wanted = network.finish(raw)
    found = triton.infer("fast-cnn", {"samples": samples}, tuple(wanted))
    assert {name: each.shape for name, each in found.items()} == {"speaker_a": (192,), "speaker_b": (192,)}
    assert all(np.abs(found[name] - wanted[name]).max() < TOLERANCE for name in wanted)
    assert set(triton.infer("fast-cnn", {"samples": samples}, ("speaker_b",))) == {"speaker_b"}


@pytest.mark.parametrize("name", ["speaker-batched", "speech"])
def test_requests_share_batches_and_none_are_mixed_up(
    triton: Running, embedding: Callable[[Tensor], Tensor], name: str
) -> None:
    """Under concurrency the statistics show fewer runs than requests, and each request still has its own answer."""
    batching = "acoustic" if name == "speech" else name
    clips = [clip(16_000 + 411 * number, number) for number in range(24)]
    before = triton_statistics.read(triton.http, batching)
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda pcm: ask(triton, name, pcm), clips))
    window = counted(triton, batching, before, len(clips))
    assert window.requests == len(clips)
    assert window.batch_mean > 1.2
    for pcm, each in zip(clips, found, strict=True):
        assert np.abs(each - embedding(pcm)).max() < TOLERANCE


def test_what_shall_not_batch_does_not(triton: Running) -> None:
    """The unbatched speaker runs once for each request, however many come at once."""
    before = triton_statistics.read(triton.http, "speaker")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: ask(triton, "speaker", clip(16_000, seed)), range(8)))
    window = counted(triton, "speaker", before, 8)
    assert (window.requests, window.batch_mean) == (8, 1.0)


def test_triton_s_own_statistics_tell_where_the_time_went(triton: Running) -> None:
    """The ensemble's spans of a window are those of its steps: most of it in their computing, all within the whole."""
    before = triton_statistics.read(triton.http, "speech")
    for seed in range(3):
        ask(triton, "speech", clip(32_000, seed))
    window = counted(triton, "speech", before, 3)
    assert window.requests == 3
    assert set(window.spans_ms) == {"queue", "pre", "infer", "post"}
    assert window.spans_ms["infer"] == max(window.spans_ms.values()) > 0


def test_a_bad_request_in_a_batch_fails_alone(triton: Running, embedding: Callable[[Tensor], Tensor]) -> None:
    """Clips that are too short are refused by name, while those that came with them are answered."""
    clips = [clip(16_000, number) if number % 3 else clip(100) for number in range(12)]

    def outcome(pcm: Tensor) -> Tensor | str:
        try:
            return ask(triton, "speaker-batched", pcm)
        except KServeError as error:
            return str(error)

    with ThreadPoolExecutor(12) as pool:
        for pcm, found in zip(clips, pool.map(outcome, clips), strict=True):
            if isinstance(found, str):
                assert len(pcm) == 100
                assert found == "the sound must have 8000 to 960000 samples of one channel"
            else:
                assert np.abs(found - embedding(pcm)).max() < TOLERANCE


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("nope", {"samples": clip(16_000)}, "'nope' is not found"),
        ("speaker", {"samples": np.zeros(16_000, np.float32)}, "model 'speaker' expects 'INT16'"),
        ("fast-cnn", {"samples": np.zeros(100, np.float32)}, r"Expected \[48000\], got \[100\]"),
        ("speaker", {"sound": clip(16_000)}, "unexpected inference input 'sound'"),
        ("speech", {"pcm": clip(100)}, "the sound must have 8000 to 960000 samples"),
        ("speaker-batched", {"samples": np.stack([clip(16_000)] * 2)}, "one clip a request"),
        ("acoustic", {"spectra": np.zeros((2, 1, 160, 40), np.float32)}, "one item a request"),
    ],
)
def test_what_is_wrong_is_told(triton: Running, name: str, given: dict[str, Tensor], message: str) -> None:
    """An unknown model, a wrong type, name, shape or length: each is an error in a sentence, and the server goes on."""
    with pytest.raises(KServeError, match=message):
        triton.infer(name, given)
    assert ask(triton, "speaker", clip(16_000)).shape == (256,)


def test_grpc_answers_as_http_does(triton: Running) -> None:
    """The vendor's own client gets the same numbers over gRPC, and the server's sentence where it is refused."""
    grpc = pytest.importorskip("tritonclient.grpc")
    pcm = clip(25_600)
    client = grpc.InferenceServerClient(f"127.0.0.1:{triton.grpc_port}")
    try:
        assert client.is_server_ready()
        given = grpc.InferInput("pcm", [len(pcm)], "INT16")
        given.set_data_from_numpy(pcm)
        found = client.infer("speech", [given]).as_numpy("embedding")
        assert np.array_equal(found, ask(triton, "speech", pcm))
        short = grpc.InferInput("pcm", [10], "INT16")
        short.set_data_from_numpy(pcm[:10])
        with pytest.raises(Exception, match="the sound must have 8000 to 960000 samples"):
            client.infer("speech", [short])
    finally:
        client.close()
