"""A film is the training that it shows: same numbers, the map of the last epoch, and the lists that were ranked."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.rank_items import top_items
from recsys_core.factors.axes import sort_by_strength
from recsys_core.figures.taste_map import taste_map
from recsys_core.film.film import LIST_LENGTH, Film, quantise
from recsys_core.film.projection import fix_map
from recsys_core.film.record import MOST_FRAMES, MOST_POINTS, MOST_USERS, Recorder
from recsys_core.film.sentence import find
from recsys_core.metrics.ranking import CUTOFF, ndcg
from recsys_core.runner.film_writer import has_film
from tests.core.film.filmed import DATASET, SPLIT, filmed, ranking_of


@pytest.mark.parametrize("name", ["implicit_als", "bpr"])
def test_every_frame_is_the_epoch_that_it_shows(name):
    epochs, film = filmed(ALGORITHMS[name](n_factors=6, n_epochs=5, regularization=0.5))
    assert film.numbers.tolist() == [epoch.number for epoch in epochs]
    fixed = fix_map(epochs[-1].model)
    for frame, epoch in enumerate(epochs):
        placed = fixed.place(epoch.model.user_factors[film.users], epoch.model.item_factors[film.items])
        np.testing.assert_allclose(film.positions[frame] * film.scale, placed, atol=film.scale)
        ranking = ranking_of(epoch.model)
        np.testing.assert_array_equal(
            film.tops[frame], top_items(epoch.model, SPLIT.train, film.users, CUTOFF)[:, :LIST_LENGTH]
        )
        assert film.ndcg[frame].mean() == pytest.approx(ndcg(ranking.relevant, CUTOFF).mean())


@pytest.mark.parametrize("k", [1, 2, 7])
def test_the_last_frame_is_the_map_on_factors(k):
    rng = np.random.default_rng(k)
    model = FactorModel.of(rng.normal(1, 2, (50, k)), rng.normal(-1, 0.3, (30, k)) * np.arange(1, k + 1))
    expected = taste_map(*sort_by_strength(model), np.ones(50), np.ones(30)).projection
    fixed = fix_map(model)
    np.testing.assert_allclose(
        fixed.place(model.user_factors, model.item_factors), expected.coordinates, rtol=1e-3, atol=1e-3
    )
    np.testing.assert_allclose(fixed.shares, expected.shares, atol=1e-6)


def test_a_change_of_axes_of_the_factors_does_not_move_the_map():
    rng = np.random.default_rng(0)
    p, q, turn = rng.normal(size=(40, 5)), rng.normal(size=(20, 5)), rng.normal(size=(5, 5))
    one, other = FactorModel.of(p, q), FactorModel.of(p @ turn, q @ np.linalg.inv(turn).T)
    places = [fix_map(model).place(model.user_factors, model.item_factors) for model in (one, other)]
    np.testing.assert_allclose(places[0], places[1], atol=1e-3)


def test_factors_of_zeros_lie_in_one_point():
    model = FactorModel.of(np.zeros((4, 3)), np.zeros((5, 3)))
    fixed = fix_map(model)
    assert not fixed.place(model.user_factors, model.item_factors).any()
    assert fixed.shares.tolist() == [0, 0]


def test_a_film_comes_back_from_its_arrays():
    _, film = filmed(ALGORITHMS["bpr"](n_factors=4, n_epochs=2))
    again = Film.from_arrays(film.to_arrays())
    assert (again.groups, again.scale, again.has_ended) == (film.groups, film.scale, True)
    for name, array in film.to_arrays().items():
        np.testing.assert_array_equal(array, np.asarray(getattr(again, name)))


def test_a_film_up_to_an_epoch_is_its_beginning_and_claims_nothing():
    _, film = filmed(ALGORITHMS["bpr"](n_factors=4, n_epochs=4))
    part = film.until(2)
    assert part.numbers.tolist() == [0, 1, 2] and not part.has_ended
    np.testing.assert_array_equal(part.positions, film.positions[:3])
    assert find(part, predicts_ratings=False).parted == (None,) * len(film.groups)
    assert film.until(-1).numbers.tolist() == [0] and film.until(99).numbers.tolist() == film.numbers.tolist()


def test_quantised_coordinates_are_off_by_half_a_step():
    values = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    whole, scale = quantise(values)
    assert np.abs(whole * scale - values).max() <= 0.51 * scale
    assert scale == pytest.approx(np.abs(values).max() / 32_000)
    assert not quantise(np.zeros((3, 2)))[0].any()


def test_only_epochs_that_move_one_set_of_factors_make_a_film():
    filmed_ones = {name for name, each in ALGORITHMS.items() if has_film(each(), SPLIT.train)}
    assert filmed_ones == {"implicit_als", "als", "bpr", "lambdarank"}
    recorder = Recorder(DATASET, SPLIT)
    for k in (2, 3, 3, 3):
        (epoch,) = ALGORITHMS["implicit_als"](n_factors=k, n_epochs=1).epochs(SPLIT.train)
        recorder.add(epoch, None)
    assert len(recorder.film(has_ended=False).numbers) == 3


def test_a_long_training_keeps_few_frames_evenly_and_the_last():
    recorder, model = Recorder(DATASET, SPLIT), FactorModel.of(np.eye(80, 3), np.eye(60, 3))
    (epoch,) = ALGORITHMS["implicit_als"](n_factors=3, n_epochs=1).epochs(SPLIT.train)
    for number in range(1001):
        recorder.add(replace(epoch, number=number, model=model), None)
    film = recorder.film(has_ended=False)
    assert len(film.numbers) <= MOST_FRAMES + 1
    assert film.numbers[-1] == 1000 and len(set(np.diff(film.numbers[:-1]))) == 1
    assert not film.has_lists and not film.has_ended


def test_large_data_are_sampled_always_alike_and_what_nobody_knows_is_left_out():
    dataset = generate(SyntheticRecipe(n_users=900, n_items=1400, n_tastes=4, picks=20, popularity_skew=0.3))
    split = make_split(dataset, SplitRecipe())
    one, other = Recorder(dataset, split), Recorder(dataset, split)
    assert len(one.users) == MOST_USERS and len(one.users) + len(one.items) <= MOST_POINTS
    np.testing.assert_array_equal(one.items, other.items)
    np.testing.assert_array_equal(one.users, other.users)
    assert split.train.users_per_item[one.items].min() >= 5
    assert split.validation.items_per_user[one.users].min() > 0


def test_nothing_of_one_epoch_is_a_film_and_without_validation_there_are_no_lists():
    assert Recorder(DATASET, SPLIT).film(has_ended=True) is None
    _, single = filmed(ALGORITHMS["implicit_als"](n_factors=2, n_epochs=1))
    assert single is None
    split = make_split(DATASET, SplitRecipe(validation=0.0))
    _, film = filmed(ALGORITHMS["bpr"](n_factors=2, n_epochs=2), split=split)
    assert not film.has_lists and len(film.users) > 0
