"""Of rows with the same user and item, what counts?"""

import numpy as np


def merge(pairs: np.ndarray, values: np.ndarray, times: np.ndarray | None, rule: str):
    """(rows kept, value of each, (rows merged into them, how many of these conflict in value)).

    `pairs` are one number a user and item; `rule` is a key of DUPLICATES. What is earlier goes by time,
    and where times are equal or missing by the order of the rows.
    """
    n = len(pairs)
    by_time = np.lexsort((np.zeros(n) if times is None else times, pairs))
    if rule == "highest":
        by_time = by_time[np.lexsort((values[by_time], pairs[by_time]))]
    grouped = pairs[by_time]
    is_first = np.append(True, grouped[1:] != grouped[:-1])
    is_kept = is_first if rule == "first" else np.append(is_first[1:], True)
    group = np.cumsum(is_first) - 1
    kept, counted = by_time[is_kept], values[by_time[is_kept]]
    if rule == "mean":
        counted = np.bincount(group, values[by_time]) / np.bincount(group)
    elif rule == "sum":
        counted = np.bincount(group, values[by_time])
    elif rule == "count":
        counted = np.bincount(group).astype(float)
    gone = by_time[~is_kept]
    n_conflicts = int(np.sum(values[gone] != counted[group[~is_kept]]))
    return kept, counted, (gone, n_conflicts)
