"""Plain words say the numbers of precision and hit rate, and never more than their intervals and the verdict allow."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.plain_words import (
    PlainWords,
    Wording,
    difference_in_plain_words,
    level_in_plain_words,
    share_of_people,
    wording_of,
)
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE, Verdict, judge_all
from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.bootstrap import Interval, mean_interval
from recsys_core.evaluation.evaluate import evaluate

WORDING = Wording("films", "chose", is_later=True)


@pytest.fixture(scope="module")
def scored():
    data = generate(SyntheticRecipe(n_users=400, n_items=120))
    split = make_split(data)
    recipes = [ALGORITHMS["svd"](n_factors=1), ALGORITHMS["ease"]()]
    models = [list(recipe.epochs(split.train, seed=0))[-1].model for recipe in recipes]
    return data, split, [evaluate(model, split, "validation") for model in models]


@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_the_numbers_are_those_of_precision_and_hit_rate(scored, k):
    _, _, evaluations = scored
    words = PlainWords.of(Comparison(["#1 SVD", "#2 EASE"], evaluations, k=k), WORDING)
    hits = k * evaluations[1].mean("precision", k)
    shown, count = re.search(r"of ([\d,]+) films? shown(?: in \d+ lists)?, ([\d.]+) (?:are|is)", words.level).groups()
    interval = words.by_precision.intervals("precision")[1]
    scale = int(shown.replace(",", "")) / k
    assert float(count) == pytest.approx(hits * scale, abs=(interval.high - interval.low) / 2 * k * scale + 0.05)
    people, of = re.search(r"; ([\d,]+) in ([\d,]+) people", words.level).groups()
    finders = words.by_precision.intervals("hit_rate")[1]
    assert finders.low <= int(people) / int(of) <= finders.high
    assert "went on to choose" in words.level and "find at least one" in words.level
    more, per = re.search(r"that is ([\d.]+) \(.*?\) more for every ([\d,]+ people|person)", words.against).groups()
    n_people = 1 if per == "person" else int(per.split()[0].replace(",", ""))
    difference = k * (evaluations[1].mean("precision", k) - evaluations[0].mean("precision", k))
    assert float(more) == pytest.approx(n_people * difference, rel=0.2) and "more than chance." in words.against
    assert words.text.startswith("With #2 EASE") and "Against #1 SVD" in words.text


def test_no_more_is_shown_than_the_lists_hold():
    """Of eight items nobody has ten left to be shown."""
    split = make_split(generate(SyntheticRecipe(n_users=40, n_items=8)), SplitRecipe(method="leave one out"))
    *_, last = ALGORITHMS["ease"]().epochs(split.train)
    evaluation = evaluate(last.model, split, "validation")
    longest = int((evaluation.top_items >= 0).sum(axis=1).max())
    assert longest < 10
    assert level_in_plain_words(evaluation, 10, WORDING).startswith(f"Of {longest} films shown")
    assert f"Hits in a list of {longest}:" in PlainWords.of(Comparison(["A"], [evaluation]), WORDING).note


def test_the_level_of_one_model_is_that_in_the_comparison(scored):
    _, _, evaluations = scored
    words = PlainWords.of(Comparison(["#1 SVD", "#2 EASE"], evaluations), WORDING)
    assert level_in_plain_words(evaluations[1], 10, WORDING)[1:] in words.level
    alone = PlainWords.of(Comparison(["#2 EASE"], evaluations[1:]), WORDING)
    assert alone.against == "" and alone.text == alone.level


def test_the_baseline_is_held_against_the_next_best_where_it_is_best(scored):
    _, _, (svd, ease) = scored
    words = PlainWords.of(Comparison(["#2 EASE", "#1 SVD"], [ease, svd]), WORDING)
    assert words.level.startswith("With #2 EASE") and "Against #1 SVD" in words.against and " more " in words.against


def test_of_models_that_may_have_seen_the_answers_no_number_is_said(scored):
    _, _, evaluations = scored
    seen = PlainWords.of(Comparison(["A", "B"], evaluations, possibly_leaked=[False, True]), WORDING)
    assert not re.search(r"\d", seen.text) and seen.note == ""
    beside = PlainWords.of(Comparison(["A", "B"], evaluations, possibly_leaked=[True, False]), WORDING)
    assert "not compared" in beside.against and "more than chance" not in beside.text


def test_where_the_chosen_metric_sees_no_clear_difference_that_is_said_beside_the_hits(scored):
    _, _, evaluations = scored
    clear = Comparison(["A", "B"], evaluations, metric="precision")
    unclear = replace(clear, metric="ndcg", margin=0.99)  # so large a margin is never passed
    said = PlainWords.of(unclear, WORDING, clear).against
    assert "more than chance; by NDCG@10" in said and said.count(".") >= 1
    assert "by NDCG@10" not in PlainWords.of(clear, WORDING, clear).against


def test_a_lower_end_that_is_not_zero_is_not_printed_as_zero():
    (low,) = re.findall(r"\((\S+) to", difference_in_plain_words(verdict(0.007, 0.00002, 0.014, BETTER), "A", 10))
    assert 0 < float(low) < 0.1


def test_two_seeds_of_one_recipe_are_never_told_apart(scored):
    _, _, evaluations = scored
    words = PlainWords.of(Comparison(["A", "B"], evaluations, recipes=["same", "same"]), WORDING)
    assert "more than chance" not in words.text and "cannot be told" in words.against


def verdict(mean, low, high, word, p=0.001):
    return Verdict(Interval(mean, low, high), p, word, None, 0.001)


@pytest.mark.parametrize(
    "given, said, silent",
    [
        (verdict(0.01, 0.006, 0.014, BETTER), ["1.0 (0.6 to 1.4) more for every 10 people", "more than chance."], []),
        (verdict(-0.01, -0.014, -0.006, WORSE), ["fewer for every 10 people", "more than chance."], []),
        (verdict(0.0004, 0.0001, 0.0007, UNCLEAR), ["more than chance, but perhaps too little"], []),
        (verdict(0.01, -0.006, 0.026, UNCLEAR), ["cannot be told", "fewer", "more"], ["more than chance"]),
        (verdict(0.01, 0.001, 0.02, UNCLEAR, p=0.2), ["cannot be told"], ["more than chance"]),
        (verdict(0.0001, -0.0005, 0.0006, SAME), ["practically the same"], ["more than chance"]),
        (verdict(0.01, math.nan, math.nan, UNCLEAR), ["cannot be said"], ["more than chance"]),
    ],
)
def test_what_is_said_of_a_difference_follows_the_verdict(given, said, silent):
    text = difference_in_plain_words(given, "#1 SVD", 10)
    assert all(each in text for each in said) and not any(each in text for each in silent), text


def test_a_share_is_never_said_more_precisely_than_its_interval():
    rng = np.random.default_rng(0)
    for _ in range(3000):
        n, share = int(rng.integers(10, 3000)), rng.random() ** rng.integers(1, 6)
        interval = mean_interval((rng.random(n) < share).astype(float))
        text = share_of_people(interval)
        numbers = [float(each.replace(",", "")) for each in re.findall(r"[\d,]+(?:\.\d+)?", text)]
        if text.startswith(("more than", "fewer than")):
            end = numbers[0] / numbers[1]
            assert end <= interval.low if text.startswith("more") else end >= interval.high, (interval, text)
        elif " to " in text:
            low, high, of = numbers
            assert low / of <= interval.low <= interval.high <= high / of, (interval, text)
        elif "%" in text:
            assert numbers[0] / 100 == pytest.approx(interval.mean, abs=0.001)
        else:
            count, of = numbers
            assert interval.low <= count / of <= interval.high and 0 < count < of, (interval, text)


@pytest.mark.parametrize("n_models", [2, 5])
def test_where_no_model_is_better_more_than_chance_is_said_in_at_most_one_in_twenty_worlds(n_models):
    """The best of several is told of, chosen by the very numbers: the rule holds for all pairs together."""
    rng = np.random.default_rng(1)
    n_worlds, n_users, k, n_wrong = 300, 120, 10, 0
    for _ in range(n_worlds):
        ease = rng.beta(1, 5, n_users)
        hits = rng.binomial(k, np.clip(ease[:, None] + rng.normal(0, 0.05, (n_users, n_models)), 0, 1)) / k
        verdicts = judge_all(list(hits.T))
        best = int(hits.mean(axis=0).argmax())
        other = 0 if best else 1 + int(hits[:, 1:].mean(axis=0).argmax())
        n_wrong += "more than chance" in difference_in_plain_words(verdicts[best, other], "the other", k)
    assert n_wrong <= n_worlds * 0.05 + 2.4 * math.sqrt(n_worlds * 0.05 * 0.95)  # 99 in 100 runs of a true 5%


def test_a_real_difference_is_said(scored):
    rng = np.random.default_rng(2)
    hits = rng.binomial(10, np.array([0.1, 0.2]), (300, 2)) / 10
    assert "more than chance." in difference_in_plain_words(judge_all(list(hits.T))[1, 0], "the other", 10)


def test_few_people_are_told_nothing():
    data = generate(SyntheticRecipe(n_users=8, n_items=40))
    split = make_split(data)
    evaluations = [
        evaluate(list(ALGORITHMS[key]().epochs(split.train, seed=0))[-1].model, split, "validation")
        for key in ("svd", "ease")
    ]
    words = PlainWords.of(Comparison(["A", "B"], evaluations), WORDING)
    assert "too few" in words.text and "more than chance" not in words.text and words.note == ""


def test_the_words_fit_the_data(scored):
    data, split, _ = scored
    assert wording_of(data, split) == Wording("titles", "chose", is_later=False)
    rated = generate(SyntheticRecipe(n_users=60, n_items=40, feedback="explicit"))
    times = np.arange(rated.interactions.n_interactions, dtype=float)
    by_time = replace(rated, times=times)
    later = wording_of(by_time, make_split(by_time, SplitRecipe("leave last out")))
    assert later.relevant == "this person went on to rate"
    liked, _ = clean(rated, [RelevantFrom(4.0)])
    assert "rated 4 or more" in wording_of(liked, make_split(liked)).relevant
    assert "but the model has not seen" in wording_of(liked, make_split(liked)).relevant
