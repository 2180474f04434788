"""The file of a run: ``results/<run id>/run.json``, replaced as a whole after every trial."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from stackduel.model.errors import StoreError, of_system
from stackduel.model.run import Run
from stackduel.model.trial import Result
from stackduel.storage.run_consistency import check_numbers, check_run
from stackduel.storage.run_document import SCHEMA, redaction_of, run_from_dict, run_to_dict
from stackduel.storage.trial_document import result_to_dict

RUN_FILE = "run.json"
MAX_RUN_BYTES = 500_000_000
_NO_TRIALS = '\n "trials": []'


class Writer:
    """Writes the states of one run into its folder, so that the file is complete at every moment.

    It keeps the text of each trial: encoding all of them again after every trial would take longer than the trials in
    a long run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts: dict[int, tuple[Result, str]] = {}

    def save(self, run: Run) -> Path:
        """Write the run as it is now, and return the path of the file.

        Raises StoreError if it cannot be written; the file is then the one that it was before.
        """
        path = self._folder / RUN_FILE
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._replace(path, self._text(run))
        except OSError as error:
            raise StoreError(f"run {path}: cannot be written: {of_system(error)}") from error
        return path

    def _replace(self, path: Path, text: str) -> None:
        part = self._folder / f".{RUN_FILE}.{os.getpid()}"
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            # What a full disk took of it is in the way of the next attempt.
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def _text(self, run: Run) -> str:
        frame = _json(run_to_dict(run, trials=()))
        if not run.results:
            return frame + "\n"
        trials = ",".join(self._of(result, run) for result in run.results)
        return frame.replace(_NO_TRIALS, f"{_NO_TRIALS[:-1]}{trials}\n ]", 1) + "\n"

    def _of(self, result: Result, run: Run) -> str:
        # Keeping the result beside its text makes sure that no other object gets its id.
        known = self._texts.get(id(result))
        if known is None:
            content = redaction_of(run).document(result_to_dict(result))
            known = self._texts[id(result)] = result, _as_item(content)
        return known[1]


def save(run: Run, folder: Path) -> Path:
    """Write a run into its folder, and return the path of the file."""
    return Writer(folder).save(run)


def to_json(run: Run) -> str:
    """Return the text of the run.json of a run."""
    return _json(run_to_dict(run)) + "\n"


def _as_item(content: object) -> str:
    """Return the text of a trial as an item of a document's list of trials: on a new line, one level deeper."""
    return _json({"": [content]}).partition("[")[2].removesuffix("\n ]\n}")


def _json(content: object) -> str:
    # json.dumps refuses NaN, which msgspec would turn into null; with an indent of its own it would take twice as long.
    return msgspec.json.format(json.dumps(content, allow_nan=False), indent=1)


def load(where: Path) -> Run:
    """Read a run from its folder or its run.json; raise StoreError if it cannot be read."""
    try:
        path = where / RUN_FILE if where.is_dir() else where
        content = msgspec.json.decode(_bytes_of(path))
    except OSError as error:
        raise StoreError(f"run {where}: cannot be read: {error.strerror}") from error
    except StoreError:
        raise
    except (ValueError, RecursionError) as error:
        raise StoreError(f"run {where}: not valid JSON: {error}") from error
    try:
        check_numbers(content)
        run = run_from_dict(content)
        check_run(run)
    except (ValueError, RecursionError, OverflowError) as error:
        message = f"run {path}: not a run of schema {SCHEMA} ({error})"
        raise StoreError(message) from error
    return run


def _bytes_of(path: Path) -> bytes:
    """Return the content of a file; a pipe or a device might never end, or never begin."""
    if path.exists() and not path.is_file():
        raise StoreError(f"run {path}: is no file")
    with path.open("rb") as file:
        content = file.read(MAX_RUN_BYTES + 1)
    if len(content) > MAX_RUN_BYTES:
        raise StoreError(f"run {path}: over {MAX_RUN_BYTES} bytes")
    return content
