"""What a fresh launch shows of a stack, and what several of them show together."""

from __future__ import annotations
