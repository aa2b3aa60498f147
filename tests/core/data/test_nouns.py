"""Numbers of any size are written as people write them, in sentences and in LaTeX."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recsys_core.comparison.sentences import what_matters
from recsys_core.data.nouns import write_number
from recsys_core.escape import for_latex

_PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


@pytest.mark.parametrize(
    "value, form, written",
    [
        (0.934, ".2f", "0.93"),
        (0.0, ".2f", "0.00"),
        (1234.5, ".2f", "1,234.50"),
        (999_999.994, ".2f", "999,999.99"),
        (999_999.996, ".2f", "1.0·10⁶"),
        (1_000_000, ".3f", "1.0·10⁶"),
        (-999_999.9996, ".3f", "−1.0·10⁶"),
        (819063884119.28, ".2f", "8.2·10¹¹"),
        (9.96e11, ".2f", "1.0·10¹²"),
        (0, ".1g", "0"),
        (0.0001, ".1g", "0.0001"),
        (0.00009, ".1g", "9·10⁻⁵"),
        (-4.3e-9, ".2g", "−4.3·10⁻⁹"),
        (9.99, ".1g", "10"),
        (123.4, ".2g", "120"),
        (1e5, ".1g", "100,000"),
        (994_000, ".2g", "990,000"),
        (996_000, ".2g", "1·10⁶"),
        (123_456.7, ".4g", "123,500"),
        (123_456.7, ".6g", "123,457"),
        (1e12, ".2g", "1·10¹²"),
    ],
)
def test_a_number_is_written_as_people_write_it(value, form, written):
    assert write_number(value, form) == written


@given(st.floats(-1e300, 1e300), st.sampled_from([".1g", ".2g", ".4g", ".2f", ".4f"]))
@example(999_999.5, ".4g")
def test_what_is_written_is_never_long_and_can_be_read_back(value, form):
    written = write_number(value, form)
    assert "e" not in written and len(written) <= 15
    mantissa, _, power = written.replace(",", "").translate(_PLAIN).partition("·10")
    meant = float(f"{mantissa}e{power or 0}")
    assert meant == pytest.approx(value, rel=0.5 if form == ".1g" else 0.06, abs=0.005 if form[-1] == "f" else 0)


def test_a_number_with_a_power_of_ten_is_text_that_latex_reads():
    assert for_latex("8.2·10⁻¹¹") == r"8.2$\cdot$10$^{-}$$^{1}$$^{1}$"


def test_a_difference_next_to_nothing_is_not_in_the_notation_of_programs():
    assert "here 8·10⁻⁶, count" in what_matters("NDCG@10", 8e-6, 0.02)
