"""Every number in the answer of a lesson is what the core computes on the data of its step."""

from dataclasses import replace
from functools import cache
from itertools import islice

import numpy as np
import pytest

from pages.shared.links.lessons import LESSONS
from pages.views.train.one_step import _LIKED, _TEXTBOOK_SETTINGS
from recsys_core import compare
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import Robustness, judge_specifications
from recsys_core.comparison.specifications import EVERYBODY, default_grid
from recsys_core.comparison.split_sentences import split_facts
from recsys_core.comparison.verdicts import BETTER, MARGIN
from recsys_core.data.corruption import KeepActive, corrupt_split
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.example_fashions import load_fashions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.truncation_sweep import sweep_truncations
from recsys_core.links.run_slug import read_run_slug
from recsys_core.per_user.certainty import LEVEL, factor_cloud, predict_intervals, rank_certainty
from recsys_core.per_user.ranked_list import rank_unseen_items
from recsys_core.per_user.worked_pairs import PairState, pair_steps
from recsys_core.per_user.worked_update import half_steps
from recsys_core.truth.estimators import FULL, SNIPS
from recsys_core.truth.meter import TASTE_ORACLE, measure_truth, taste_oracle

SPLIT = SplitRecipe()
TEXTBOOK = replace(load_example_5x5().interactions, relevance_threshold=_LIKED)


def answers(name: str) -> list[str]:
    return [step.answer for step in LESSONS[name].steps]


@cache
def planted():
    return make_split(generate(), SPLIT)


@cache
def evaluated(slug: str, method: str = "", data: str = "planted") -> Evaluation:
    """The model of a slug, or the most popular items, on validation choices."""
    split = planted()
    if data == "fashions":
        split = make_split(load_fashions(), replace(SPLIT, method=method or SPLIT.method))
    recipe = Popularity() if slug == "popularity" else read_run_slug(slug).recipe
    return evaluate(last_model(recipe.epochs(split.train)), split, "validation")


def ndcg(slug: str, *where: str) -> str:
    return f"{evaluated(slug, *where).mean('ndcg', 10):.3f}"


@cache
def sweeps():
    return [sweep_truncations(planted(), "validation", leak=leak, planted=8) for leak in (False, True)]


def test_the_answers_on_factors():
    honest, _ = sweeps()
    two, eight, many = (honest.ks.index(k) for k in (2, 8, 128))
    first, second, third = answers("factors")
    assert f"explains {honest.explained[two]:.0%}" in first and f"NDCG@10 {honest.ndcg[two]:.3f}" in first
    assert f"misses {1 - honest.explained[eight]:.0%}" in second and f"NDCG@10 {honest.ndcg[eight]:.3f}" in second
    assert np.argmax(honest.ndcg) == eight
    assert f"explains {honest.explained[many]:.0%}" in third and f"only NDCG@10 {honest.ndcg[many]:.3f}" in third
    assert f"items reaches {ndcg('popularity')}" in third and honest.ndcg[many] < float(ndcg("popularity"))


def test_the_answers_on_leaks():
    honest, leaky = sweeps()
    eight, many = honest.ks.index(8), honest.ks.index(128)
    first, second, third = answers("leak")
    assert np.argmax(honest.ndcg) == eight and f"NDCG@10 {honest.ndcg[eight]:.3f}" in first
    assert f"says {leaky.ndcg[eight]:.3f} instead of {honest.ndcg[eight]:.3f}" in second
    assert np.argmax(leaky.ndcg) == many and f"a perfect {leaky.ndcg[many]:.3f}" in third
    assert f"reaches {honest.ndcg[many]:.3f}" in third and f"the {ndcg('popularity')} of" in third
    assert honest.ndcg[many] < 0.25 * float(ndcg("popularity"))


def test_the_answers_on_the_penalty():
    free, dear = (LESSONS["lambda"].steps[at].url_params["run"][0] for at in (0, 1))
    first, second, third = answers("lambda")
    epochs = list(read_run_slug(free).recipe.epochs(planted().train))
    start = evaluate(epochs[0].model, planted(), "validation").mean("ndcg", 10)
    assert f"from {start:.3f} to {ndcg(free)}, and the most popular items have {ndcg('popularity')}" in first
    assert float(ndcg(free)) < float(ndcg("popularity"))
    assert f"At NDCG@10 {ndcg(dear)}" in second and f"items, {ndcg('popularity')}" in second
    assert float(ndcg(dear)) == pytest.approx(float(ndcg("popularity")), rel=0.02)
    recipe = read_run_slug(dear).recipe
    assert np.abs(last_model(recipe.epochs(planted().train)).user_factors).max() < 1e-3
    assert f"NDCG@10 {ndcg('implicit_als')} instead of {ndcg(free)} and {ndcg(dear)}" in third
    assert "λ = 15" in third and read_run_slug("implicit_als").recipe.regularization == 15
    assert np.all(np.diff([epoch.objective for epoch in epochs]) < 0), "the question says that it falls with every pass"
    for other in (free, dear):
        assert "more than chance" in compare({"15": evaluated("implicit_als"), "other": evaluated(other)}).headline


def test_the_answers_on_time():
    first, second, third = answers("time")
    assert LESSONS["time"].steps[2].split == {"method": "strictly by time"}
    random = make_split(load_fashions(), SPLIT)
    leakage = split_facts(load_fashions(), random, "test")["Leakage"]
    assert "49% of all training" in leakage and "49% of all training" in first
    before, after = (ndcg("implicit_als", method, "fashions") for method in ("", "strictly by time"))
    assert f"the {before} of this test" in second and f"NDCG@10 {after}" in third
    assert 0.28 < float(after) / float(before) < 0.38 and "About a third" in third
    for method, best in (("", before), ("strictly by time", after)):
        assert float(ndcg("svd", method, "fashions")) <= float(best), "the number is that of the better model"


def test_the_answers_on_differences():
    first, second, third = answers("difference")
    unclear = compare({"8": evaluated("svd.n_factors-8"), "48": evaluated("svd")}).headline
    assert "0.002 (−0.005 to 0.008) ahead of 8; no clear difference" in unclear
    assert "0.002 ahead, and the interval from −0.005 to 0.008" in first
    clear = compare({"8": evaluated("svd.n_factors-8"), "2": evaluated("svd.n_factors-2")}).headline
    assert "(0.044 to 0.078) ahead of 2; more than chance" in clear and "0.044 to 0.078" in second
    eight, two = (evaluated(f"svd.n_factors-{k}").per_user("ndcg", 10) for k in (8, 2))
    gain, lose, same = np.mean(eight > two), np.mean(eight < two), np.mean(eight == two)
    assert f"{gain:.0%} of the people get a better list, {lose:.0%} a worse one, and for {same:.0%}" in third


def test_the_answers_on_robustness():
    first, second, third = answers("robust")
    slugs = LESSONS["robust"].steps[0].url_params["pin"]
    assert all(step.url_params["pin"] == slugs for step in LESSONS["robust"].steps) and slugs[1] == "implicit_als"
    recipes = [read_run_slug(slug).recipe for slug in slugs]
    dataset = generate()
    grid = default_grid(dataset, planted(), varies_training=True, is_stochastic=True)
    outcomes = []
    for training in grid.trainings:
        split = make_split(dataset, training.split)
        if training.min_ratings > EVERYBODY:
            split = corrupt_split(dataset, split, [KeepActive(training.min_ratings)])
        models = [last_model(recipe.epochs(split.train, seed=training.seed_offset)) for recipe in recipes]
        comparison = Comparison(slugs, [evaluate(model, split, "validation") for model in models])
        outcomes += judge_specifications(comparison, grid.of_training(training), margin=MARGIN)
    one, every = (Robustness(["EASE", "ALS"], found, 180) for found in (outcomes[:15], outcomes))
    verdict = next(each for each in outcomes if each.specification.title == "NDCG@10").verdicts[1, 0]
    low, high = verdict.difference.low, verdict.difference.high
    assert verdict.word == BETTER and f"{verdict.difference.mean:.3f} ahead, {low:.3f} to {high:.3f}" in first
    assert one.wins == [0, 8] and (one.n_unclear, one.n_same) == (7, 0)
    assert "In 8. In the other 7 there is no clear difference" in second
    length = one.effects[0]
    assert (length.choice, length.low, length.high) == ("k", 5, 10) and length.low_share == 0
    assert "none of the ways with N = 5" in " ".join(second.split()) and f"{length.high_share:.0%} of those" in second
    assert len(every.outcomes) == 180 and every.wins == [0, 72] and "wins in only 72" in third
    split = every.effects[0]
    assert split.choice == "split" and f"in {split.low_share:.0%} of the ways on one split" in third
    assert f"in {split.high_share:.0%} on another" in third


def test_the_answers_on_als():
    first, second, third = answers("als")
    steps = list(islice(half_steps(_TEXTBOOK_SETTINGS["als"](TEXTBOOK).__class__(
        **{**_TEXTBOOK_SETTINGS["als"](TEXTBOOK).settings(), "n_factors": 2}), TEXTBOOK), 10))  # fmt: skip
    assert TEXTBOOK.items_per_user[0] == 3 and "three ratings" in first
    (start, one), (_, two) = (step.objectives for step in steps[:2])
    assert f"from {start:.2f} to {one:.2f} to {two:.2f}" in second
    scores = steps[-1].after.users @ steps[-1].after.items.T
    error = np.abs(TEXTBOOK.values - scores[TEXTBOOK.users, TEXTBOOK.items]).mean()
    assert f"The {TEXTBOOK.n_interactions} ratings" in third and f"within {error:.2f} stars" in third
    assert f"is {scores[0, 2]:.2f},".replace("-", "−") in third and 2 not in TEXTBOOK.items[TEXTBOOK.of(0)]


def test_the_answers_on_bpr():
    recipe = replace(_TEXTBOOK_SETTINGS["bpr"](TEXTBOOK), n_factors=2)
    steps = list(islice(pair_steps(recipe, TEXTBOOK), 40))

    def lead(step, state: PairState) -> float:
        i, j = step.chosen[0], step.others[0]
        scores = np.round(state.users[step.user] @ state.items.T + state.bias, 4)
        return round(float(scores[i] - scores[j]), 4)

    def in_order(state: PairState) -> tuple[int, int]:
        scores, liked = state.users @ state.items.T + state.bias, TEXTBOOK.relevant.binary.toarray() > 0
        right = [scores[u, i] > scores[u, j] for u in range(5) for i in range(5) for j in range(5)
                 if liked[u, i] and not liked[u, j]]  # fmt: skip
        return sum(right), len(right)

    first, second, third = answers("bpr")
    one, two = steps[:2]
    assert (one.user, one.chosen[0], one.others[0]) == (3, 2, 1)
    assert "User 4 with Items 3 and 2" in LESSONS["bpr"].steps[0].sentence
    assert f"from {lead(one, one.before):.4f} to {lead(one, one.after):.4f}" in first
    assert f"at {lead(two, two.before):.4f} it is {two.forces[0]:.2f}" in second
    assert f"lead of 3 it would be {1 / (1 + np.exp(3)):.2f}" in second
    (start, n_pairs), (end, _) = in_order(one.before), in_order(steps[-1].after)
    assert f"the {n_pairs} pairs" in LESSONS["bpr"].steps[2].question
    assert third.startswith(f"{end}, and {start} at the start")
    counts = [in_order(step.after)[0] for step in steps]
    assert min(np.diff(counts)) < 0, "not better after every step"


def test_the_answers_on_certainty():
    data = generate(SyntheticRecipe(feedback="explicit"))
    split = make_split(data, SPLIT)
    assert all(step.url_params["data"] == ["planted.feedback-explicit"] for step in LESSONS["sure"].steps)
    als, bayesian = (last_model(read_run_slug(slug).recipe.epochs(split.train)) for slug in ("als", "bayesian"))
    first, second, third = answers("sure")
    off, least = (evaluate(model, split, "validation").rmse for model in (als, bayesian))
    assert f"off by {least:.2f} stars (RMSE), ALS at its default λ by {off:.2f}" in first
    olga, leo = (data.user_names.index(step.url_params["person"][0]) for step in LESSONS["sure"].steps[1:])
    for user, step in zip((olga, leo), LESSONS["sure"].steps[1:], strict=True):
        assert f" {split.train.items_per_user[user]} ratings" in step.sentence
    wide, narrow = (factor_cloud(bayesian, bayesian.posterior, user).var(axis=0).sum() ** 0.5 for user in (olga, leo))
    assert f"{wide / narrow:.1f} times narrower" in third
    held_out = split.validation
    in_bar = []
    for user in np.unique(held_out.users):
        own = held_out.of(user)
        low, high = predict_intervals(bayesian.posterior, int(user), held_out.items[own])
        in_bar.append((low <= held_out.values[own]) & (held_out.values[own] <= high))
    assert f"{np.concatenate(in_bar).mean():.0%} of the validation ratings" in " ".join(second.split()) and LEVEL == 0.9
    ranked = rank_unseen_items(bayesian, split.seen_and_held_out("validation")[0], olga)
    sure = rank_certainty(bayesian.posterior, olga, ranked, 10)
    coin_tosses = np.abs(sure.beats_next / sure.n_samples - 0.5) <= 0.1
    assert "most neighbours are a coin toss" in second and coin_tosses.mean() > 0.5


def test_the_answers_on_the_truth():
    said = answers("truth")
    for step, answer in zip(LESSONS["truth"].steps, said, strict=True):
        data = generate(SyntheticRecipe(popularity_strength=step.views["truth_strength"]))
        split = make_split(data, SPLIT)
        models = {"als": read_run_slug("implicit_als").recipe, "popularity": Popularity()}
        trained = {name: last_model(recipe.epochs(split.train)) for name, recipe in models.items()}
        meter = measure_truth({**trained, TASTE_ORACLE: taste_oracle(data.ground_truth)}, data, split, "validation")
        (als, popularity, oracle), true = (
            [f"{value:.3f}" for value in each] for each in (meter.means(FULL), meter.true_means)
        )
        match step.views["truth_strength"]:
            case 0:
                assert f"NDCG@10 {als} in the test and {true[0]} by" in answer and f"{oracle} and {true[2]}" in answer
                assert meter.winner(FULL) == meter.true_winner
            case 2:
                assert f"reach {popularity}, and" in answer and f"tastes {oracle}." in answer
                assert f"it is {true[1]} and {true[2]}" in answer and popularity > oracle and true[1] < true[2]
            case 1:
                weighted = f"{meter.means(SNIPS)[0]:.3f}"
                assert f"{weighted}, where {true[0]} is true and the usual test says {als}" in answer


def test_every_lesson_leads_to_another_and_at_last_to_all():
    name, seen = "factors", []
    while name not in seen:
        seen.append(name)
        name = LESSONS[name].next
    assert set(seen) == set(LESSONS)


def test_the_fashions_come_and_go_and_are_the_same_each_time():
    data = load_fashions()
    days = (data.times - data.times.min()) / 86_400
    assert data.interactions.n_users == 300 and days.max() < 366
    items = data.interactions.items
    medians = [np.median(days[items == item]) for item in np.unique(items)]
    assert np.corrcoef(np.unique(items), medians)[0, 1] > 0.9, "what comes out later is chosen later"
    assert data.fingerprint == load_fashions().fingerprint == "75ea37cce29dd86d"
