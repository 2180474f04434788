"""The texts from the environment that a stacks file asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackduel.model.errors import FieldError
from stackduel.model.secrecy import is_trivial

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class OwnSecrets:
    """Expands ``${NAME}`` and remembers what it stands for, as no result may show that."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.seen: set[str] = set()

    def expand(self, where: str, text: str) -> str:
        """Return the text with its variables filled in; raises FieldError for one that the environment lacks."""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self._environ:
                raise FieldError(f"{where}: the environment has no variable {name}")
            if not is_trivial(self._environ[name]):
                self.seen.add(self._environ[name])
            return self._environ[name]

        return VARIABLE.sub(value, text)
