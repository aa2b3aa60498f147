"""No text says "100%" of what is not all or "0%" of what is not nothing: the rule, and that shares go through it."""

import ast
import re

import numpy as np
import pytest

from recsys_core.percent import percent
from tests.source_code import CORE, SCREEN, nodes, offences, tree_of

# The weights of a blend have exactly three decimals, and the smallest difference that matters is set in whole percent.
EXACT = {"pages/views/optimise/blend.py", "recsys_core/comparison/sentences.py"}


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (1, "100%"),
        (True, "100%"),
        (0.54, "54%"),
        (0.03, "3%"),
        (0.0173, "1.7%"),
        (0.003, "0.3%"),
        (0.00052, "0.052%"),
        (0.000_000_1, "0.00001%"),
        (0.0949, "9.5%"),
        (0.0994, "9.9%"),
        (0.0995, "10%"),
        (0.0996, "10%"),
        (0.0999, "10%"),
        (0.9949, "99%"),
        (0.995, "more than 99%"),
        (0.9951, "more than 99%"),
        (0.999_999, "more than 99%"),
        (1.2, "120%"),
    ],
)
def test_a_share_has_two_digits_and_is_0_or_100_only_where_it_is_exactly_so(share, text):
    assert percent(share) == text
    if not isinstance(share, bool):
        assert percent(np.float64(share)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.1, "10%"), (0.0173, "1.7%"), (0.0994, "9.9%"), (0.003, "0.3%"), (0.999_999, "more than 99%"), (1, "100%")],
)
def test_single_precision_is_written_as_double_precision_is(share, text):
    assert percent(np.float32(share)) == text


def test_what_rounding_has_moved_off_0_or_1_is_still_nothing_or_all():
    assert percent(sum([0.1] * 10)) == "100%" != percent(1 - 1e-9)
    assert percent(0.3 - 0.1 * 3) == "0%" == percent(-1e-17)
    assert percent(1e-9) == "0.0000001%"


def test_every_share_of_a_few_is_between_0_and_100_unless_it_is_none_or_all():
    for n in (2, 7, 200, 201, 1_000, 100_000):
        for count in {0, 1, n // 2, n - 1, n}:
            text = percent(count / n)
            assert (text == "0%") == (count == 0) and (text == "100%") == (count == n), (count, n, text)


def rounded_shares(tree: ast.AST) -> list[str]:
    """The lines of f-strings that round a share themselves, '{share:.0%}' or '{100 * share:.0f}%'; constants may."""
    found = []
    for text in (node for node in nodes(tree) if isinstance(node, ast.JoinedStr)):
        for field, after in zip(text.values, [*text.values[1:], None], strict=True):
            if not isinstance(field, ast.FormattedValue) or field.format_spec is None:
                continue
            spec = ast.unparse(field.format_spec)
            unit = str(after.value)[:1] if isinstance(after, ast.Constant) else ""
            names = [node.id for node in ast.walk(field.value) if isinstance(node, ast.Name)]
            if re.search(r"\.\d%|\.\d+f%", spec.strip("'\"") + unit) and not all(map(str.isupper, names)):
                found.append(f"{field.lineno}: {ast.unparse(field.value)}")
    return found


def test_no_text_rounds_a_measured_share_by_itself():
    rule = "recsys_core/percent.py"
    found = offences([*CORE, *SCREEN], lambda path: rounded_shares(tree_of(path)))
    assert set(found) - {rule} == EXACT, found


@pytest.mark.parametrize(
    ("source", "is_seen"),
    [
        ('f"{share:.0%} of all"', True),
        ('f"{share:+.1%}"', True),
        ('f"{100 * share:.0f}% of all"', True),
        ('f"{np.mean(values):.1f}%"', True),
        ('f"{LEVEL:.0%} and {1 - _LEVEL:.0%} and {100 * STEP:.0f}%"', False),
        ('f"%{{x:.0%}} of {noun}"', False),
        ('f"{hidden}% of the cells, {mean:.1f} of {n}"', False),
        ('f"{percent(share)} of all"', False),
    ],
)
def test_a_share_that_is_rounded_is_seen(source, is_seen):
    assert bool(rounded_shares(ast.parse(source))) == is_seen
