"""The Compare page through AppTest: verdicts, the sealed test, and every view with its sentence."""

import re

import numpy as np
import pandas as pd
import pytest

from pages.shared.context import RUN_KEY
from pages.shared.shell.pinned_models import PINS_KEY
from pages.shared.widgets.choose_person_item import PERSON_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.sentences import for_whom
from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, UNCLEAR, WORSE, Verdict
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.metrics.conventions import CONVENTIONS
from recsys_core.runner.retrain import find_retrained, split_for_retraining
from tests.pages.app import (
    IMAGE,
    SCRIPT,
    assert_harmless,
    button_group,
    execute_all,
    figure,
    first_fingerprint,
    go,
    headline,
    read,
    select_in_table,
    texts,
)
from tests.pages.app import train_here as train

VIEWS = (
    "Verdicts",
    "For whom",
    "Disagreement",
    "Popularity",
    "Cost",
    "Conventions",
    "Calculator",
    "Ratings vs ranking",
    "Curves",
    "Table",
)


@pytest.fixture
def three_runs(still_store):
    fingerprint = first_fingerprint(still_store)
    train(still_store, fingerprint, "svd", n_factors=4)
    train(still_store, fingerprint, "bpr", n_factors=8, n_epochs=3)
    return still_store


@pytest.fixture
def rated(still_store):
    """Graded data with two models that guess ratings and one that ranks."""
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(feedback="explicit", n_users=80, n_items=60)))
    for key in ("als", "biases", "svd"):
        train(still_store, fingerprint, key)
    return still_store


def compare_page(open_app, view: str = "", **query):
    app = go(open_app(**query), "compare")
    if view:
        button_group(app, "compare_view").set_value(view).run()
    headline(app)
    return app


def table(app, place: int) -> pd.DataFrame:
    return app.dataframe[place].value


def sentence(app) -> str:
    """The sentence of the view: the first text in bold."""
    return next(text for text in texts(app.main.markdown).split("\n") if text.startswith("**"))


def shown_runs(app, store):
    return [store.run(run_id) for run_id in app.multiselect(key=PINS_KEY).value]


def evaluations(app, store, subset="validation"):
    return [store.evaluation(run.id, subset) for run in shown_runs(app, store)]


def intervals(scored):
    return Comparison([""] * len(scored), scored).intervals("ndcg")


# What is said


def test_headline_and_verdicts_agree_with_the_store(open_app, three_runs):
    app = compare_page(open_app)
    for k in (10, 3):
        app.slider(key="N").set_value(k).run()
        runs, scored = shown_runs(app, three_runs), evaluations(app, three_runs)
        comparison = Comparison([run.label for run in runs], scored, k=k, recipes=[run.recipe for run in runs])
        means, verdicts = comparison.intervals("ndcg"), comparison.verdicts
        best, second, _ = np.argsort([-mean.mean for mean in means])
        assert headline(app).startswith(runs[best].label)
        assert f"{format_mean(means[best])} on the validation ratings" in headline(app)
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
    app.multiselect(key=PINS_KEY).set_value([bpr.id, twin]).run()
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
    assert len(app.multiselect(key=PINS_KEY).value) == 3
    assert _width(app, "BPR") > before


def _width(app, name: str) -> float:
    (dot,) = (trace for trace in figure(app, "differences")["data"] if len(trace["x"]) == 1 and name in trace["y"][0])
    return dot["error_x"]["array"][0] + dot["error_x"]["arrayminus"][0]


def test_one_model_is_only_described_and_none_is_said(open_app, three_runs):
    app = compare_page(open_app)
    app.multiselect(key=PINS_KEY).set_value([2]).run()
    assert headline(app).startswith("#2 SVD") and headline(app).endswith("on the validation ratings.")
    for view in VIEWS:
        button_group(app, "compare_view").set_value(view).run()
        assert not app.exception, view
    app.multiselect(key=PINS_KEY).set_value([]).run()
    assert "Pin at least one model" in texts(app.markdown) and not app.exception


# The sealed test


def test_the_test_is_sealed_until_it_is_revealed_and_looks_are_counted(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
    three_runs.reveal_test(split.fingerprint)  # by somebody else
    app = compare_page(open_app)
    assert "has been revealed once" in texts(app.caption) and "validation ratings" in headline(app)
    app.button(key="reveal").click().run()
    assert "has been revealed 2 times" in texts(app.caption) and "on the test ratings" in headline(app)
    means = intervals(evaluations(app, three_runs, "test"))
    drawn = [trace["x"][0] for trace in figure(app, "intervals_ndcg")["data"] if len(trace["x"]) == 1]
    assert drawn == pytest.approx([mean.mean for mean in means])
    app.slider(key="N").set_value(5).run()
    assert three_runs.n_reveals(split.fingerprint) == 2  # looking on is no new look
    app.button(key="seal").click().run()
    assert "validation ratings" in headline(app) and three_runs.n_reveals(split.fingerprint) == 2
    app.number_input(key="split_seed").set_value(1).run()
    app.number_input(key="split_seed").set_value(0).run()
    assert "on the validation ratings" in headline(app)


def test_pinned_models_learn_again_before_the_test_and_every_number_is_then_of_those(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
    app = compare_page(open_app)
    app.toggle(key="learn_again").set_value(True).run()
    assert "validation ratings" in headline(app) and three_runs.n_reveals(split.fingerprint) == 0
    app.button(key="reveal").click().run()
    assert headline(app) == "The pinned models have not been trained again yet." and not app.exception
    app.button(key="train_again").click().run()
    assert headline(app) == "The pinned models are being trained again."
    execute_all(three_runs)
    app.run()
    again = split_for_retraining(three_runs, split)
    runs = find_retrained(three_runs, [three_runs.run(run_id) for run_id in app.multiselect(key=PINS_KEY).value], again)
    found = [three_runs.evaluation(run.id, "test") for run in runs]
    means = intervals(found)
    drawn = [trace["x"][0] for trace in figure(app, "intervals_ndcg")["data"] if len(trace["x"]) == 1]
    assert drawn == pytest.approx([mean.mean for mean in means])
    assert "trained again on the training and validation" in texts(app.caption)
    for view in VIEWS:
        button_group(app, "compare_view").set_value(view).run()
        assert not app.exception and "trained again" in texts(app.caption), view
    assert three_runs.n_reveals(split.fingerprint) == 1
    app.toggle(key="learn_again").set_value(False).run()
    assert "never saw a validation rating" in texts(app.caption)
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
    assert "on the validation ratings" in headline(app) and "never been revealed" in texts(app.caption)


def test_without_validation_there_is_only_the_test_and_that_is_said(open_app, still_store):
    recipe = SplitRecipe(validation=0)
    split = still_store.split(first_fingerprint(still_store), recipe)
    still_store.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
    execute_all(still_store)
    app = compare_page(open_app, split_validation="0")
    assert "on the test ratings" in headline(app) and "only test ratings" in texts(app.caption)
    assert all(button.key != "reveal" for button in app.button)


# Runs from elsewhere


def test_train_what_is_missing(open_app, still_store):
    app = compare_page(open_app)
    app.button(key="train_missing").click().run()
    assert {run.algorithm for run in still_store.runs()} == set(ALGORITHMS)
    assert all(button.key != "train_missing" for button in app.button)
    train = still_store.split_of(still_store.runs()[0]).train
    assert all(run.recipe == ALGORITHMS[run.algorithm].defaults_for(train) for run in still_store.runs())
    assert "In training" in texts(app.info)
    execute_all(still_store)
    app.run()
    assert not app.info and len(app.multiselect(key=PINS_KEY).value) == min(6, len(ALGORITHMS))


def test_a_recipe_of_another_split_is_not_pinned_but_can_be_trained_here(open_app, three_runs):
    split = three_runs.split(first_fingerprint(three_runs), SplitRecipe(seed=1))
    three_runs.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0)
    execute_all(three_runs)
    app = compare_page(open_app)
    assert len(app.multiselect(key=PINS_KEY).options) == 3
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
    assert app.multiselect(key=PINS_KEY).options == [three_runs.run(4).label]
    assert headline(app).startswith("#4 SVD")


def test_more_than_six_runs(open_app, three_runs):
    for seed in range(5):
        split = three_runs.split(first_fingerprint(three_runs), SplitRecipe())
        three_runs.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=2 + seed), seed)
    execute_all(three_runs)
    app = compare_page(open_app)
    assert len(app.multiselect(key=PINS_KEY).options) == 8
    assert 1 <= len(app.multiselect(key=PINS_KEY).value) <= 6


# The views


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_with_a_sentence(view, open_app, three_runs):
    app = compare_page(open_app, view)
    assert re.search(r"\d|rating", sentence(app)), sentence(app)
    assert not app.error and not app.exception


def test_for_whom_counts_add_up_to_all_people(open_app, three_runs):
    app = compare_page(open_app, "For whom")
    n_people = len(evaluations(app, three_runs)[0].users)
    for name in ("activity", "popularity", "genre", "taste"):
        rows = [trace["y"][0] for trace in figure(app, f"groups_{name}")["data"]]
        assert sum(int(re.search(r"\((\d+)\)$", row)[1]) for row in rows) == n_people, name


def test_a_gain_that_newcomers_pay_for_is_flagged_in_words():
    verdict = Verdict(Interval(0.02, 0.01, 0.03), 0.001, BETTER, None, 0.005)
    losing = GroupDifference("1 to 3 items", 40, Verdict(Interval(-0.03, -0.05, -0.01), 0.001, WORSE, None, 0.005))
    gaining = GroupDifference("4 to 90 items", 60, Verdict(Interval(0.06, 0.05, 0.07), 0.001, BETTER, None, 0.005))
    flagged = for_whom("#2 BPR", "NDCG@10", verdict, {"activity": [losing, gaining]})
    assert flagged.startswith("⚠ #2 BPR has +0.020 NDCG@10") and "newcomers pay for it: the 40 people" in flagged
    unflagged = for_whom("#2 BPR", "NDCG@10", verdict, {"activity": [gaining, losing]})
    assert "newcomers" not in unflagged and "clearly lose (−0.030)" in unflagged
    unsure = GroupDifference("1 to 3 items", 40, Verdict(Interval(-0.03, -0.06, 0.001), 0.06, UNCLEAR, None, 0.005))
    silent = for_whom("#2 BPR", "NDCG@10", verdict, {"activity": [unsure]})
    assert silent.endswith("No group of people clearly gains or loses.")


def test_the_smallest_difference_that_matters_is_a_control_and_stands_in_the_sentence(open_app, three_runs):
    app = compare_page(open_app)
    scored = evaluations(app, three_runs)
    for percent in (2, 20):
        app.slider(key="smallest_difference").set_value(percent).run()
        band = percent / 100 * scored[0].mean("ndcg", 10)
        assert f"below {percent}%, here {band:.2g}, count as practically the same" in sentence(app)
    app.slider(key="smallest_difference").set_value(0).run()
    assert "counts, however small" in sentence(app)
    assert compare_page(open_app, smallest_difference="7").slider(key="smallest_difference").value == 7


def test_it_is_said_that_the_intervals_are_of_one_split_and_that_the_highest_flatters(open_app, three_runs):
    said = texts(compare_page(open_app).main.caption)
    for words in ("belong to one split", "highest of 3 numbers", "sealed test"):
        assert words in said


def test_the_most_different_person_comes_first_and_a_click_opens_them(open_app, three_runs):
    app = compare_page(open_app, "Disagreement")
    shown = table(app, 0)
    assert list(shown["overlap"]) == sorted(shown["overlap"])
    name = shown["person"][3]
    pins = app.multiselect(key=PINS_KEY).value
    select_in_table(app, "least_alike", rows=[3])
    assert app.selectbox(key=PERSON_KEY).format_func(app.selectbox(key=PERSON_KEY).value) == name
    assert app.multiselect(key=PINS_KEY).value == pins


def test_the_slope_chart_joins_what_stands_in_both_lists(open_app, three_runs):
    app = compare_page(open_app, "Disagreement")
    chart = next(c for c in app.get("plotly_chart") if c.key.startswith("slope"))
    drawn = figure(app, chart.key)["data"]
    left, right = (trace["hovertext"] for trace in drawn if trace["mode"] == "markers+text")
    joined = {(int(t["y"][0]), int(t["y"][1])) for t in drawn if t["mode"] == "lines"}
    assert joined == {(left.index(title) + 1, right.index(title) + 1) for title in set(left) & set(right)}
    app.button(key="open_person").click().run()
    assert not app.exception and app.selectbox(key=PERSON_KEY)


def test_popularity_says_when_everyone_gets_the_same(open_app, three_runs):
    train(three_runs, first_fingerprint(three_runs), "svd", n_factors=1)
    app = compare_page(open_app, "Popularity")
    latest = three_runs.runs()[0].id
    app.multiselect(key=PINS_KEY).set_value([1, latest]).run()
    assert f"#{latest} SVD gives everyone nearly the same list" in texts(app.warning)
    app.multiselect(key=PINS_KEY).set_value([1]).run()
    assert not app.warning


def test_another_convention_as_reference_flips_the_marks(open_app, still_store):
    train(still_store, first_fingerprint(still_store), "svd", n_factors=8, regularization=5)
    app = compare_page(open_app, "Conventions")
    assert "but not under" in sentence(app)
    rows = table(app, 0).set_index("convention")
    winners = rows["winner"]
    assert list(rows.index) == [convention.label for convention in CONVENTIONS.values()]
    for name, convention in CONVENTIONS.items():
        app.selectbox(key="convention").set_value(name).run()
        marks = table(app, 0).set_index("convention")[""]
        assert (marks == "≠").equals(winners != winners[convention.label])


def test_the_calculator_opens_with_the_exercise_and_its_misprint(open_app, three_runs):
    app = compare_page(open_app, "Calculator")
    assert all(number in sentence(app) for number in ("12.78", "13.35", "0.957"))
    assert "DCG ≈ 13.35 for this list. That is the ideal DCG." in texts(app.info)
    app.text_input(key="relevances").set_value("1, 0").run()
    assert "NDCG is 1.000" in sentence(app) and not app.info
    app.text_input(key="relevances").set_value("a lot").run()
    assert "must be a number" in texts(app.error)


def test_the_best_guesser_of_ratings_is_named_with_its_rank(open_app, rated):
    app = compare_page(open_app, "Ratings vs ranking")
    scored = {run.id: rated.evaluation(run.id, "validation") for run in shown_runs(app, rated)}
    errors = {run_id: each.rmse for run_id, each in scored.items() if each.rmse is not None}
    assert len(errors) == 2
    best = min(errors, key=errors.get)
    assert f"#{best} {rated.run(best).recipe.label} predicts ratings best (RMSE {errors[best]:.3f})" in sentence(app)


def test_settings_that_differ_stand_in_the_table(open_app, three_runs):
    shown = table(compare_page(open_app, "Table"), 0).set_index("run")
    for run in three_runs.runs():
        row, evaluation = shown.loc[run.label], three_runs.evaluation(run.id, "validation")
        assert int(row["n_factors"]) == run.recipe.n_factors
        assert row["MAP@10"] == pytest.approx(evaluation.mean("map", 10))
        assert row["AUC"] == pytest.approx(evaluation.mean("auc", 10))
    assert "seed" not in shown


def test_the_honest_table_has_the_verdicts_against_the_first(open_app, three_runs):
    app = compare_page(open_app, "Table")
    shown, scored = table(app, 1), evaluations(app, three_runs)
    means = intervals(scored)
    assert list(shown["NDCG@10"]) == [format_interval(mean) for mean in means]
    verdicts = shown["NDCG@10 against the baseline"]
    assert verdicts[0] == "baseline" and verdicts.str.contains(r"▲|▼|=|\?").sum() == len(shown) - 1


@pytest.mark.parametrize("view", VIEWS)
def test_titles_names_and_genres_never_become_markup(view, open_app, still_store):
    planted = generate(SyntheticRecipe(n_users=30, n_items=40))
    titles = tuple(f"{IMAGE} {SCRIPT} {place}" for place in range(40))
    people = tuple(f"{IMAGE} {place}" for place in range(30))
    genres = tuple((f"{IMAGE}{SCRIPT}",) for _ in range(40))
    data = Dataset(f"{IMAGE}", planted.interactions, people, titles, feedback="implicit", titles=titles, genres=genres)
    fingerprint = still_store.add_dataset(data)
    train(still_store, fingerprint, "svd", n_factors=3)
    train(still_store, fingerprint, "bpr", n_factors=3, n_epochs=2)
    assert_harmless(compare_page(open_app, view), set())


def test_a_run_on_train_stands_against_the_baseline_and_the_baseline_itself_does_not(open_app, still_store):
    train(still_store, first_fingerprint(still_store), "svd", n_factors=2)
    other, baseline = still_store.runs()
    app = go(open_app(), "train")
    app.selectbox(key=RUN_KEY).set_value(other.id).run()
    ours, theirs = (still_store.evaluation(run.id, "validation").mean("ndcg", 10) for run in (other, baseline))
    told = read(" ".join(caption.value for caption in app.main.caption))
    assert f"the baseline {baseline.label}" in told and f"{ours - theirs:+.2f}".replace("-", "−")[:4] in told
    app.selectbox(key=RUN_KEY).set_value(baseline.id).run()
    assert "the baseline #" not in " ".join(caption.value for caption in app.main.caption)


def test_the_smallest_difference_that_matters_holds_on_every_page(open_app, three_runs):
    app = compare_page(open_app)
    app.slider(key="smallest_difference").set_value(10).run()
    for page in ("what_if", "train", "compare"):
        go(app, page)
        assert app.session_state["smallest_difference"] == 10, page
