"""Significant digits: a number is written as far as its interval supports it, and no further."""

import math
from collections.abc import Sequence

from recsys_core.evaluation.bootstrap import Interval


def decimals(interval: Interval) -> int:
    """Return how many decimals of a mean its interval supports: one or two significant digits of half its width.

    The rule of the Particle Data Group (Review of Particle Physics, Introduction, section 5.3): half the width keeps
    two digits if its three leading ones lie between 100 and 354, and one from 355 to 949; from 950 on it becomes 1000
    and keeps two. Three decimals if the interval is not known or has no width.
    """
    half = (interval.high - interval.low) / 2
    if not half > 0:
        return 3
    exponent = math.floor(math.log10(half))
    leading: float = half / 10.0**exponent  # 1 to 10
    if round(leading, 2) >= 9.5:
        exponent += 1
    two_digits = round(leading, 2) < 3.55 or round(leading, 2) >= 9.5
    return max(0, two_digits - exponent)


def format_mean(interval: Interval, *, sign: bool = False) -> str:
    """Write the mean with its significant digits, as '0.312'; `sign` writes a + before what is above 0."""
    return _format(interval.mean, decimals(interval), sign)


def format_interval(interval: Interval, *, sign: bool = False) -> str:
    """Write the mean and the ends of its interval with the same digits, as '0.312 (0.298 to 0.326)'.

    Where the interval is not known, the reason stands instead: '0.300 (too few people to say)', and the reason alone
    where the mean is not known either.
    """
    if math.isnan(interval.mean):
        return interval.why_unknown
    if not interval.is_known:
        return f"{format_mean(interval, sign=sign)} ({interval.why_unknown})"
    digits = decimals(interval)
    mean, low, high = (_format(each, digits, sign) for each in (interval.mean, interval.low, interval.high))
    return f"{mean} ({low} to {high})"


def _format(value: float, n_decimals: int, sign: bool) -> str:
    text = f"{value:{'+' if sign else ''}.{n_decimals}f}"
    if float(text) == 0:
        return text.lstrip("+-")  # no sign where all digits are 0
    return text.replace("-", "−")


def round_keeping_sum(terms: Sequence[float], n_decimals: int) -> tuple[list[float], float]:
    """Return the terms and their sum with `n_decimals`, so that the rounded terms add up to the rounded sum exactly.

    Each term is rounded down or up to a neighbour; up go those that lose most by rounding down (the method of
    largest remainders).
    """
    unit = 10**n_decimals
    scaled = [term * unit for term in terms]
    total = round(math.fsum(scaled))
    whole = [math.floor(term) for term in scaled]
    by_loss = sorted(range(len(scaled)), key=lambda index: whole[index] - scaled[index])
    for index in by_loss[: total - sum(whole)]:
        whole[index] += 1
    return [term / unit for term in whole], total / unit
