"""One person's whole list, what moves between two of them, and where a new person stands on the map."""

import numpy as np
import pytest

from recsys_core.algorithms import SVD, ImplicitALS
from recsys_core.factors.axes import sort_by_strength
from recsys_core.figures.person import place_on_map, waterfall
from recsys_core.figures.taste_map import taste_map
from recsys_core.per_user.ranked_list import (
    ListPosition,
    count_ranks_climbed,
    count_shared_items,
    find_position,
    rank_unseen_items,
    select_user,
)
from tests.small_trainings import run, small_ratings


def test_a_whole_list_holds_every_unseen_item_once_best_first():
    train = small_ratings()
    model = run(ImplicitALS(n_factors=4, n_epochs=2), train)[-1].model
    for user in (0, 13):
        items, scores = rank_unseen_items(model, train, user), model.scores(np.array([user]))[0]
        seen = set(train.items[train.of(user)].tolist())
        assert sorted(items) == [item for item in range(train.n_items) if item not in seen]
        assert list(scores[items]) == sorted(scores[items], reverse=True)
        assert [find_position(item, items).rank for item in items] == list(range(1, len(items) + 1))
        assert find_position(min(seen), items) is None


def test_percentiles_count_what_stands_below():
    assert [ListPosition(rank, 5).percentile for rank in (1, 2, 5)] == [100.0, 75.0, 0.0]
    assert ListPosition(1, 1).percentile == 0.0


def test_climbs_and_agreement_by_hand():
    before, after = np.array([7, 3, 9, 1, 4]), np.array([9, 7, 1, 3, 4])
    assert list(count_ranks_climbed(before, after, 4)) == [2, -1, 1, -2]
    assert list(count_ranks_climbed(before, before, 3)) == [0, 0, 0]
    assert (count_shared_items(before, after, 1), count_shared_items(before, after, 3)) == (0, 2)


def test_alone_is_the_same_row():
    train = small_ratings()
    one = select_user(train, 5)
    assert (one.n_users, one.n_items) == (1, train.n_items)
    np.testing.assert_array_equal(one.matrix.toarray()[0], train.matrix[[5]].toarray()[0])


@pytest.mark.parametrize("algorithm", [ImplicitALS(n_factors=4), SVD(n_factors=6, regularization=3.0)], ids=str)
def test_somebody_with_a_known_persons_factors_stands_where_that_person_does(algorithm):
    train = small_ratings()
    model = run(algorithm, train)[-1].model
    mapped = taste_map(*sort_by_strength(model), train.items_per_user, train.users_per_item)
    for user in (0, 30):
        at = place_on_map(mapped, model.user_factors, model.user_factors[user])
        np.testing.assert_allclose(at, mapped.projection.coordinates[user], atol=1e-3)


def test_a_waterfall_escapes_names_and_ends_in_the_score():
    (bars,) = waterfall(["<b>x</b>", "y"], [0.2504, -0.1002]).data
    assert bars.text[-1] == "0.150" and bars.measure[-1] == "total"
    assert bars.customdata[0] == "&lt;b&gt;x&lt;/b&gt;"
