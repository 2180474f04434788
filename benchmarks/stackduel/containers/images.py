"""Images of our own: built from this checkout, and only when their contents have changed."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import docker.errors
from docker import DockerClient
from docker.models.images import Image as DockerImage

from stackduel.containers.bounded_api import heard
from stackduel.containers.engine import explained
from stackduel.containers.recipes import ROOT, Recipe, base_image
from stackduel.model.errors import LaunchError

CONTENT_LABEL = "stackduel.content"
LOG_LINES = 20
SHOWN_STEP = 120
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
NOT_CONTENT = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache"})

SayLine = Callable[[str], None]


def own_image(client: DockerClient) -> str | None:
    """Return the id of any local server image of ours; None without one."""
    # The engine's own list: the SDK's asks for each image again, and fails if one was removed in between.
    for image in client.api.images(filters={"label": CONTENT_LABEL}):
        if any(tag.startswith("stackduel/") for tag in image["RepoTags"] or ()):
            return str(image["Id"])
    return None


def ensure_image(client: DockerClient, recipe: Recipe, say: SayLine) -> str:
    """Build the image unless the tag's image already has the same contents; return its id.

    Calls ``say`` for a pull, a build, and its longer steps. Raises LaunchError with the
    build's last lines.
    """
    if not (ROOT / recipe.dockerfile).is_file():
        raise LaunchError(f"{recipe.dockerfile} is not here: images are built from a checkout of the project")
    base = base_image(recipe)
    base_id = ensure_pulled(client, base, say)
    context = pack(ROOT, recipe)
    content = hashlib.sha256(context + repr((base_id, sorted(recipe.arguments.items()))).encode()).hexdigest()
    with explained(f"looking for the image {recipe.tag}"):
        present = find_image(client, recipe.tag)
    if present and present.labels.get(CONTENT_LABEL) == content:
        return str(present.id)
    say(f"building {recipe.tag}")
    built = _build(client, recipe, base, context, content, say)
    if present and present.id != built:
        _forget(client, str(present.id))
    return built


def ensure_pulled(client: DockerClient, reference: str, say: SayLine) -> str:
    """Pull an image unless it is already local; return its id. Raises LaunchError."""
    with explained(f"looking for the image {reference}"):
        present = find_image(client, reference)
    if present is None:
        say(f"pulling {reference}")
        remedy = "PYTHON_IMAGE names another base image" if "python" in reference else "docker images lists those here"
        try:
            with explained(f"the image {reference} is not here and cannot be pulled"):
                for _ in heard(client, lambda: client.api.pull(*_split(reference), stream=True, decode=True)):
                    pass
                present = client.images.get(reference)
        except LaunchError as error:
            raise LaunchError(f"{error}. {remedy}") from error
    return str(present.id)


def find_image(client: DockerClient, reference: str) -> DockerImage | None:
    """Return the image of that name; None if it is not local."""
    try:
        return client.images.get(reference)
    except docker.errors.ImageNotFound:
        return None


def pack(root: Path, recipe: Recipe) -> bytes:
    """Return the build's context as a tar whose bytes depend only on names and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted({recipe.dockerfile, *_files(root, recipe)}):
            content = (root / path).read_bytes()
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _files(root: Path, recipe: Recipe) -> Iterator[str]:
    for name in recipe.content:
        top = root / name
        for path in (top,) if top.is_file() else top.rglob("*"):
            relative = PurePosixPath(path.relative_to(root).as_posix())
            if path.is_file() and not NOT_CONTENT.intersection(relative.parts) and path.suffix != ".pyc":
                yield str(relative)


def _build(client: DockerClient, recipe: Recipe, base: str, context: bytes, content: str, say: SayLine) -> str:
    lines: list[str] = []
    with explained(f"building {recipe.tag}"):
        for event in heard(client, lambda: _build_events(client, recipe, base, context, content)):
            for line in COLOUR.sub("", str(event.get("stream", event.get("error", "")))).splitlines():
                lines += [line] if line.strip() else []
                if line.startswith("Step ") and " : RUN " in line:
                    say(f"{recipe.tag}: {textwrap.shorten(line, SHOWN_STEP)}")
            if "error" in event:
                raise LaunchError("\n".join([f"building {recipe.tag} failed:", *lines[-LOG_LINES:]]))
        return str(client.images.get(recipe.tag).id)


def _build_events(
    client: DockerClient, recipe: Recipe, base: str, context: bytes, content: str
) -> Iterator[dict[str, Any]]:
    events: Iterator[dict[str, Any]] = client.api.build(
        fileobj=io.BytesIO(context),
        custom_context=True,
        dockerfile=recipe.dockerfile,
        tag=recipe.tag,
        buildargs={"PYTHON_IMAGE": base, **recipe.arguments},
        labels={CONTENT_LABEL: content},
        use_config_proxy=True,
        rm=True,
        forcerm=True,
        decode=True,
    )
    return events


def _forget(client: DockerClient, image_id: str) -> None:
    # This is the tag's former image; it stays if a container still uses it.
    try:
        client.api.remove_image(image_id)
    except docker.errors.APIError:
        return


def _split(reference: str) -> tuple[str, str | None]:
    """Return the repository and the tag (default: ``latest``) of an image that is pulled by name."""
    if "@" in reference:
        return reference, None
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference, "latest")
