"""The laws that every algorithm must obey; `test_algorithms.py` holds each one in ALGORITHMS to them."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.parameters import parameters
from recsys_core.per_user.score_terms import bias_terms, factor_terms, rating_terms
from recsys_core.runner.memory import training_bytes
from recsys_core.store.npz_codec import pack_model
from tests.small_trainings import (
    SMALL,
    assert_same_epochs,
    checkerboard,
    disliked_by_a_third,
    is_done_at_once,
    odd_data,
    of_length,
    planted_split,
    recipe,
    replace_values,
    run,
    scores,
    small_ratings,
)


def other_values(parameter) -> list:
    """Legal values that are not the default and far enough from it to matter to the epochs."""
    if parameter.name == "kept_model":
        return []  # it chooses among the epochs and changes none: tests/core/runner/test_best_epoch.py
    if parameter.options:
        return [option for option in parameter.options if option != parameter.default]
    low, high = parameter.typical
    far = low if low != parameter.default else high
    return [int(far) if parameter.is_integer else float(far)]


class AlgorithmContract:
    """Test methods take `cls`, the algorithm. What it says about itself decides which of two laws holds.

    An algorithm that `learns_ratings` never sees the unrated cells. Where all values are alike it learns that all is
    liked, so one-valued data ask it for nothing, and who picks what (the popularity) is not its question either.
    """

    def test_the_same_seed_gives_the_same_epochs_bit_for_bit(self, cls):
        algorithm = recipe(cls, **SMALL)
        assert_same_epochs(run(algorithm, small_ratings(), seed=3), run(algorithm, small_ratings(), seed=3))

    def test_how_many_threads_blas_has_changes_no_bit(self, cls):
        """On rows long enough for BLAS to share its products out; nor does another training at the same time."""
        data = generate(SyntheticRecipe(n_users=700, n_items=500, picks=60.0)).interactions
        algorithm = recipe(cls, **{**SMALL, "n_factors": 48, "n_epochs": 2})
        alone = run(algorithm, data)
        with threadpool_limits(1, user_api="blas"):
            assert_same_epochs(run(algorithm, data), alone)
        with ThreadPoolExecutor(2) as pool:
            for beside in pool.map(lambda _: run(algorithm, data), range(2)):
                assert_same_epochs(beside, alone)

    def test_a_shorter_run_is_a_prefix_of_a_longer_one(self, cls):
        short, long = (run(of_length(cls, count), small_ratings(), seed=1) for count in (2, 5))
        assert len(short) < len(long) or is_done_at_once(cls)
        assert_same_epochs(short, long[: len(short)])

    def test_two_trainings_that_take_turns_do_not_disturb_one_another(self, cls):
        algorithm = recipe(cls, **SMALL)
        pair = (algorithm.epochs(small_ratings(), seed=1), algorithm.epochs(small_ratings(), seed=2))
        ours, theirs = zip(*zip(*pair, strict=True), strict=True)
        assert_same_epochs(ours, run(algorithm, small_ratings(), seed=1))
        assert_same_epochs(theirs, run(algorithm, small_ratings(), seed=2))

    def test_nobody_draws_from_the_global_random_state(self, cls):
        np.random.seed(5)
        undisturbed = np.random.random()
        np.random.seed(5)
        ours = run(recipe(cls, **SMALL), small_ratings())
        assert np.random.random() == undisturbed
        assert_same_epochs(ours, run(recipe(cls, **SMALL), small_ratings()))

    def test_the_model_of_an_epoch_stays_as_it_was_while_training_goes_on(self, cls):
        seen_at_once, epochs = [], []
        for epoch in recipe(cls, **SMALL).epochs(small_ratings()):
            seen_at_once.append(scores(epoch.model))
            epochs.append(epoch)
        for epoch, then in zip(epochs, seen_at_once, strict=True):
            np.testing.assert_array_equal(scores(epoch.model), then)
        assert not np.array_equal(seen_at_once[0], seen_at_once[-1]) or is_done_at_once(cls)

    def test_training_leaves_the_data_alone(self, cls):
        data = small_ratings()
        before = [array.copy() for array in (data.indptr, data.items, data.values)]
        run(recipe(cls, **SMALL), data)
        for array, then in zip((data.indptr, data.items, data.values), before, strict=True):
            np.testing.assert_array_equal(array, then)

    def test_scores_are_a_new_float32_row_of_all_items_for_each_user_asked_for(self, cls):
        model = run(recipe(cls, **SMALL), small_ratings())[-1].model
        assert (model.n_users, model.n_items) == (60, 40)
        everyone = scores(model)
        assert everyone.shape == (60, 40) and everyone.dtype == np.float32
        some = model.scores(np.array([7, 3, 7]))
        np.testing.assert_allclose(some, everyone[[7, 3, 7]], rtol=1e-5, atol=1e-6)
        some[:] = np.nan
        np.testing.assert_array_equal(scores(model), everyone)

    def test_the_score_of_one_pair_is_the_same_as_in_the_users_row(self, cls):
        data = small_ratings()
        model = run(recipe(cls, **SMALL), data)[-1].model
        in_rows = scores(model)[data.users, data.items]
        np.testing.assert_allclose(model.scores_of(data.users, data.items), in_rows, rtol=1e-4, atol=1e-5)

    def test_epochs_are_numbered_one_after_another_up_to_the_last(self, cls):
        algorithm = recipe(cls, **SMALL)
        numbers = [epoch.number for epoch in algorithm.epochs(small_ratings())]
        assert numbers[0] in (0, 1)
        assert numbers == list(range(numbers[0], algorithm.last_epoch(small_ratings()) + 1))

    def test_the_objective_moves_the_way_it_says(self, cls):
        objectives = [epoch.objective for epoch in run(recipe(cls, n_factors=5, regularization=0.1), small_ratings())]
        assert all(isinstance(value, float) for value in objectives)
        if is_done_at_once(cls):
            assert len(objectives) == 1 and objectives[0] >= 0
        else:
            assert objectives[-1] < objectives[0] or not cls.objective_falls

    def test_under_the_largest_penalty_the_objective_is_that_of_an_empty_model(self, cls):
        heaviest = {name: p.bounds[1] for name, p in parameters(cls).items() if name.endswith("regularization")}
        for data in (small_ratings(), checkerboard(graded=False)[0]):
            empty = cls().empty_objective(data)
            if empty:
                last = run(recipe(cls, n_epochs=2, n_factors=3, **heaviest), data)[-1]
                assert last.objective == pytest.approx(empty, rel=1e-3, abs=1e-9)

    def test_it_says_what_it_does(self, cls):
        for text in (cls.label, cls.objective_label, cls.equation, cls.meaning, cls.divergence_advice):
            assert text.strip()

    def test_nothing_to_learn_from_is_refused_before_the_first_epoch_is_asked_for(self, cls):
        nothing = Interactions.from_triples([], [], [], 3, 4)
        with pytest.raises(InputError, match=r"must have something to learn from\. Got nothing\.") as refusal:
            cls().epochs(nothing)
        assert str(refusal.value).startswith(cls.label)

    def test_on_the_checkerboard_the_hidden_item_comes_first_for_everyone(self, cls):
        if not cls.is_personal:
            pytest.skip("gives everyone the same list")
        train, hidden = checkerboard(graded=cls.learns_ratings)
        model = run(recipe(cls, n_factors=2, regularization=0.1), train)[-1].model
        unseen = np.where(train.matrix.toarray() == 0, scores(model), -np.inf)
        np.testing.assert_array_equal(unseen.argmax(axis=1), hidden)

    def test_what_was_planted_is_found_better_than_by_popularity(self, cls):
        """A learner of ratings must beat the items' means in RMSE instead."""
        split, model = planted_split_and_model(cls)
        learnt = evaluate(model, split)
        if not cls.is_personal:
            assert learnt.rmse < rmse_of_item_means(split)
        elif cls.learns_ratings:
            assert learnt.rmse < 0.9 * rmse_of_item_means(split)
        else:
            popular = evaluate(run(Popularity(), split.train)[-1].model, split)
            assert learnt.mean("ndcg", 10) > 1.15 * popular.mean("ndcg", 10)
            assert learnt.difference(popular, "ndcg", 10).low > 0

    def test_every_hyperparameter_changes_the_result(self, cls):
        """On stars, where gains, confidences and averages all have something to act on."""
        base = recipe(cls, n_epochs=6, n_factors=8, regularization=0.5)
        usual = scores(run(base, small_ratings())[-1].model)
        for name, parameter in parameters(cls).items():
            for value in other_values(parameter):
                changed = scores(run(dataclasses.replace(base, **{name: value}), small_ratings())[-1].model)
                assert np.abs(changed - usual).max() > 1e-3 * np.abs(usual).max(), (name, value)

    @pytest.mark.parametrize("seed", range(3))
    def test_the_order_of_people_and_items_decides_nothing(self, cls, seed):
        """Where nothing is drawn; where it is, a row's place decides which numbers it gets."""
        if cls.is_stochastic:
            pytest.skip("begins with random numbers, drawn row by row")
        data, rng = small_ratings(), np.random.default_rng(seed)
        users, items = rng.permutation(data.n_users), rng.permutation(data.n_items)
        moved = Interactions.from_triples(users[data.users], items[data.items], data.values, data.n_users, data.n_items)
        for algorithm in (cls(), recipe(cls, n_neighbours=5, n_factors=5, regularization=1.0)):
            ours, theirs = (scores(run(algorithm, each)[-1].model) for each in (data, moved))
            np.testing.assert_allclose(theirs[np.ix_(users, items)], ours, rtol=1e-4, atol=1e-5)

    @pytest.mark.parametrize(("factor", "shift"), [(0.25, -0.25), (25, -25), (2, 0), (4e6, 0)])
    def test_a_change_of_unit_changes_nothing_that_is_learned(self, cls, factor, shift):
        """At the defaults and with every option, the recipe that the data suggest included."""
        stars = small_ratings()
        other = replace_values(stars, factor * stars.values + (0 if cls.values_are_amounts else shift))
        assert cls.defaults_for(other) == cls.defaults_for(stars)
        options = [{name: v} for name, p in parameters(cls).items() if p.options for v in other_values(p)]
        for changes in [{}, *options]:
            if shift and changes.get("centering") == "none":
                continue  # ratings themselves are factorised: 0 means something then
            learned = dataclasses.replace(recipe(cls, n_epochs=6), **changes)
            ours, theirs = (run(learned, data)[-1].model for data in (stars, other))
            expected = factor * scores(ours) + shift if ours.predicts_ratings else scores(ours)
            close = 2e-3 * np.std(expected, dtype=np.float64)
            np.testing.assert_allclose(scores(theirs), expected, rtol=0, atol=close, err_msg=str(changes))

    def test_without_anything_relevant_a_learner_of_choices_says_so_and_one_of_ratings_learns(self, cls):
        dislikes = odd_data()["values around zero"]
        dislikes = Interactions.from_triples(dislikes.users, dislikes.items, -1 - np.abs(dislikes.values), 20, 10)
        if cls.learns_ratings:
            assert np.isfinite(scores(run(recipe(cls, **SMALL), dislikes)[-1].model)).all()
            return
        with pytest.raises(InputError, match="all values are below 0, so add the same number"):
            recipe(cls, **SMALL).epochs(dislikes)
        unreached = dataclasses.replace(small_ratings(), relevance_threshold=99.0)
        with pytest.raises(InputError, match="counts as relevant: lower the threshold"):
            recipe(cls, **SMALL).epochs(unreached)

    @pytest.mark.parametrize("threshold", [None, 4.0])
    def test_how_much_something_is_disliked_changes_nothing_that_a_learner_of_choices_learns(self, cls, threshold):
        """One dislike becomes another one; a learner of ratings learns from the difference."""
        ours, theirs = (disliked_by_a_third(value, threshold) for value in (-1.0, -4.0))
        if threshold is not None:
            ours, theirs = (disliked_by_a_third(value, threshold) for value in (1.0, 3.0))
        assert not np.array_equal(ours.values, theirs.values)
        epochs = [run(recipe(cls, **SMALL), each) for each in (ours, theirs)]
        if cls.learns_ratings:
            assert not np.array_equal(*(scores(each[-1].model) for each in epochs))
        else:
            assert_same_epochs(*epochs)

    @pytest.mark.parametrize("oddity", odd_data())
    def test_training_works_on_odd_data(self, cls, oddity):
        train = odd_data()[oddity]
        for changes in [{}, *({name: v} for name, p in parameters(cls).items() if p.options for v in other_values(p))]:
            epochs = run(recipe(cls, **{"n_factors": 12, "n_epochs": 5, **changes}), train)
            for epoch in epochs:
                assert np.isfinite(scores(epoch.model)).all() and np.isfinite(epoch.objective), (changes, epoch.number)

    def test_with_the_least_regularisation_allowed_training_works_too(self, cls):
        least = {name: p.bounds[0] for name, p in parameters(cls).items() if name.endswith("regularization")}
        for train in odd_data().values():
            epochs = run(recipe(cls, n_factors=12, n_epochs=5, **least), train)
            assert all(np.isfinite(scores(epoch.model)).all() for epoch in epochs)

    def test_another_seed_gives_another_model_exactly_where_it_is_stochastic(self, cls):
        ours, theirs = (run(recipe(cls, n_epochs=2), small_ratings(), seed=seed) for seed in (0, 1))
        if cls.is_stochastic:
            assert not np.array_equal(scores(ours[-1].model), scores(theirs[-1].model))
        else:
            assert_same_epochs(ours, theirs)

    def test_its_model_is_of_the_form_and_on_the_scale_that_it_says(self, cls):
        model = run(recipe(cls, **SMALL), small_ratings())[-1].model
        assert isinstance(model, ItemModel if cls.is_item_based else FactorModel)
        assert model.predicts_ratings == cls.learns_ratings
        if not cls.is_item_based:
            assert model.n_factors == recipe(cls, **SMALL).n_factors

    # New users

    def test_the_users_of_the_training_are_folded_in_about_as_good_as_trained(self, cls):
        split, model = planted_split_and_model(cls)
        folded = cls().fold_in(model, split.train, split.train)
        trained, again = (evaluate(each, split) for each in (model, folded))
        if cls.learns_ratings:
            assert again.rmse < 1.03 * trained.rmse
        else:
            assert again.mean("ndcg", 10) > 0.93 * trained.mean("ndcg", 10)
        some = users_of(split.train, [5, 2, 9])
        once, again = (cls().fold_in(model, split.train, some) for _ in range(2))
        np.testing.assert_array_equal(scores(once), scores(again))

    def test_a_user_is_folded_in_alone(self, cls):
        """The others who are folded in at the same time change nothing."""
        train, algorithm = small_ratings(), recipe(cls, **SMALL)
        model = run(algorithm, train)[-1].model
        together = algorithm.fold_in(model, train, users_of(train, [5, 2, 9]))
        alone = algorithm.fold_in(model, train, users_of(train, [2]))
        assert (together.n_users, alone.n_users, alone.n_items) == (3, 1, train.n_items)
        np.testing.assert_allclose(together.scores(np.array([1])), alone.scores(np.array([0])), rtol=1e-4, atol=1e-5)

    def test_a_user_without_ratings_has_no_taste(self, cls):
        train, algorithm = small_ratings(), recipe(cls, **SMALL)
        model = run(algorithm, train)[-1].model
        nobody = algorithm.fold_in(model, train, Interactions.from_triples([], [], [], 1, train.n_items))
        expected = getattr(model, "offset", 0.0) + getattr(model, "item_bias", 0.0) + np.zeros(train.n_items)
        np.testing.assert_allclose(nobody.scores(np.array([0]))[0], expected, atol=1e-6)

    @pytest.mark.parametrize("oddity", odd_data())
    def test_odd_users_get_finite_scores(self, cls, oddity):
        data, algorithm = odd_data()[oddity], recipe(cls, **SMALL)
        model = run(algorithm, data)[-1].model
        assert np.isfinite(scores(algorithm.fold_in(model, data, data))).all()

    def test_a_score_is_the_sum_of_its_terms(self, cls):
        """By factor where there are factors, and by past rating exactly where the algorithm says so."""
        train, algorithm, items = small_ratings(), recipe(cls, **SMALL), np.array([0, 11, 39])
        model, user = run(algorithm, train)[-1].model, users_of(train, [7])
        if not cls.is_item_based:
            for item in items:
                terms = [*bias_terms(model, 7, item).values(), *factor_terms(model, 7, item)]
                assert sum(terms) == pytest.approx(scores(model)[7, item], abs=1e-5)
        if not algorithm.explains_by_rating:
            with pytest.raises(ValueError, match="does not explain scores by ratings"):
                rating_terms(algorithm, model, train, user, items)
            return
        folded = algorithm.fold_in(model, train, user)
        sums = rating_terms(algorithm, model, train, user, items).sum(axis=0)
        sums += [sum(bias_terms(folded, 0, item).values()) for item in items]
        np.testing.assert_allclose(sums, folded.scores(np.array([0]))[0, items], atol=1e-4)

    # Memory

    def test_more_of_anything_never_needs_less_memory(self, cls):
        ratings = lambda m, n: Interactions.from_triples(np.arange(m), np.arange(m) % n, np.ones(m), m, n)  # noqa: E731
        algorithm = cls()
        small = training_bytes(algorithm, ratings(200, 100))
        assert training_bytes(algorithm, ratings(400, 100)) > small
        assert training_bytes(algorithm, ratings(200, 200)) >= small
        if algorithm.n_factors:
            more = dataclasses.replace(algorithm, n_factors=2 * algorithm.n_factors)
            assert training_bytes(more, ratings(200, 100)) > small

    def test_its_model_takes_in_the_store_about_what_was_expected(self, cls):
        train = generate(SyntheticRecipe(n_users=600, n_items=300, n_tastes=4, picks=20.0)).interactions
        algorithm = recipe(cls, n_epochs=1)
        *_, last = algorithm.epochs(train, seed=0)
        assert algorithm.model_bytes(train) == pytest.approx(len(pack_model(last.model)), rel=0.2, abs=5_000)

    def test_a_model_says_whether_all_its_numbers_are_finite(self, cls):
        model = run(recipe(cls, **SMALL), small_ratings())[-1].model
        assert model.is_finite()
        weights = model.item_bias if isinstance(model, FactorModel) else model.weights
        assert not dataclasses.replace(
            model, **{"item_bias" if isinstance(model, FactorModel) else "weights": weights * np.float32(np.nan)}
        ).is_finite()


@cache
def planted_split_and_model(cls):
    """The generated data that suit the algorithm, split, and its model of them at the defaults."""
    split = planted_split("explicit" if cls.learns_ratings else "implicit")
    return split, run(cls(), split.train)[-1].model


def users_of(data: Interactions, users: list[int]) -> Interactions:
    """Some of the users, as if they were new."""
    rows = [data.of(user) for user in users]
    return Interactions.from_triples(
        np.repeat(np.arange(len(rows)), [row.stop - row.start for row in rows]),
        np.concatenate([data.items[row] for row in rows]),
        np.concatenate([data.values[row] for row in rows]),
        len(rows),
        data.n_items,
    )


def rmse_of_item_means(split) -> float:
    """RMSE on test of predicting each item's mean in train (the overall mean where it has none), by a loop."""
    errors = []
    for item, rating in zip(split.test.items, split.test.values, strict=True):
        in_train = split.train.values[split.train.items == item]
        predicted = in_train.mean() if len(in_train) else split.train.values.mean()
        errors.append(float(predicted - rating))
    return float(np.sqrt(np.mean(np.square(errors))))
