"""Parse the times of ratings. A column of times is read as a whole, or not at all."""

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from recsys_core.data.nouns import write_number
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.id_doubts import has_lost_digits
from recsys_core.data.reading.numbers import NUMBER, ManyTexts, are_numbers, plain_digits, whole_numbers
from recsys_core.data.reading.receipt import N_EXAMPLES, list_examples, quote

# The largest second is the end of the year 9999; larger numbers count in smaller units.
LAST_SECOND = 253402300799.0
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
DAY = 86_400.0
# Ratings are likely from 1990 to 2037, in seconds and as days of Excel, which counts from 1899-12-30.
FROM, TO = 631_152_000.0, 2_145_916_800.0
LAST_LIKELY = 4_133_980_800.0  # the beginning of 2101
EXCEL_EPOCH = 25_569
# Whole numbers that spell a date: the name, the number of digits, and the format.
SPELT = (
    ("YYYYMMDD", 8, "%Y%m%d"),
    ("YYYYMMDDhhmmss", 14, "%Y%m%d%H%M%S"),
    ("YYYYMMDDhhmm", 12, "%Y%m%d%H%M"),
    ("YYYYMM", 6, "%Y%m"),
    ("years", 4, "%Y"),
)
N_FINE = 3  # of these with a day
TICKS = "ticks of .NET"
# Other ways to count: the name, the seconds in one, and when the count began, in seconds since 1970.
COUNTED = {
    "minutes since 1970": (60.0, 0.0),
    "hours since 1970": (3_600.0, 0.0),
    "days since 1970": (DAY, 0.0),
    "seconds since 2001": (1.0, 978_307_200.0),
    "Julian days": (DAY, -2_440_587.5 * DAY),
    "100 nanoseconds since 1601": (1e-7, -11_644_473_600.0),
    TICKS: (1e-7, -62_135_596_800.0),
}
COARSE = {"years": "year", "YYYYMM": "month"}

CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S %z", " %H:%M %z")
SWAPPED = {
    "%d/%m/%Y": "%m/%d/%Y", "%d/%m/%y": "%m/%d/%y", "%d-%m-%Y": "%m-%d-%Y", "%d-%m-%y": "%m-%d-%y",
    "%d %m %Y": "%m %d %Y",
}  # fmt: skip
SWAPPED |= {month_first: day_first for day_first, month_first in SWAPPED.items()}
DAYS = (
    *SWAPPED, "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y", "%d %b %Y",
    "%d %B %Y", "%b %d %Y", "%B %d %Y", "%Y年%m月%d日",
)  # fmt: skip
WHOLE = ("%b %d %H:%M:%S %z %Y", "%b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S %z")
WORDS = {
    "%Y": "year", "%y": "year", "%m": "month", "%d": "day", "%b": "month", "%B": "month", "%H": "hour", "%I": "hour",
    "%M": "minute", "%S": "second", ".%f": "", "%p": "AM/PM", "%z": "zone",
}  # fmt: skip
WEEKDAY = re.compile(r"(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +")
LOOKS_DATED = re.compile(r"(?=.*\d).{6,45}")


def parse_times(
    codes: np.ndarray, texts: np.ndarray | ManyTexts, lines: np.ndarray, unit: str, chosen: str = ""
) -> tuple[np.ndarray | None, str, Doubt | None]:
    """Parse a column of times; return (seconds since 1970 for each row or None, how they were read, a doubt or None).

    `codes` (r,) are indices into `texts`, `lines` (r,) the line numbers, and `chosen` is a format that a person chose.
    Times that are mixed or in part unreadable are not used: the order of ratings, and so a test by time, would be
    partly made up.
    """
    whole = whole_numbers(texts)
    if whole is None and not are_numbers(texts):
        texts = np.array([plain_digits(text.strip()) for text in texts], object)
        whole = whole_numbers(texts)
    weight = np.bincount(codes, minlength=len(texts))
    best, best_share, best_name = np.full(len(texts), np.nan), -1.0, ""
    for name, seconds in [(chosen, _chosen(texts, chosen))] if chosen else _readings(texts, whole):
        share = weight[np.isfinite(seconds)].sum() / max(1, len(codes))
        if share == 1:
            if not chosen and (rival := _rival(texts, weight > 0, name)):
                return None, "", _ambiguous(texts[codes[0]], name, rival)
            return seconds[codes], describe_format(name), _coarse(name) or _rounded(codes, texts, lines, unit)
        if share > best_share:
            best, best_share, best_name = seconds, share, name
    misfits = np.flatnonzero(~np.isfinite(best[codes]))
    if len(misfits) == len(codes):
        return None, "", _unused(f"none is a number or a date ({unit} {lines[0]})")
    examples = [(int(lines[row]), quote(texts[codes[row]], 30)) for row in misfits[:N_EXAMPLES]]
    more = ", …" if len(misfits) > N_EXAMPLES else ""
    return (
        None,
        "",
        _unused(
            f"they are mixed or unreadable. {len(misfits):,} of {len(codes):,} are not {describe_format(best_name)}: "
            f"{list_examples(examples, unit)}{more}. The ratings are kept. Correct the times to split by time"
        ),
    )


def useless_times(seconds: np.ndarray, how: str = "", chosen: str = "") -> Doubt | None:
    """Return a doubt where these times are no moments: all are equal, or at another time than anybody rated.

    `how` they were read and the format that a person has `chosen` tell whether they are numbers in an unknown unit.
    """
    if len(seconds) < 2:
        return None
    low, high = seconds.min(), seconds.max()
    if low == high:
        moment = pd.Timestamp(low, unit="s").isoformat(" ") if abs(low) < LAST_SECOND else write_number(low, ".6g")
        return _unused(f"all timestamps are equal ({moment.removesuffix(' 00:00:00')}), so none is earlier")
    if 0 <= low and high < DAY:
        return _unused(
            f"the numbers from {low:,.0f} to {high:,.0f} would all be on one day in 1970, so they are no times",
            _other_units(seconds, how),
        )
    if how in UNITS and not chosen and not FROM <= np.median(seconds) <= LAST_LIKELY:
        months = {str(month) for month in np.array([low, high]).astype("datetime64[s]").astype("datetime64[M]")}
        return Doubt(
            "time unit",
            f"Read as {how} since 1970, the times would lie in {' to '.join(sorted(months))}, when hardly anybody "
            "rated. They count in another unit or from another day, so only their order is used, and no dates.",
            answers=(*_other_units(seconds, how), Answer(f"They are {how} since 1970", (("time_format", how),))),
        )
    return None


def _other_units(seconds: np.ndarray, how: str) -> tuple[Answer, ...]:
    """Return the ways to count by which the median of these times, read as `how`, is one at which people rate."""
    number = float(np.median(seconds)) * UNITS.get(how, np.nan)
    moments = {name: number * size + start for name, (size, start) in COUNTED.items()}
    return tuple(
        Answer(f"They are {name}: {_day(moment)}", (("time_format", name),))
        for name, moment in moments.items()
        # Small numbers would else be seconds right after any beginning.
        if FROM <= moment <= TO and moment - COUNTED[name][1] >= 365 * DAY
    )


def _day(second: float) -> str:
    return pd.Timestamp(second, unit="s").strftime("%-d %B %Y")


def odd_times(seconds: np.ndarray, lines: np.ndarray, unit: str) -> Doubt | None:
    """Return a doubt where some times (r,) are none at which anybody rated, such as 1970-01-01 for an unknown one."""
    odd = np.flatnonzero((seconds < DAY) | (seconds > LAST_LIKELY))
    if not len(odd):
        return None
    days = np.floor(seconds[odd[:N_EXAMPLES]] / DAY).astype(np.int64).astype("datetime64[D]")
    examples = [(int(lines[row]), str(day)) for row, day in zip(odd, days, strict=False)]
    more = ", …" if len(odd) > N_EXAMPLES else ""
    rows = "1 row has a time" if len(odd) == 1 else f"{len(odd):,} rows have times"
    return Doubt(
        "odd time",
        f"{rows} up to 1 January 1970 or after 2100: {list_examples(examples, unit)}{more}. They count as they are, "
        "and in a test by time as the earliest or the latest. Remove these rows if the time is unknown.",
    )


def looks_like_times(texts: np.ndarray) -> bool:
    """Guess from some of these distinct texts whether they are times from 1990 to 2037."""
    sample = [text for text in texts[:: max(1, len(texts) // 40)] if text][:50]
    if not sample:
        return False
    if are_numbers(sample):
        numbers = np.array(sample, float)
        size = float(np.median(numbers))
        for per_second in UNITS.values():
            if FROM * per_second <= size <= TO * per_second:
                return bool(np.mean((FROM * per_second <= numbers) & (numbers <= TO * per_second)) > 0.95)
        return any(
            _may_spell(sample, n_digits) and np.isfinite(_spelt(sample, form)).all()
            for _, n_digits, form in SPELT[:N_FINE]
        )
    if not np.mean([LOOKS_DATED.fullmatch(plain_digits(text)) is not None for text in sample]) > 0.8:
        return False
    if sum(map(str.isdigit, "".join(sample))) < 4 * len(sample):
        return False
    some = np.array([plain_digits(text) for text in sample], object)
    return any(np.isfinite(seconds).mean() > 0.5 for _, seconds in _dated(some))


def times_of_parts(parts: list[np.ndarray]) -> np.ndarray:
    """Return the seconds since 1970 of dates in columns (year, month, day, ...); NaN where there is no such date."""
    names = ("year", "month", "day", "hour", "minute", "second")
    frame = pd.DataFrame(dict(zip(names, parts, strict=False)))
    return _seconds(pd.to_datetime(frame, errors="coerce", utc=True))


def describe_format(name: str) -> str:
    """Describe a format: 'day/month/year hour:minute' for '%d/%m/%Y %H:%M'."""
    for sign, word in (WORDS | {"年": "/", "月": "/", "日": ""}).items():
        name = name.replace(sign, word)
    return name


def _unused(reason: str, answers: tuple[Answer, ...] = ()) -> Doubt:
    return Doubt("time", f"The timestamps are not used: {reason}.", answers=answers)


def _rounded(codes: np.ndarray, texts: np.ndarray | ManyTexts, lines: np.ndarray, unit: str) -> Doubt | None:
    """Return a doubt where most times are numbers whose last digits are lost, as 9.79E+08."""
    if isinstance(texts, ManyTexts) or not any("E" in text or "e" in text for text in texts[:50]):
        return None
    is_lost = np.array([has_lost_digits(text) for text in texts], bool)[codes]
    if is_lost.mean() <= 0.5:  # a program may write a round number so
        return None
    row = int(np.argmax(is_lost))
    return Doubt(
        "digits time",
        f"{int(is_lost.sum()):,} times are in scientific notation and have lost their last digits, such as "
        f"{unit} {lines[row]}: {quote(texts[codes[row]], 30)}. Days and order are uncertain: export the times in full "
        "from their source.",
    )


def _coarse(name: str) -> Doubt | None:
    if name not in COARSE:
        return None
    return Doubt("coarse time", f"The times are {name} only, so the order within a {COARSE[name]} is unknown.")


def _ambiguous(text: str, name: str, rival: str) -> Doubt:
    def moment(form: str) -> str:
        return _day(_dates(_tidy(np.array([text], object)), form)[0])

    forms = sorted((name, rival))  # the day before the month before the year
    answers = [
        Answer(f"{WORDS[form[:2]].capitalize()} first: {moment(form)}", (("time_format", form),)) for form in forms
    ]
    return Doubt(
        "time order",
        f"The timestamps are not used yet: each can be read as {describe_format(forms[0])} or as "
        f"{describe_format(forms[1])}. What does {quote(text, 30)} mean?",
        answers=(*answers, Answer("Do not use the times", (("time", None),))),
        must_answer=True,
    )


def _numbers(texts: np.ndarray | ManyTexts) -> np.ndarray:
    """Return the numbers among the texts, and NaN for the others."""
    return np.array([text if NUMBER.fullmatch(text) else np.nan for text in texts], object).astype(float)


def _chosen(texts: np.ndarray | ManyTexts, name: str) -> np.ndarray:
    """Return the seconds by the format that a person chose; NaN where a text does not fit."""
    if name in UNITS:
        return _numbers(texts) / UNITS[name]
    if name in COUNTED:
        size, start = COUNTED[name]
        return _numbers(texts) * size + start
    return _dates(_tidy(texts[:]), name)


def _readings(texts: np.ndarray | ManyTexts, whole: np.ndarray | None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (format, seconds) of all readings, the most usual first; NaN where a text does not fit.

    `whole` are the numbers where all texts are whole numbers.
    """
    if whole is not None:
        numbers = whole
    elif are_numbers(texts):
        numbers = texts[:].astype(float)
    else:
        numbers = _numbers(texts)
    is_number = np.isfinite(numbers)
    if is_number.any():
        for name, n_digits, form in SPELT:
            if _may_spell(texts, n_digits):
                yield name, _spelt(texts, form)
        size, start = COUNTED[TICKS]
        for name, seconds in ("days of Excel", (numbers - EXCEL_EPOCH) * DAY), (TICKS, numbers * size + start):
            is_likely = (FROM <= seconds) & (seconds <= TO)
            if is_likely.any():
                yield name, np.where(is_likely, seconds, np.nan)
    size = np.abs(numbers)
    for name, per_second in UNITS.items():
        limit = LAST_SECOND * per_second
        # Numbers of a smaller magnitude belong to the unit before; 0 belongs to every unit.
        low = 0 if per_second == 1 else limit / 1e3
        with np.errstate(invalid="ignore"):
            fits = (size <= limit) & ((size > low) | (size == 0) | (per_second == 1))
        yield name, np.where(fits, numbers / per_second, np.nan)
    if not is_number.all():
        yield from _dated(texts[:])


def _dated(texts: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (format, seconds) of readings as dates; NaN where a text does not fit."""
    yield "ISO dates", _iso(texts)
    if any(text.endswith("UTC") for text in texts[:50]):
        yield "ISO dates in UTC", _iso([text.removesuffix("UTC").rstrip() for text in texts])
    tidied = _tidy(texts)
    yield "ISO dates", _iso(tidied)
    for form in (*(day + clock for day in DAYS for clock in CLOCKS), *WHOLE):
        if np.isfinite(_dates(tidied[:50], form)).any():
            yield form, _dates(tidied, form)


def _iso(texts: np.ndarray | list[str]) -> np.ndarray:
    return _seconds(pd.to_datetime(pd.Series(texts), format="ISO8601", utc=True, errors="coerce"))


def _may_spell(texts: Iterable[str], n_digits: int) -> bool:
    """Tell whether all texts are whole numbers of `n_digits` that may spell a date from 1900 to 2099."""
    return all(text.startswith(("19", "20")) and len(text.split(".")[0]) == n_digits for text in texts)


def _spelt(texts: Iterable[str], form: str) -> np.ndarray:
    return _dates(np.array([text.removesuffix(".0") for text in texts], object), form)


def _tidy(texts: np.ndarray) -> np.ndarray:
    """Remove weekdays, 'UTC', commas and ordinal endings; write AM and PM in capitals after a space."""

    def tidied(text: str) -> str:
        text = WEEKDAY.sub("", text.strip())
        text = re.sub(r"(?i)\s*\(?(utc|gmt|etc/utc)\)?$", "", text)
        text = re.sub(r"(?i)(?<=\d)(st|nd|rd|th)\b", "", text)
        text = re.sub(
            r"(?i)\s*\b([ap])\.?m\.?$|(?<=\d)\s*([ap])\.?m\.?$", lambda m: f" {(m[1] or m[2]).upper()}M", text
        )
        text = re.sub(r"(?<=:\d\d),(?=\d)", ".", text)  # the fraction of a second
        return " ".join(text.replace(",", " ").split())

    return np.array([tidied(text) for text in texts], object)


def _rival(texts: np.ndarray | ManyTexts, is_used: np.ndarray, name: str) -> str | None:
    """Return the format with day and month swapped, if it too can read every used text and reads any differently.

    Of days with years of two digits it may be the one with the year first, where the first number differs less than the
    last, as a year does.
    """
    day = next((day for day in (*SWAPPED, "%d.%m.%y") if name.startswith(day)), None)
    if day is None:
        return None
    tidied = _tidy(texts[is_used])
    others = [SWAPPED[day]] if day in SWAPPED else []
    if "%y" in day:
        firsts, _, lasts = zip(*(re.findall(r"\d+", text)[:3] for text in tidied), strict=True)
        others += [f"%y{day[2]}%m{day[2]}%d"] * (len(set(firsts)) < len(set(lasts)))
    for other in (other + name.removeprefix(day) for other in others):
        seconds = _dates(tidied, other)
        if np.isfinite(seconds).all() and not np.array_equal(seconds, _dates(tidied, name)):
            return other
    return None


def _dates(texts: np.ndarray, form: str) -> np.ndarray:
    return _seconds(pd.to_datetime(pd.Series(texts), format=form, utc=True, errors="coerce"))


def _seconds(moments: pd.Series) -> np.ndarray:
    # Not in nanoseconds, which reach from 1677 to 2262 only.
    microseconds = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(microseconds), np.nan, microseconds.astype(np.int64) / 1e6)
