"""Shares as texts give them: never "100% of all" of what is not all, nor "0% of people" of what is somebody."""

from decimal import Decimal
from typing import SupportsFloat

_ROUNDING = 1e-12
"""How far from 0 or 1 rounding may have moved a sum of shares; shares that are counted lie much farther from both."""


def percent(share: SupportsFloat) -> str:
    """Return a share in percent, with two digits: '54%', '1.7%', '0.052%'.

    Only what is 0 or 1, but for rounding errors, is '0%' or '100%'; what is nearly 1 is 'more than 99%'. What may
    exceed 1, such as a relative difference, may be '120%'.
    """
    share = float(share)  # in the float32 of some arrays, 100 times a share has other last digits
    for end in (0, 1):
        if abs(share - end) < _ROUNDING:
            return f"{end:.0%}"
    if 0.995 <= share < 1:
        return "more than 99%"
    if 0 < share < 0.0995:
        return f"{Decimal(f'{100 * share:.2g}'):f}%"  # without an exponent, however small
    return f"{100 * share:.0f}%"
