"""Place labels beside points so that none overlaps another."""

from collections.abc import Sequence

import numpy as np

GAP = 12.0
"""Pixels from a point to its label."""
_PER_LETTER, _PADDING, _LINE_HEIGHT = 0.56, 6.0, 17.0  # of the font size, and pixels
_BESIDE, _ELSEWHERE = ((1, 0), (-1, 0)), ((0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in pixels."""


def label_width(label: str, font_size: float) -> float:
    """Return about how many pixels a label is wide, rather more than less."""
    return _PER_LETTER * font_size * len(label) + _PADDING


def place_labels(
    points: np.ndarray,
    widths: Sequence[float],
    size: tuple[float, float],
    *,
    most: int,
    n_chosen: int = 0,
    taken: Sequence[Box] = (),
) -> list[tuple[int, int, int]]:
    """Return (index of the point, x shift, y shift) of at most `most` labels that overlap neither another nor `taken`.

    `points` (count, 2) are pixels from the lower left corner of an area of `size` (width, height), the most important
    first, with labels of these `widths`: one that finds no room gives way to the next. Labels stand to the right, a
    shift of (1, 0), or to the left of their points; those of the first `n_chosen` also above, (0, 1), below or across
    a corner. No label leaves the area.
    """
    boxes, placed = list(taken), list[tuple[int, int, int]]()
    for index, (point, width) in enumerate(zip(points, widths, strict=True)):
        if len(placed) == most:
            break
        for shift in (*_BESIDE, *_ELSEWHERE) if index < n_chosen else _BESIDE:
            box = label_box(point, width, shift)
            is_inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
            if is_inside and not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                placed.append((index, *shift))
                break
    return placed


def label_box(point: np.ndarray, width: float, shift: tuple[int, int]) -> Box:
    """Return the room that a label takes at a shift from its point."""
    x, y = point
    left = {1: x + GAP, -1: x - GAP - width, 0: x - width / 2}[shift[0]]
    bottom = y - _LINE_HEIGHT / 2 + shift[1] * (GAP + _LINE_HEIGHT / 2)
    return float(left), float(bottom), float(left + width), float(bottom + _LINE_HEIGHT)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
