"""Match the raw ids of a file to those of a data set."""

from collections.abc import Iterable, Sequence

import numpy as np


def match_ids(wanted: Iterable[str], known: Sequence[str]) -> np.ndarray:
    """Return for each wanted id its index among the known ones, or -1; ids are compared as text."""
    index_of = {each: index for index, each in enumerate(known)}
    return np.fromiter((index_of.get(each, -1) for each in wanted), np.int64)
