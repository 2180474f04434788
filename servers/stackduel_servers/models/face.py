"""face: MTCNN's cascade. P-Net proposes boxes at many scales, R-Net rejects, O-Net decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stackduel_servers.models import store
from stackduel_servers.models.base import DecodedInput, Features, ModelOutputs, pixels
from stackduel_servers.models.boxes import FloatArray, corrected, keep_best, square
from stackduel_servers.models.catalog import CATALOG
from stackduel_servers.models.runtime import open_session

SMALLEST_FACE = 20
SHRINK = 0.709
# P-Net looks at 12 x 12 pixels at every second place.
CELL = 12
STRIDE = 2
THRESHOLDS = (0.6, 0.7, 0.7)
OUTPUTS = ("boxes", "scores", "landmarks")


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Candidate boxes [n, 4] with their scores [n]."""

    boxes: FloatArray
    scores: FloatArray

    def pick(self, which: NDArray[np.intp]) -> _Candidates:
        return _Candidates(self.boxes[which], self.scores[which])


class Face:
    """The three networks; each picture goes through them by itself."""

    def __init__(self, environ: Mapping[str, str], device: str = "cpu") -> None:
        self.card = CATALOG["face"]
        graphs = zip(store.FILES["face"], store.read("face", environ), strict=True)
        self._propose, self._refine, self._decide = (open_session(graph, file.name, device) for file, graph in graphs)

    def prepare(self, given: DecodedInput) -> Features:
        """Return the pixels, [height, width, 3]."""
        return (pixels(given, self.card.takes),)

    def infer(self, batch: Sequence[Features]) -> list[Features]:
        """Return each item's boxes [faces, 4], scores [faces] and landmarks [faces, 10], the surest face first."""
        return [self._detect(Image.fromarray(picture)) for (picture,) in batch]

    def finish(self, raw: Features) -> ModelOutputs:
        """Return left, top, right, bottom; scores; x of both eyes, the nose and both mouth corners, then their y."""
        return dict(zip(OUTPUTS, raw, strict=True))

    def _detect(self, picture: Image.Image) -> Features:
        candidates = self._proposals(picture)
        if len(candidates.scores):
            candidates = self._refined(picture, candidates)
        if len(candidates.scores):
            return self._decided(picture, candidates)
        return np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, 10), np.float32)

    def _proposals(self, picture: Image.Image) -> _Candidates:
        each = [self._proposed_at(picture, scale) for scale in pyramid(min(picture.size))]
        candidates = _Candidates(
            np.concatenate([one.boxes for one in each]), np.concatenate([one.scores for one in each])
        )
        candidates = candidates.pick(keep_best(candidates.boxes[:, :4], candidates.scores, 0.7, "union"))
        plain, corrections = candidates.boxes[:, :4], candidates.boxes[:, 4:]
        size = plain[:, 2:] - plain[:, :2]
        return _Candidates(np.trunc(square(plain + corrections * np.tile(size, 2))), candidates.scores)

    def _proposed_at(self, picture: Image.Image, scale: float) -> _Candidates:
        """Return the proposals at one size of the picture; each box is followed by four corrections."""
        width, height = (int(np.ceil(side * scale)) for side in picture.size)
        small = _as_input([_resized(picture, width, height)])
        corrections, chances = self._propose.run(None, {self._propose.get_inputs()[0].name: small})
        across, down = np.nonzero(chances[0, :, :, 1] >= THRESHOLDS[0])
        corner = STRIDE * np.stack([across, down], axis=1)
        boxes = np.trunc(np.hstack([corner + 1, corner + CELL]) / scale).astype(np.float32)
        scores = chances[0, across, down, 1]
        best = keep_best(boxes, scores, 0.5, "union")
        return _Candidates(np.hstack([boxes, corrections[0, across, down]]), scores).pick(best)

    def _refined(self, picture: Image.Image, candidates: _Candidates) -> _Candidates:
        given = {self._refine.get_inputs()[0].name: _cut_out(picture, candidates.boxes, 24)}
        corrections, chances = self._refine.run(None, given)
        sure = np.flatnonzero(chances[:, 1] > THRESHOLDS[1])
        candidates = _Candidates(candidates.boxes[sure], chances[sure, 1])
        best = keep_best(candidates.boxes, candidates.scores, 0.7, "union")
        return _Candidates(
            np.trunc(square(corrected(candidates.boxes[best], corrections[sure][best]))), candidates.scores[best]
        )

    def _decided(self, picture: Image.Image, candidates: _Candidates) -> Features:
        given = {self._decide.get_inputs()[0].name: _cut_out(picture, candidates.boxes, 48)}
        corrections, points, chances = self._decide.run(None, given)
        sure = np.flatnonzero(chances[:, 1] > THRESHOLDS[2])
        boxes, scores = candidates.boxes[sure], chances[sure, 1]
        size = boxes[:, 2:] - boxes[:, :2] + 1
        landmarks = np.repeat(size, 5, axis=1) * points[sure] + np.repeat(boxes[:, :2], 5, axis=1) - 1
        boxes = corrected(boxes, corrections[sure])
        best = keep_best(boxes, scores, 0.7, "smaller")
        return boxes[best], scores[best], landmarks[best]


def pyramid(shorter_side: int) -> list[float]:
    """Return the scales at which faces from 20 pixels up to the whole picture are 12 pixels wide."""
    scales = [CELL / SMALLEST_FACE]
    while shorter_side * scales[-1] * SHRINK >= CELL:
        scales.append(scales[-1] * SHRINK)
    return scales


def _cut_out(picture: Image.Image, boxes: FloatArray, side: int) -> FloatArray:
    """Return the content of each box, [n, side, side, 3]; black outside the picture."""
    corners = [
        (int(left) - 1, int(top) - 1, max(int(left), int(right)), max(int(top), int(bottom)))
        for left, top, right, bottom in boxes
    ]
    return _as_input([_resized(picture.crop(corner), side, side) for corner in corners])


def _resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Resize the picture, with area averages when it shrinks, as in the networks' training."""
    shrinks = width <= picture.width and height <= picture.height
    return picture.resize((width, height), Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR)


def _as_input(pictures: Sequence[Image.Image]) -> FloatArray:
    """Return pixels [n, width, height, 3] from -1 to 1: the networks take transposed pictures."""
    stacked = np.stack([np.asarray(picture) for picture in pictures]).transpose(0, 2, 1, 3)
    return ((stacked - np.float32(127.5)) * np.float32(0.0078125)).astype(np.float32)
