"""The models of one process, as handlers see them; the libraries are imported with the first request."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from stackduel_servers.core.inference import refusals
from stackduel_servers.core.inference.ask import Ask, Headers, InferenceRequest, read

if TYPE_CHECKING:
    from stackduel_servers.core.answers import Answer
    from stackduel_servers.core.inference.result import InferenceResult, Outputs
    from stackduel_servers.core.inference.work import Work

OWN_VARIABLE = "STACKDUEL_OWN_MODEL"


class Models:
    """The models of one process: made before a server forks, but nothing is imported or loaded until the first call."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._work: Work | None = None
        self._importing = threading.Lock()

    def ask(self, name: str, headers: Headers) -> Ask:
        """Read the request's path and headers; raises HttpError 400, 404, 415."""
        from stackduel_servers.models.catalog import CATALOG  # noqa: PLC0415  # with the first request

        return read(name, headers, CATALOG, has_own=bool(self._environ.get(OWN_VARIABLE)))

    def one(self, given: InferenceRequest) -> InferenceResult:
        """Return the result of a single request; raises HttpError and any error of the model."""
        return self._loaded().one(given)

    def many(self, name: Hashable, batch: Sequence[InferenceRequest]) -> Sequence[InferenceResult | Exception]:
        """Return the results of requests to one model, in order (see ``Work.many``)."""
        return self._loaded().many(str(name), batch)

    def encode(self, ask: Ask, outputs: Outputs) -> Answer:
        """Return the answer in the form that the client accepts."""
        from stackduel_servers.core.inference.outputs import encode  # noqa: PLC0415  # with the first request

        return encode(ask, outputs)

    def _loaded(self) -> Work:
        if self._work is None:
            with self._importing:
                try:
                    from stackduel_servers.core.inference.work import Work  # noqa: PLC0415  # with the first request
                except ImportError as error:
                    raise refusals.not_installed(error.name or "a library") from error
                self._work = self._work or Work(self._environ)
        return self._work
