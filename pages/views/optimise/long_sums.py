"""Sums whose number of terms nobody knows beforehand, in as many lines as they need."""

from collections.abc import Sequence

_TERMS_A_LINE = 4
"""What fits between the sidebar and the right edge of a projector, 1280 pixels wide."""


def break_sum(terms: Sequence[str]) -> str:
    r"""Return the LaTeX of a sum of `terms`, each with its sign, for the right side of an `aligned` equation."""
    lines = ["".join(terms[first : first + _TERMS_A_LINE]) for first in range(0, len(terms), _TERMS_A_LINE)]
    return r"\\&\quad ".join(lines)
