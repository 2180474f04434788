"""Published claims on speedups beside the measured ones, with what binds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stackduel.analysis.claimed_speedups import ClaimResult, ClaimWord, claim_results
from stackduel.model.counted import counted
from stackduel.model.run import Run
from stackduel.model.speedup_claim import SpeedupClaim
from stackduel.report.sections.blocks import Grid, Section, Sentences
from stackduel.report.sections.figures import DASH, figure, speedup_text

HEADINGS = ("scenario", "claimed", "measured", "binds", "judgement")
WORDS = frozenset(HEADINGS)
MEANING: Mapping[ClaimWord, str] = {
    "reproduced": "the whole interval is at least what was claimed",
    "explained": "a gain is shown, and the claimed size is ruled out",
    "refuted": "the claimed size is ruled out, and no gain is shown",
    "inconclusive": "the interval with its margin holds the claim's lower end, or the host was noisy",
    "not tested": "too few blocks for an interval",
    "scaled down": "a claim is judged at the published request only: --published-delays",
}


def sections(run: Run) -> Iterator[Section]:
    """Yield the claims of the suite whose two stacks were compared: a table for each of the pairs."""
    pairs: dict[tuple[str, str], list[ClaimResult]] = {}
    for each in claim_results(run):
        pairs.setdefault((each.claim.stack, each.claim.baseline), []).append(each)
    if pairs:
        blocks = (block for results in pairs.values() for block in (_grid(results), Sentences((_sentence(results),))))
        yield Section("claimed-speedups", "Published claims", tuple(blocks))


def _grid(results: Sequence[ClaimResult]) -> Grid:
    rows = tuple(
        (
            each.comparison.scenario,
            _claimed(each.claim),
            speedup_text(each.comparison),
            each.comparison.binds or DASH,
            each.word,
        )
        for each in results
    )
    return Grid(_pair_text(results), HEADINGS, rows, WORDS)


def _sentence(results: Sequence[ClaimResult]) -> str:
    words = Counter(each.word for each in results)
    judged = "; ".join(f"{word} in {counted(number, 'scenario')} ({MEANING[word]})" for word, number in words.items())
    texts = dict.fromkeys(each.claim.text.rstrip(".") for each in results)
    return f"Published of {_pair_text(results)}: {'; '.join(texts)}. Measured: {judged}."


def _pair_text(results: Sequence[ClaimResult]) -> str:
    claim = results[0].claim
    return f"{claim.stack} over {claim.baseline}"


def _claimed(claim: SpeedupClaim) -> str:
    return f"{figure(claim.low)}x-{figure(claim.high)}x"
