"""embed: a text, one embedding of length one, as sentence-transformers makes it from all-MiniLM-L6-v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tokenizers import Tokenizer

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, text
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

MOST_TOKENS = 256


class Embed:
    """Tokens, the network, and the mean over the tokens."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["embed"]
        _, tokens = store.read("embed", environ)  # and so both are what they should be
        self._tokenizer = Tokenizer.from_str(tokens.decode("utf-8"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        # From the file, as its content beside it would be 23 MB more for as long as it is loaded.
        self._session = open_session(store.path(store.FILES["embed"][0], environ), "minilm.onnx", device)

    def prepare(self, given: DecodedInput) -> Features:
        """The numbers of the tokens, [1, tokens]; what lies beyond the 256th is cut off."""
        ids = self._tokenizer.encode(text(given, self.card.takes)).ids
        return (np.array([ids], dtype=np.int64),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Each item's states of its tokens, [tokens, 384]: one call for all, the shorter texts filled up and masked."""
        lengths = [item[0].shape[1] for item in batch]
        ids = np.zeros((len(batch), max(lengths)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, ((tokens,), length) in enumerate(zip(batch, lengths, strict=True)):
            ids[row, :length] = tokens[0]
            mask[row, :length] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(("last_hidden_state",), given)
        return [(each[:length],) for each, length in zip(states, lengths, strict=True)]

    def finish(self, raw: Features) -> ModelOutputs:
        """The mean over the tokens, of length one."""
        mean = raw[0].mean(axis=0)
        return {"embedding": (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)}
