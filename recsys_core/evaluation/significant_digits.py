"""Honest digits: a number is written as far as its interval lets it be known, and no further."""

import math
from collections.abc import Sequence

from recsys_core.evaluation.bootstrap import Interval

TOO_FEW = "too few people to say"


def decimals(interval: Interval) -> int:
    """How many decimals of a mean its interval supports: those of half its width, rounded to one or two digits.

    The rule of the Particle Data Group (Review of Particle Physics, Introduction, section 5.3): half the width keeps
    two digits where its three leading ones lie between 100 and 354, one from 355 to 949, and from 950 on it becomes
    1000 and keeps two. Three decimals where the interval is not known or has no width.
    """
    half = (interval.high - interval.low) / 2
    if not half > 0:
        return 3
    place = math.floor(math.log10(half))
    leading = half / 10**place  # 1 to 10
    if round(leading, 2) >= 9.5:
        place += 1
    two_digits = round(leading, 2) < 3.55 or round(leading, 2) >= 9.5
    return max(0, two_digits - place)


def honest(interval: Interval, *, sign: bool = False) -> str:
    """The mean with its honest digits, as '0.312'; `sign` writes a + before what is above 0, a true minus below."""
    return _written(interval.mean, decimals(interval), sign)


def honest_range(interval: Interval, *, sign: bool = False) -> str:
    """The mean and the ends of its interval with the same digits, as '0.312 (0.298 to 0.326)'.

    Of an interval that is not known it is said why: '0.300 (too few people to say)'.
    """
    if not interval.is_known:
        return f"{honest(interval, sign=sign)} ({TOO_FEW})"
    places = decimals(interval)
    mean, low, high = (_written(each, places, sign) for each in (interval.mean, interval.low, interval.high))
    return f"{mean} ({low} to {high})"


def _written(value: float, places: int, sign: bool) -> str:
    text = f"{value:{'+' if sign else ''}.{places}f}"
    if float(text) == 0:
        return text.lstrip("+-")  # no sign where all digits are 0
    return text.replace("-", "−")


def rounded(parts: Sequence[float], digits: int) -> tuple[list[float], float]:
    """The parts and their sum with `digits` decimals, so that the rounded parts add up to the rounded sum exactly.

    Every part is rounded down or up to a neighbour; up go those that lose most by rounding down (the method of
    largest remainders).
    """
    unit = 10**digits
    scaled = [part * unit for part in parts]
    total = round(math.fsum(scaled))
    whole = [math.floor(part) for part in scaled]
    by_loss = sorted(range(len(scaled)), key=lambda place: whole[place] - scaled[place])
    for place in by_loss[: total - sum(whole)]:
        whole[place] += 1
    return [part / unit for part in whole], total / unit
