"""Interactions: what is settled once when they are made, held as laws over generated triples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError

N_USERS, N_ITEMS = 5, 7
ARRAYS = ("indptr", "items", "values")
one_triple = st.tuples(
    st.integers(0, N_USERS - 1), st.integers(0, N_ITEMS - 1), st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
)
some_triples = st.lists(one_triple, max_size=40)
laws = settings(max_examples=80, deadline=None)


def made_of(triples, n_users=N_USERS, n_items=N_ITEMS) -> Interactions:
    users, items, values = zip(*triples, strict=True) if triples else ((), (), ())
    return Interactions.from_triples(users, items, values, n_users, n_items)


def as_dict(data: Interactions) -> dict:
    """The value of each (user, item) pair, read row by row through the public slices."""
    return {
        (user, int(item)): float(value)
        for user in range(data.n_users)
        for item, value in zip(data.items[data.of(user)], data.values[data.of(user)], strict=True)
    }


def last_of_each_pair(triples) -> dict:
    return {(user, item): value for user, item, value in triples}


@laws
@given(some_triples)
def test_of_a_pair_given_more_than_once_the_last_value_counts_and_values_are_never_summed(triples):
    assert as_dict(made_of(triples)) == last_of_each_pair(triples)


def test_a_rating_given_twice_is_that_rating_and_not_its_double():
    data = Interactions.from_triples([1, 0, 1], [2, 0, 2], [4, 5, 4], 2, 3)
    assert as_dict(data) == {(0, 0): 5, (1, 2): 4}


@laws
@given(some_triples)
def test_the_items_of_a_user_are_ascending_and_unique(triples):
    data = made_of(triples)
    for user in range(N_USERS):
        assert np.all(np.diff(data.items[data.of(user)]) > 0)
    assert data.n_interactions == len(last_of_each_pair(triples))


@laws
@given(some_triples, st.randoms(use_true_random=False))
def test_the_order_of_different_pairs_does_not_count(triples, random):
    pairs = [(user, item, value) for (user, item), value in last_of_each_pair(triples).items()]
    shuffled = random.sample(pairs, len(pairs))
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(made_of(pairs), name), getattr(made_of(shuffled), name))


@laws
@given(some_triples)
def test_counts_and_types_are_what_the_docstring_says(triples):
    data, pairs = made_of(triples), last_of_each_pair(triples)
    assert (data.n_users, data.n_items) == (N_USERS, N_ITEMS)
    assert data.items_per_user.tolist() == [sum(user == u for user, _ in pairs) for u in range(N_USERS)]
    assert data.users_per_item.tolist() == [sum(item == i for _, item in pairs) for i in range(N_ITEMS)]
    assert list(zip(data.users.tolist(), data.items.tolist(), strict=True)) == sorted(pairs)
    assert data.density == len(pairs) / (N_USERS * N_ITEMS)
    assert data.values.dtype == np.float32 and data.items.dtype == np.int32


@laws
@given(some_triples)
def test_the_matrix_holds_the_same_values(triples):
    expected = np.zeros((N_USERS, N_ITEMS))
    for pair, value in last_of_each_pair(triples).items():
        expected[pair] = value
    np.testing.assert_array_equal(made_of(triples).matrix.toarray(), expected)


@laws
@given(some_triples)
def test_transposing_swaps_users_and_items_and_doing_it_twice_changes_nothing(triples):
    data = made_of(triples)
    swapped = data.transposed
    assert (swapped.n_users, swapped.n_items) == (N_ITEMS, N_USERS)
    assert as_dict(swapped) == {(item, user): value for (user, item), value in as_dict(data).items()}
    for name in ARRAYS:
        there_and_back = getattr(swapped.transposed, name)
        np.testing.assert_array_equal(there_and_back, getattr(data, name))
        assert there_and_back.dtype == getattr(data, name).dtype


@laws
@given(some_triples, st.data())
def test_a_selection_and_the_rest_join_to_the_whole(triples, drawn):
    data = made_of(triples)
    n = data.n_interactions
    keep = np.array(drawn.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    chosen, rest = data.select(keep), data.select(~keep)
    everything = list(as_dict(data).items())
    assert as_dict(chosen) == {pair: value for (pair, value), kept in zip(everything, keep, strict=True) if kept}
    assert (chosen.n_users, chosen.n_items) == (N_USERS, N_ITEMS)
    assert as_dict(chosen.joined(rest)) == as_dict(rest.joined(chosen)) == as_dict(data)


@laws
@given(some_triples, some_triples)
def test_where_two_have_a_pair_the_joined_one_has_the_value_of_the_other(ours, theirs):
    joined = made_of(ours).joined(made_of(theirs))
    assert as_dict(joined) == last_of_each_pair(ours) | last_of_each_pair(theirs)


def test_arrays_are_read_only_in_everything_that_is_made():
    data = made_of([(0, 1, 2.0), (3, 2, 1.0), (0, 0, 5.0)])
    half = data.select(np.array([True, False, True]))
    for each in (data, data.transposed, half, half.joined(data)):
        for name in ARRAYS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(each, name)[0] = 1


def test_the_matrices_share_the_items_instead_of_copying_them():
    data = Interactions.from_triples([0, 0, 2], [1, 3, 0], [1.0, 2.0, 3.0], 3, 4)
    assert np.shares_memory(data.matrix.indices, data.items)
    assert np.shares_memory(data.matrix.data, data.values)
    assert np.shares_memory(data.binary.indices, data.items)


def test_arrays_given_by_the_caller_stay_the_callers_own():
    users, items, values = np.array([0, 1]), np.array([0, 1], np.int32), np.array([3, 4], np.float32)
    data = Interactions.from_triples(users, items, values, 2, 2)
    users[:], items[:], values[:] = 1, 0, 9
    assert as_dict(data) == {(0, 0): 3, (1, 1): 4}


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 3)])
def test_no_interactions_are_interactions_too(shape):
    data = made_of([], *shape)
    assert (data.n_users, data.n_items, data.n_interactions, data.density) == (*shape, 0, 0)
    assert (data.transposed.n_users, data.transposed.n_items) == shape[::-1]


@pytest.mark.parametrize(
    ("triples", "sentence"),
    [
        (([0, 5], [0, 0], [1, 1]), r"Every user index must lie in 0 to 4\. Got 0 to 5\."),
        (([-1], [0], [1]), r"Every user index must lie in 0 to 4\. Got -1 to -1\."),
        (([0], [7], [1]), r"Every item index must lie in 0 to 6\. Got 7 to 7\."),
        (([0], [-2], [1]), r"Every item index must lie in 0 to 6\. Got -2 to -2\."),
        (([0], [0], [np.nan]), "Every value must be a number within"),
        (([0], [0], [np.inf]), "Every value must be a number within"),
        (([0, 1], [0], [1]), "must have the same length. Got 2, 1 and 1"),
        (([0, 1], [0, 1], [1]), "must have the same length. Got 2, 2 and 1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_the_house_sentence(triples, sentence):
    with pytest.raises(InputError, match=sentence):
        Interactions.from_triples(*triples, N_USERS, N_ITEMS)


def with_values(*values) -> Interactions:
    return Interactions.from_triples(np.arange(len(values)), np.zeros(len(values), int), values, len(values), 1)


def test_the_scale_of_ratings_follows_a_factor_and_no_shift():
    assert with_values(1, 2, 5).rating_scale == pytest.approx(np.std([1, 2, 5]))
    assert with_values(101, 102, 105).rating_scale == pytest.approx(np.std([1, 2, 5]))
    assert with_values(10, 20, 50).rating_scale == pytest.approx(10 * np.std([1, 2, 5]))
    assert (with_values(3, 3).rating_scale, with_values(-6, -6).rating_scale) == (3, 6)
    assert with_values(0, 0).rating_scale == with_values().rating_scale == 1


def test_the_mean_strength_is_of_what_is_above_0_and_1_of_choices_without_a_value():
    assert with_values(-4, 0, 2, 6).mean_strength == 4
    assert with_values(1, 1, 1).mean_strength == with_values(0, -1).mean_strength == with_values().mean_strength == 1
