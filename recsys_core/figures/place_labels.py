"""Place labels beside points so that none overlaps another."""

from collections.abc import Iterator, Sequence

import numpy as np

_PER_LETTER, _LINE_HEIGHT, _GAP = 5.6, 15.0, 9.0  # pixels at a font size of 10
_SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # beside the point, else above or below it

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in pixels."""


def place_labels(
    points: np.ndarray, labels: Sequence[str], size: tuple[float, float], *, most: int, taken: Sequence[Box] = ()
) -> list[tuple[int, int, int]]:
    """Return (index of the point, x shift, y shift) of at most `most` labels that overlap neither another nor `taken`.

    `points` (count, 2) are pixels from the lower left corner of an area of `size` (width, height), the most important
    first: a label that finds no room gives way to the next. A shift of (1, 0) puts it to the right of its point, (0, 1)
    above. No label leaves the area.
    """
    boxes, placed = list(taken), list[tuple[int, int, int]]()
    for index, (point, label) in enumerate(zip(points, labels, strict=True)):
        if len(placed) == most:
            break
        for shift, box in _candidates(point, label):
            is_inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
            if is_inside and not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                placed.append((index, *shift))
                break
    return placed


def label_box(point: np.ndarray, label: str, shift: tuple[int, int]) -> Box:
    """Return the room that a label takes at a shift from its point."""
    width, (x, y) = _PER_LETTER * len(label), point
    left = {1: x + _GAP, -1: x - _GAP - width, 0: x - width / 2}[shift[0]]
    bottom = y - _LINE_HEIGHT / 2 + shift[1] * (_GAP + _LINE_HEIGHT / 2)
    return float(left), float(bottom), float(left + width), float(bottom + _LINE_HEIGHT)


def _candidates(point: np.ndarray, label: str) -> Iterator[tuple[tuple[int, int], Box]]:
    for shift in _SHIFTS:
        yield shift, label_box(point, label, shift)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
