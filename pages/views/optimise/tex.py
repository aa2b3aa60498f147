"""Numbers inside formulas."""


def tex(value: float, digits: int = 6) -> str:
    """`value` in LaTeX with so many significant digits, powers of ten written out."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return rf"{mantissa}\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
