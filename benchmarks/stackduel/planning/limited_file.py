"""Files that a suite or a stacks file names: read up to a bound, with an error that names the field."""

from __future__ import annotations

from pathlib import Path

from stackduel.model.errors import FieldError, of_system


def read_limited(where: str, path: Path, most_bytes: int, *, regular: bool = False) -> bytes:
    """Return the content of a file; raises FieldError for one that cannot be read or is longer than ``most_bytes``.

    ``regular`` refuses pipes, devices and folders by name.
    """
    try:
        if regular and not path.is_file():
            raise FieldError(f"{where}: {path} is no file")
        with path.open("rb") as file:
            return limited(where, file.read(most_bytes + 1), most_bytes)
    except OSError as error:
        raise FieldError(f"{where}: {path} cannot be read: {error.strerror or of_system(error)}") from error


def limited(where: str, content: bytes, most_bytes: int) -> bytes:
    """Return content that is not too long; raises FieldError."""
    if len(content) > most_bytes:
        raise FieldError(f"{where}: at most {most_bytes} bytes")
    return content
