"""Words of the screen: what interactions are called, and how numbers of any size and lists of words are written."""

from collections.abc import Sequence

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGE = 1e6


def rating_noun(*, is_graded: bool) -> str:
    """Return the plural for interactions: "ratings" where these have values that differ, else "interactions"."""
    return "ratings" if is_graded else "interactions"


def singular(noun: str) -> str:
    """Return the singular of a plural such as 'films' or 'people'."""
    if noun == "people":
        return "person"
    if noun.endswith("ies") and len(noun) > 4:
        return f"{noun[:-3]}y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def count_noun(count: int, noun: str, adjective: str = "") -> str:
    """Return a number with its noun, whose plural is given: '1 rating', '2,000 other ratings'."""
    return " ".join(filter(None, [f"{count:,}", adjective, singular(noun) if count == 1 else noun]))


def join_words(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: 'SVD', 'SVD and BPR', 'SVD, BPR and EASE'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def write_number(value: float, form: str = ".2g") -> str:
    """Write `value` by the format `form`, with commas between thousands and from a million on as '8.2·10¹¹'.

    By a form with significant digits what is too small for decimals is written so too: '4.3·10⁻⁹'. It is for what is
    measured: a count is exact, and all of its digits are written.
    """
    text = f"{value:{form}}"
    rounded = abs(float(text))
    if rounded >= _LARGE and "e" not in text:
        text = f"{value:.1e}"
    if "e" not in text:
        text = f"{value:,{form}}"
    elif 1 <= rounded < _LARGE:
        text = f"{float(text):,.0f}"
    else:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(_RAISED)}"
    return text.replace("-", "−")
