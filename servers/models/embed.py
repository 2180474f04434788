"""embed: a text, one embedding of length one, as sentence-transformers makes it from all-MiniLM-L6-v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer

from servers.models import store
from servers.models.base import Features, Given, Outputs
from servers.models.catalog import CATALOG, Text
from servers.models.runtime import open_session

MOST_TOKENS = 256


class Embed:
    """Tokens, the network, and the mean over the tokens."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["embed"]
        graph, tokens = store.read("embed", environ)
        self._tokenizer = Tokenizer.from_str(tokens.decode("utf-8"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self._session = open_session(graph, "minilm.onnx", device)

    def prepare(self, given: Given) -> Features:
        """The numbers of the tokens, [1, tokens]; what lies beyond the 256th is cut off."""
        takes = self.card.takes
        assert isinstance(takes, Text)  # noqa: S101 - what the catalogue says of it
        if not isinstance(given, str) or not 1 <= len(given) <= takes.most_chars:
            raise ValueError(f"the text must have 1 to {takes.most_chars} characters")
        return (np.array([self._tokenizer.encode(given).ids], dtype=np.int64),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Each item's states of its tokens, [tokens, 384]: one call each.

        The int8 network scales its activations by the largest of a whole call, so that texts in one call would change
        each other's numbers.
        """
        return [self._run(*item) for item in batch]

    def _run(self, ids: np.typing.NDArray[np.int64]) -> Features:
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(("last_hidden_state",), given)
        return (states[0],)

    def finish(self, raw: Features) -> Outputs:
        """The mean over the tokens, of length one."""
        mean = raw[0].mean(axis=0)
        return {"embedding": (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)}
