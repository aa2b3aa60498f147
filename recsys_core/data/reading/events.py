"""Event logs: recognise a column of events, and weigh each kind of event."""

import numpy as np

from recsys_core.data.reading import header_words
from recsys_core.data.reading.column_roles import normalise
from recsys_core.data.reading.numbers import looks_numeric

# More kinds than this are no kinds of events.
MOST_EVENTS = 20
_WEIGHTS = {normalise(word): float(weight) for weight, listed in header_words.EVENTS.items() for word in listed.split()}


def weight_of(event: str) -> float:
    """Return the default weight of an event of this name; 1 for an unknown event."""
    name = normalise(event)
    if name in _WEIGHTS:
        return _WEIGHTS[name]
    known = [weight for word, weight in _WEIGHTS.items() if len(word) > 3 and word in name]
    return max(known, default=1.0)


def are_events(texts: np.ndarray) -> bool:
    """Tell whether these distinct texts name kinds of events: there are few, and most are known."""
    filled = {text.strip() for text in texts} - {""}
    if not 0 < len(filled) <= MOST_EVENTS:
        return False
    return sum(normalise(text) in _WEIGHTS for text in filled) > 0.5 * len(filled)


def weights_of(texts: np.ndarray) -> tuple[tuple[str, float], ...]:
    """Return (event, weight) for each distinct event, the lightest first."""
    filled = {text.strip() for text in texts} - {""}
    return tuple(sorted(((text, weight_of(text)) for text in filled), key=lambda pair: (pair[1], pair[0])))


def varies_for_one(event_codes: np.ndarray, codes: np.ndarray, texts: np.ndarray) -> int | None:
    """Return the code of the one event for which these numbers vary, where they are constant for all others; else None.

    Ids of transactions, which are blank for other events or never repeat, are no such numbers.
    """
    n_events = int(event_codes.max(initial=-1)) + 1
    pairs, counts = np.unique(event_codes.astype(np.int64) * len(texts) + codes, return_counts=True)
    event, value = np.divmod(pairs, max(1, len(texts)))
    varying = np.flatnonzero(np.bincount(event, minlength=n_events) > 1)
    if len(varying) != 1 or n_events < 2 or not all(looks_numeric(text) for text in texts[value[event != varying[0]]]):
        return None
    is_id = bool(np.all(counts[event == varying[0]] == 1)) and all(text.strip().isdigit() for text in texts)
    return None if is_id else int(varying[0])
