"""Messages show values as a person wrote them, also those that come out of an array."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.sandbox.run_child import unpack
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError, to_python
from recsys_core.factors.item_attributes import described_by
from recsys_core.metrics.calculator import calculate

WORD, NUMBER = np.array(["unheard-of"])[0], np.array([np.nan])[0]


@pytest.mark.parametrize(
    "refuse",
    [
        lambda: calculate([1.0], gain=WORD),
        lambda: unpack(b"", WORD),
        lambda: described_by(generate(SyntheticRecipe(n_users=20, n_items=20)), WORD),
        lambda: ALGORITHMS["implicit_als"](solver=WORD),
        lambda: ALGORITHMS["implicit_als"](regularization=NUMBER),
        lambda: ALGORITHMS["implicit_als"](n_epochs=np.float64(2.5)),
    ],
)
def test_a_refusal_shows_the_value_and_not_its_type_in_numpy(refuse):
    with pytest.raises(InputError) as refusal:
        refuse()
    assert "np." not in str(refusal.value)


def test_what_is_quoted_from_a_file_shows_no_type_of_numpy():
    assert quote(WORD) == "'unheard-of'" and list_quoted([WORD, WORD]) == "'unheard-of', 'unheard-of'"
    assert quote(np.array(["long " * 30])[0]).startswith("'long")


def test_only_scalars_of_numpy_become_those_of_python():
    assert [to_python(each) for each in (np.int64(3), "a", None, 2.5)] == [3, "a", None, 2.5]
    assert type(to_python(np.float32(0.5))) is float
    array = np.zeros(2)
    assert to_python(array) is array
