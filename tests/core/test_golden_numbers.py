"""The version of the numerics is raised whenever a number changes, and only then."""

import json

import pytest

from recsys_core.numerics import NUMERICS_VERSION, environment_differences, numerical_environment
from tests.golden import FILE, golden_numbers

ANEW = "Raise NUMERICS_VERSION in recsys_core/numerics.py and write the numbers anew: python -m tests.golden."


@pytest.fixture(scope="module")
def numbers():
    return golden_numbers()


def test_numbers_change_with_the_version_of_the_numerics_only(numbers):
    golden = json.loads(FILE.read_text())
    assert golden["version"] == NUMERICS_VERSION, f"The golden numbers are of another version. {ANEW}"
    assert numbers.keys() == golden["numbers"].keys(), ANEW
    is_here = not environment_differences(golden["environment"], numerical_environment())
    # To the last bit on the same kind of processor with the same libraries; elsewhere rounding may differ.
    tolerance = dict(rel=1e-12, abs=1e-12) if is_here else dict(rel=2e-3, abs=2e-3)
    changed = [
        name for name, values in numbers.items() if values != pytest.approx(golden["numbers"][name], **tolerance)
    ]
    assert not changed, f"These numbers have changed: {', '.join(changed)}. {ANEW}"


def test_the_numbers_are_the_same_when_they_are_made_again(numbers):
    assert golden_numbers() == numbers
