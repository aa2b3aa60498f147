"""When was each rating given? A column of times is read as a whole, or not at all."""

import numpy as np
import pandas as pd

from recsys_core.data.reading.numbers import NUMBER, plain_digits
from recsys_core.data.reading.receipt import N_EXAMPLES, places, shown

# The largest second is the end of the year 9999; larger numbers count in smaller units.
LAST_SECOND = 253402300799.0
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
CLOCKS = ("", " %H:%M", " %H:%M:%S")
DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y")
AMBIGUOUS_PAIR = {"%d/%m/%Y", "%m/%d/%Y"}


def parse_times(codes: np.ndarray, texts: np.ndarray, lines: np.ndarray, unit: str):
    """(seconds since 1970 for each row or None, how they were read, warning or None).

    Times that are mixed or in part unreadable are not used: the order of events would be partly made
    up, and a test by time with it.
    """
    if not all(map(NUMBER.fullmatch, texts)):
        texts = np.array([plain_digits(text.strip()) for text in texts], object)
    weight = np.bincount(codes, minlength=len(texts))
    best, best_share, best_name = None, -1.0, ""
    for name, seconds in _readings(texts):
        share = weight[np.isfinite(seconds)].sum() / max(1, len(codes))
        if share == 1 and name.startswith("%"):
            rival = _rival(texts[weight > 0], name)
            if rival:
                return None, "", f"The timestamps are not used: they can be read as {name} or as {rival}."
        if share > best_share:
            best, best_share, best_name = seconds, share, name
        if share == 1:
            return seconds[codes], name, None
    misfits = np.flatnonzero(~np.isfinite(best[codes]))
    if len(misfits) == len(codes):
        return None, "", f"The timestamps are not used: none is a number or a date ({unit} {lines[0]})."
    examples = [(int(lines[row]), shown(texts[codes[row]], 30)) for row in misfits[:N_EXAMPLES]]
    more = ", …" if len(misfits) > N_EXAMPLES else ""
    warning = (
        f"The timestamps are not used: they are mixed or unreadable. {len(misfits):,} of {len(codes):,} are not "
        f"{best_name}: {places(examples, unit)}{more}. The ratings are kept; mend these to split by time."
    )
    return None, "", warning


def _readings(texts: np.ndarray):
    """Yield (name, seconds), NaN where a text does not fit, most usual reading first."""
    numbers = np.array([text if NUMBER.fullmatch(text) else np.nan for text in texts], object).astype(float)
    size = np.abs(numbers)
    for name, per_second in UNITS.items():
        limit = LAST_SECOND * per_second
        # Numbers of a smaller magnitude belong to the unit before; 0 belongs to every unit.
        low = 0 if per_second == 1 else limit / 1e3
        with np.errstate(invalid="ignore"):
            fits = (size <= limit) & ((size > low) | (size == 0) | (per_second == 1))
        yield name, np.where(fits, numbers / per_second, np.nan)
    if np.isfinite(numbers).all():
        return
    yield "ISO dates", _seconds(pd.to_datetime(pd.Series(texts), format="ISO8601", utc=True, errors="coerce"))
    for form in (day + clock for day in DAYS for clock in CLOCKS):
        if np.isfinite(_dates(texts[:50], form)).any():
            yield form, _dates(texts, form)


def _rival(texts: np.ndarray, name: str) -> str | None:
    """The other order of day and month, if it too can read every text and reads any differently."""
    day, _, clock = name.partition(" ")
    for other in AMBIGUOUS_PAIR - {day} if day in AMBIGUOUS_PAIR else ():
        name_of_other = f"{other} {clock}".strip()
        seconds = _dates(texts, name_of_other)
        if np.isfinite(seconds).all() and not np.array_equal(seconds, _dates(texts, name)):
            return name_of_other
    return None


def _dates(texts: np.ndarray, form: str) -> np.ndarray:
    return _seconds(pd.to_datetime(pd.Series(texts), format=form, utc=True, errors="coerce"))


def _seconds(moments: pd.Series) -> np.ndarray:
    # Not in nanoseconds, which reach from 1677 to 2262 only.
    microseconds = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(microseconds), np.nan, microseconds.astype(np.int64) / 1e6)
