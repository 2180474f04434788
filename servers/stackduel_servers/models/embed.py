"""embed: a text to one embedding of length one, as sentence-transformers makes it from all-MiniLM-L6-v2."""

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
        _, tokens = store.read("embed", environ)  # which checks both files
        self._tokenizer = Tokenizer.from_str(tokens.decode("utf-8"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        # Opened from the file: passing its content would keep another 23 MB in memory while it is loaded.
        self._session = open_session(store.path(store.FILES["embed"][0], environ), "minilm.onnx", device)

    def prepare(self, given: DecodedInput) -> Features:
        """Return the token ids, [1, tokens]; the text is cut off after 256 tokens."""
        ids = self._tokenizer.encode(text(given, self.card.takes)).ids
        return (np.array([ids], dtype=np.int64),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's token states, [tokens, 384]: one call for all, with shorter texts padded and masked."""
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
        """Return the mean over the tokens, scaled to length one."""
        mean = raw[0].mean(axis=0)
        return {"embedding": (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)}
