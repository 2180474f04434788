"""A request to a model in the words of every protocol, and what has no words in one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tritonclient.grpc import service_pb2

from stackduel.inference.generated_inputs import input_bytes, sound
from stackduel.inference.translation import UntranslatableError, is_grpc, translate
from stackduel.model.model_input import ModelInput
from stackduel.model.model_output import Form
from stackduel.model.stack import ModelProtocol
from stackduel.model.suite import Workload

CLIP = ModelInput("wav", 342_922, 16_000)
ASKED = Workload("/infer/speaker", "POST", model="speaker", given=CLIP, check="numbers", tolerance=1e-5)
FAST = Workload(
    "/infer/fast-cnn", "POST", model="fast-cnn", given=ModelInput("float32", 48_000, 48_000), check="numbers"
)
HEALTH = Workload("/health", check="status")


@pytest.mark.parametrize(
    ("given", "content_type"),
    [
        (CLIP, "audio/wav"),
        (ModelInput("pcm", 8_000, 8_000), "audio/pcm; rate=8000"),
        (ModelInput("float32", 16_000, 16_000), "application/octet-stream"),
        (ModelInput("png", width=32, height=32), "image/png"),
        (ModelInput("jpeg", width=32, height=32), "image/jpeg"),
        (ModelInput("text"), "application/json"),
        (ModelInput("tensor", 5), "application/octet-stream"),
    ],
)
def test_our_stacks_are_posted_the_bytes_with_their_type(given: ModelInput, content_type: str) -> None:
    """The body is what the recipe makes, and the content type says what that is."""
    found = translate(Workload("/infer/x", "POST", (("X-A", "b"),), model="x", given=given), "stackduel")
    assert (found.workload.target, found.workload.body) == ("/infer/x", input_bytes(given))
    assert found.workload.headers == (("X-A", "b"), ("Content-Type", content_type))
    assert found.form == "json"


def test_who_accepts_raw_numbers_gets_them() -> None:
    """The form of the answers follows the request's Accept."""
    raw = Workload(
        "/infer/x", "POST", (("accept", "application/octet-stream"),), model="x", given=ModelInput("tensor", 1)
    )
    assert translate(raw, "stackduel").form == "float32"


def test_kserve_takes_the_samples_in_binary() -> None:
    """The path, the header's length and the tensor are those of the protocol; the outputs are asked for in binary."""
    found = translate(ASKED, "kserve")
    headers = dict(found.workload.headers)
    length = int(headers["Inference-Header-Content-Length"])
    header = json.loads(found.workload.body[:length])
    assert (found.workload.target, found.workload.method, found.form) == ("/v2/models/speaker/infer", "POST", "kserve")
    (tensor,) = header["inputs"]
    assert (tensor["name"], tensor["datatype"], tensor["shape"]) == ("samples", "INT16", [342_922])
    assert header["outputs"] == [{"name": "embedding", "parameters": {"binary_data": True}}]
    assert found.workload.body[length:] == sound(CLIP).tobytes()


def test_a_model_may_be_served_as_another() -> None:
    """The ensemble has a name and an input of its own, and the same numbers."""
    ensemble = Workload("/infer/speaker", "POST", model="speaker", given=CLIP, served_as="speech")
    found = translate(ensemble, "kserve").workload
    assert found.target == "/v2/models/speech/infer"
    assert b'"name":"pcm"' in found.body[:200]
    assert translate(ensemble, "stackduel").workload.target == "/infer/speaker"


def test_grpc_takes_the_same_as_a_message() -> None:
    """The call is ModelInfer, and its bytes are the request of tritonclient's own messages."""
    found = translate(FAST, "kserve-grpc")
    assert found.workload.target == "/inference.GRPCInferenceService/ModelInfer"
    assert (found.form, is_grpc(found.workload), is_grpc(FAST)) == ("grpc", True, False)
    request = service_pb2.ModelInferRequest.FromString(found.workload.body)
    assert request.model_name == "fast-cnn"
    assert [(each.name, each.datatype, list(each.shape)) for each in request.inputs] == [("samples", "FP32", [48_000])]
    assert [each.name for each in request.outputs] == ["speaker_a", "speaker_b"]
    samples = np.frombuffer(request.raw_input_contents[0], "<f4")
    assert np.array_equal(samples * 32_768, sound(ModelInput("pcm", 48_000, 48_000)))


@pytest.mark.parametrize(
    ("protocol", "target"),
    [("kserve", "/v2/health/ready"), ("kserve-grpc", "/inference.GRPCInferenceService/ServerReady")],
)
def test_health_has_its_word_everywhere(protocol: ModelProtocol, target: str) -> None:
    """The victim is asked whether it is well, in the words of its protocol."""
    assert translate(HEALTH, protocol).workload.target == target
    assert translate(HEALTH, "stackduel").workload == HEALTH


@pytest.mark.parametrize(
    ("workload", "told"),
    [
        (Workload("/slow-io"), "KServe knows requests to models and /health only"),
        (
            Workload("/infer/vad", model="vad", given=ModelInput("float32", 512, 16_000)),
            "vad is not served over KServe",
        ),
        (Workload("/infer/speaker", model="speaker", given=ModelInput("wav", 800, 8_000)), "sounds at 16000 Hz only"),
        (Workload("/infer/speaker", model="speaker", given=ModelInput("text")), "sounds at 16000 Hz only"),
    ],
)
@pytest.mark.parametrize("protocol", ["kserve", "kserve-grpc"])
def test_what_has_no_words_is_told(workload: Workload, told: str, protocol: ModelProtocol) -> None:
    """A request that KServe cannot be asked raises UntranslatableError, which says why."""
    with pytest.raises(UntranslatableError, match=told):
        translate(workload, protocol)


def test_a_form_is_known_for_each_protocol() -> None:
    """Answers to one workload hold its numbers in the form of each protocol; those of paths hold none."""
    forms: dict[ModelProtocol, Form | None] = {
        each: translate(ASKED, each).form for each in ("stackduel", "kserve", "kserve-grpc")
    }
    assert list(forms.values()) == ["json", "kserve", "grpc"]
    assert translate(Workload("/x"), "stackduel").form is None
