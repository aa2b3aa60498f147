"""Match the raw ids of a file to those of a data set."""

from collections.abc import Iterable, Sequence

import numpy as np

from recsys_core.escape import for_spreadsheet


def match_ids(wanted: Iterable[str], known: Sequence[str]) -> np.ndarray:
    """Return for each wanted id its index among the known ones, or -1; ids are compared as text.

    An id also matches as it is written where a spreadsheet would take it for a formula: '=1 as =1.
    """
    wanted = list(wanted)
    index_of = {each: index for index, each in enumerate(known)}
    found = np.fromiter((index_of.get(each, -1) for each in wanted), np.int64, len(wanted))
    if len(missing := np.flatnonzero(found < 0)):
        written = {safe: index for each, index in index_of.items() if (safe := for_spreadsheet(each)) not in index_of}
        for at in missing:
            found[at] = written.get(wanted[at], index_of.get(for_spreadsheet(wanted[at]), -1))
    return found
