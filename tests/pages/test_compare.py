"""The Compare page through AppTest: verdicts, the sealed test, and every view with its sentence."""

import math
import re

import numpy as np
import pytest

from pages.views.compare.cost import _sentence
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import last_model
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.plain_words import PlainWords, wording_of
from recsys_core.comparison.verdicts import BETTER
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.runner.retrain import find_retrained, split_for_retraining
from tests.pages.app import (
    button_group,
    execute_all,
    figure,
    first_fingerprint,
    go,
    headline,
    pinnable,
    pinned_ids,
    progress,
    set_pins,
    texts,
)
from tests.pages.compare import (
    KEYS,
    VIEWS,
    compare_page,
    evaluations,
    intervals,
    sentence,
    show_view,
    shown_runs,
    table,
)


def test_headline_and_verdicts_agree_with_the_store(open_app, three_runs):
    app = compare_page(open_app)
    for k in (10, 3):
        app.slider(key="N").set_value(k).run()
        runs, scored = shown_runs(app, three_runs), evaluations(app, three_runs)
        comparison = Comparison([run.label for run in runs], scored, k=k, recipes=[run.recipe for run in runs])
        means, verdicts = comparison.intervals("ndcg"), comparison.verdicts
        best, second, _ = np.argsort([-mean.mean for mean in means])
        assert headline(app).startswith(runs[best].label)
        assert f"{format_mean(means[best])} on validation" in headline(app)
        lead = format_interval(verdicts[best, second].difference)
        assert f"{lead} ahead of {runs[second].label}" in headline(app)
        is_best = all(verdicts[best, other].word == BETTER for other in range(3) if other != best)
        assert ("more than chance" in headline(app)) == is_best
        dots = [trace for trace in figure(app, "differences")["data"] if len(trace["x"]) == 1]
        assert [dot["x"][0] for dot in dots] == pytest.approx([verdicts[place, 0].difference.mean for place in (1, 2)])
        for place in (1, 2):
            assert f"{runs[place].short_label} {verdicts[place, 0].marked}" in sentence(app)
        matrix = table(app, 0)
        assert matrix.iloc[0, 2].endswith(format_mean(verdicts[0, 1].difference, sign=True)) and matrix.iloc[1, 2] == ""
        drawn = figure(app, "intervals_ndcg")["data"]
        assert [trace["x"][0] for trace in drawn if len(trace["x"]) == 1] == pytest.approx([m.mean for m in means])


def test_another_metric_gives_other_differences(open_app, three_runs):
    app = compare_page(open_app)
    app.selectbox(key="metric").set_value("recall").run()
    assert re.search("is best: Recall@10|has the highest Recall@10", headline(app))
    scored = evaluations(app, three_runs)
    dots = [trace["x"][0] for trace in figure(app, "differences")["data"] if len(trace["x"]) == 1]
    baseline = scored[0].mean("recall", 10)
    assert dots == pytest.approx([each.mean("recall", 10) - baseline for each in scored[1:]])


def test_a_recipe_under_another_seed_cannot_be_told_from_itself(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
    bpr = next(run for run in three_runs.runs() if run.algorithm == "bpr")
    twin = three_runs.queue.add_run(split, "bpr", bpr.recipe, 7)
    execute_all(three_runs)
    app = compare_page(open_app)
    set_pins(app, [bpr.id, twin])
    assert re.search(r"\? no clear difference|= practically the same", sentence(app))
    assert re.search("no clear difference|practically the same", headline(app))


def test_more_seeds_are_offered_trained_and_then_widen_the_intervals(open_app, three_runs):
    app = compare_page(open_app)
    assert "one seed only" in texts(app.caption)
    before = _width(app, "BPR")
    app.button(key="train_seeds").click().run()
    waiting = [run for run in three_runs.runs() if run.is_live]
    assert sorted((run.algorithm, run.seed) for run in waiting) == [
        (key, seed) for key in ("bpr", "implicit_als") for seed in (1, 2)
    ]
    assert all(button.key != "train_seeds" for button in app.button)
    execute_all(three_runs)
    app.run()
    assert "over 3 seeds" in texts(app.caption) and "one seed only" not in texts(app.caption)
    assert len(pinned_ids(app)) == 3
    assert _width(app, "BPR") > before


def _width(app, name: str) -> float:
    (dot,) = (trace for trace in figure(app, "differences")["data"] if len(trace["x"]) == 1 and name in trace["y"][0])
    return dot["error_x"]["array"][0] + dot["error_x"]["arrayminus"][0]


def test_the_card_says_it_in_plain_words_and_the_switch_puts_them_into_the_headlines(open_app, three_runs):
    app = compare_page(open_app)
    runs, scored = shown_runs(app, three_runs), evaluations(app, three_runs)
    dataset, split = three_runs.dataset(runs[0].data_fingerprint), three_runs.split_of(runs[0])
    comparison = Comparison([run.short_label for run in runs], scored, recipes=[run.recipe for run in runs])
    words = PlainWords.of(comparison, wording_of(dataset, split))
    assert words.text in texts(app.main.markdown) and "NDCG@10" in headline(app)
    app.toggle(key="plain_words").set_value(True).run()
    assert headline(app) == words.level and words.against in texts(app.main.markdown)
    assert words.note in texts(app.main.caption) and "NDCG@10" in texts(app.main.caption)
    go(app, "train")
    assert "titles shown" in headline(app) and "NDCG@10" not in headline(app)
    app.toggle(key="plain_words").set_value(False).run()
    assert "NDCG@10" in headline(app)


def test_the_first_reveal_asks_and_says_why_the_test_differs(open_app, three_runs):
    app = compare_page(open_app)
    said = texts(app.main.markdown)
    assert "no longer fresh" in said and "of a person on average" in said
    app.button(key="reveal").click().run()
    assert "cannot be compared with those on validation: more is held out" in texts(app.caption)
    app.button(key="seal").click().run()
    assert "no longer fresh" not in texts(app.main.markdown)


def test_one_model_is_only_described_and_none_is_said(open_app, three_runs):
    app = compare_page(open_app)
    set_pins(app, [2])
    assert headline(app).startswith("#2 SVD") and headline(app).endswith("on validation.")
    for view in VIEWS:
        show_view(app, view)
        assert not app.exception, view
    set_pins(app, [])
    assert "Pin at least one model" in texts(app.markdown) and not app.exception


@pytest.mark.parametrize(
    ("named", "group", "view"),
    [("Popularity", "Lists", "Popularity"), ("Calculator", "How metrics work", "Calculator"), ("Cost", "Cost", ""),
     ("Verdicts", "Verdict", ""), ("nonsense", "Verdict", "")],
)  # fmt: skip
def test_a_link_may_name_a_view_of_any_group(named, group, view, open_app, three_runs):
    app = open_app("compare", compare_view=named)
    assert headline(app) and button_group(app, "compare_view").value == group
    if view:
        assert button_group(app, KEYS[group]).value == view
        assert app.query_params["compare_view"] == group, "the address goes on to name what is shown"


# The sealed test


def test_the_test_is_sealed_until_it_is_revealed_and_looks_are_counted(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
    three_runs.reveal_test(split.fingerprint)  # by somebody else
    app = compare_page(open_app)
    assert "has been revealed once" in texts(app.caption) and "on validation" in headline(app)
    app.button(key="reveal").click().run()
    assert "has been revealed 2 times" in texts(app.caption) and "on the test" in headline(app)
    means = intervals(evaluations(app, three_runs, "test"))
    drawn = [trace["x"][0] for trace in figure(app, "intervals_ndcg")["data"] if len(trace["x"]) == 1]
    assert drawn == pytest.approx([mean.mean for mean in means])
    app.slider(key="N").set_value(5).run()
    assert three_runs.n_reveals(split.fingerprint) == 2  # looking on is no new look
    app.button(key="seal").click().run()
    assert "on validation" in headline(app) and three_runs.n_reveals(split.fingerprint) == 2
    app.number_input(key="split_seed").set_value(1).run()
    app.number_input(key="split_seed").set_value(0).run()
    assert "on validation" in headline(app)


def test_pinned_models_learn_again_before_the_test_and_every_number_is_then_of_those(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
    app = compare_page(open_app)
    app.toggle(key="learn_again").set_value(True).run()
    assert "on validation" in headline(app) and three_runs.n_reveals(split.fingerprint) == 0
    app.button(key="reveal").click().run()
    assert headline(app) == "The pinned models have not been trained again yet." and not app.exception
    app.button(key="train_again").click().run()
    assert headline(app) == "The pinned models are being trained again."
    execute_all(three_runs)
    app.run()
    again = split_for_retraining(three_runs, split)
    runs = find_retrained(three_runs, [three_runs.run(run_id) for run_id in pinned_ids(app)], again)
    found = [three_runs.evaluation(run.id, "test") for run in runs]
    means = intervals(found)
    drawn = [trace["x"][0] for trace in figure(app, "intervals_ndcg")["data"] if len(trace["x"]) == 1]
    assert drawn == pytest.approx([mean.mean for mean in means])
    assert "trained again on the training and validation" in texts(app.caption)
    for view in VIEWS:
        show_view(app, view)
        assert not app.exception and "trained again" in texts(app.caption), view
    assert three_runs.n_reveals(split.fingerprint) == 1
    app.toggle(key="learn_again").set_value(False).run()
    assert "never saw a validation" in texts(app.caption)
    assert three_runs.n_reveals(split.fingerprint) == 2, "the test of other models is another look"
    go(app, "train")
    assert not app.exception
    assert [run.id for run in three_runs.runs(split.fingerprint)] == [3, 2, 1], "they stay out of the other pages"


def test_another_split_has_a_count_and_a_seal_of_its_own(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe(seed=1))
    three_runs.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
    execute_all(three_runs)
    app = compare_page(open_app)
    app.button(key="reveal").click().run()
    app.number_input(key="split_seed").set_value(1).run()
    assert "on validation" in headline(app) and "never been revealed" in texts(app.caption)


def test_without_validation_there_is_only_the_test_and_that_is_said(open_app, still_store):
    recipe = SplitRecipe(validation=0)
    split = still_store.split(first_fingerprint(still_store), recipe)
    still_store.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
    execute_all(still_store)
    app = compare_page(open_app, split_validation="0")
    assert "on the test" in headline(app) and "only test interactions" in texts(app.caption)
    assert all(button.key != "reveal" for button in app.button)


# Runs from elsewhere


def test_train_what_is_missing(open_app, still_store):
    app = compare_page(open_app)
    app.button(key="train_missing").click().run()
    assert {run.algorithm for run in still_store.runs()} == set(ALGORITHMS)
    assert all(button.key != "train_missing" for button in app.button)
    train = still_store.split_of(still_store.runs()[0]).train
    assert all(run.recipe == ALGORITHMS[run.algorithm].defaults_for(train) for run in still_store.runs())
    assert f"Training {len(ALGORITHMS) - 1} models" in progress(app)
    execute_all(still_store)
    app.run()
    assert not progress(app) and len(pinned_ids(app)) == len(ALGORITHMS)


def test_a_recipe_of_another_split_is_not_pinned_but_can_be_trained_here(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe(seed=1))
    three_runs.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0)
    execute_all(three_runs)
    app = compare_page(open_app)
    assert len(pinned_ids(app)) + len(pinnable(app)) == 3
    assert "cannot be compared here" in texts(app.markdown)
    (chooser,) = (box for box in app.multiselect if box.key.startswith("missing"))
    (elsewhere,) = (place for place, label in enumerate(chooser.options) if "elsewhere" in label)
    chooser.set_value([chooser.options[elsewhere]] if isinstance(chooser.options[0], str) else [elsewhere]).run()
    app.button(key="train_missing").click().run()
    (queued,) = (run for run in three_runs.runs() if run.is_live)
    assert queued.recipe == ALGORITHMS["svd"](n_factors=3) and queued.split == SplitRecipe()


def test_runs_of_another_split_are_not_offered(open_app, three_runs):
    three_runs.queue.add_run(
        three_runs.split(first_fingerprint(three_runs), SplitRecipe(seed=1)), "svd", ALGORITHMS["svd"](), 0
    )
    execute_all(three_runs)
    app = compare_page(open_app)
    app.number_input(key="split_seed").set_value(1).run()
    assert pinned_ids(app) == [4] and not pinnable(app)
    assert headline(app).startswith("#4 SVD")


def test_a_dearer_model_is_good_value_only_where_it_is_clearly_better():
    split = make_split(generate(SyntheticRecipe(n_users=200, n_items=60)))
    ease = (ALGORITHMS["ease"](regularization=value) for value in (100.0, 101.0))
    recipes = (ALGORITHMS["biases"](), *ease)
    scores = [evaluate(last_model(recipe.epochs(split.train)), split, "validation") for recipe in recipes]
    weak, close, best = sorted(scores, key=lambda each: each.mean("ndcg", 10))
    alike = Comparison(["A", "B"], [close, best], "ndcg", 10)
    assert alike.means[1] > alike.means[0] and alike.verdicts[1, 0].word != BETTER
    said = _sentence(alike, [1.0, 600.0])
    assert said.startswith("Best value for training time by NDCG@10: A (1.0 s). B (10 min) takes longer than A and is ")
    better = Comparison(["A", "B"], [weak, best], "ndcg", 10)
    assert _sentence(better, [1.0, 600.0]) == "Best value for training time by NDCG@10: A (1.0 s), B (10 min)."
    assert _sentence(better, [math.nan, 600.0]).endswith("B (10 min). The training time of A is not known.")
