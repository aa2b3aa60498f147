"""Each view of the Compare page says what it shows, and shows what the core computes."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.context import RUN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.sentences import for_whom
from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, UNCLEAR, WORSE, Verdict
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.metrics.conventions import CONVENTIONS
from recsys_core.report.page import report
from recsys_core.runner.retrain import find_retrained, queue_retraining, retrain
from recsys_core.runner.worlds import WorldsJob
from recsys_core.truth.estimators import FULL
from recsys_core.truth.meter import TASTE_ORACLE, measure_truth, taste_oracle
from recsys_core.truth.propensity_weighted import propensity_weighted
from recsys_core.truth.sentences import mark_confidence
from recsys_core.truth.worlds import WorldSettings, measure_worlds, tally
from tests.pages.app import (
    IMAGE,
    SCRIPT,
    assert_harmless,
    execute_all,
    figure,
    first_fingerprint,
    go,
    headline,
    read,
    set_pins,
    texts,
)
from tests.pages.app import train_here as train
from tests.pages.compare import VIEWS, compare_page, evaluations, intervals, sentence, show_view, shown_runs, table


def test_every_view_opens_with_a_sentence(open_app, three_runs):
    app = compare_page(open_app)
    for view in VIEWS:
        show_view(app, view)
        headline(app)
        assert re.search(r"\d|rating", sentence(app)), (view, sentence(app))
        assert not app.error and not app.exception, view


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


def test_popularity_says_when_everyone_gets_the_same(open_app, three_runs):
    train(three_runs, first_fingerprint(three_runs), "svd", n_factors=1)
    app = compare_page(open_app, "Popularity")
    latest = three_runs.runs()[0].id
    set_pins(app, [1, latest])
    assert f"#{latest} SVD gives everyone nearly the same list" in texts(app.warning)
    set_pins(app, [1])
    assert not app.warning
    again = train(three_runs, first_fingerprint(three_runs), "svd", n_factors=1, regularization=1)
    set_pins(app, [1, latest, again.id])
    (warning,) = app.warning
    assert f"#{latest} SVD and #{again.id} SVD give everyone" in read(warning.value), "equal warnings are one"


def test_another_convention_as_reference_flips_the_marks(open_app, still_store):
    train(still_store, first_fingerprint(still_store), "svd", n_factors=6, regularization=5)
    app = compare_page(open_app, "Conventions")
    assert "but not under" in sentence(app)
    rows = table(app, 0).set_index("convention")
    leaders = rows["highest"]
    assert list(rows.index) == [*(convention.label for convention in CONVENTIONS.values()), "Weighted by popularity"]
    split = still_store.split(first_fingerprint(still_store), SplitRecipe())
    weighted = [propensity_weighted(each, split, 10) for each in evaluations(app, still_store)]
    assert [rows.loc["Weighted by popularity", f"#{run.id}"] for run in shown_runs(app, still_store)] == weighted
    assert "in proportion to its popularity" in texts(app.caption), "the assumption in words"
    for name, convention in CONVENTIONS.items():
        app.selectbox(key="convention").set_value(name).run()
        marks = table(app, 0).set_index("convention")["≠"]
        assert (marks == "≠").equals(leaders != leaders[convention.label])


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
    ranker = next(run_id for run_id in scored if run_id not in errors)
    for pinned in ([best, ranker], [best]):
        set_pins(app, pinned)
        assert f"{errors[best]:.3f}" in sentence(app) and "best" not in sentence(app), "it is the only one"


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


def test_titles_names_and_genres_never_become_markup(open_app, still_store):
    planted = generate(SyntheticRecipe(n_users=30, n_items=40))
    titles = tuple(f"{IMAGE} {SCRIPT} {place}" for place in range(40))
    people = tuple(f"{IMAGE} {place}" for place in range(30))
    genres = tuple((f"{IMAGE}{SCRIPT}",) for _ in range(40))
    data = Dataset(f"{IMAGE}", planted.interactions, people, titles, feedback="implicit", titles=titles, genres=genres)
    fingerprint = still_store.add_dataset(data)
    train(still_store, fingerprint, "svd", n_factors=3)
    train(still_store, fingerprint, "bpr", n_factors=3, n_epochs=2)
    app = compare_page(open_app)
    for view in VIEWS:
        show_view(app, view)
        headline(app)
        assert_harmless(app, set())


def test_a_run_on_train_stands_against_the_baseline_and_the_baseline_itself_does_not(open_app, still_store):
    train(still_store, first_fingerprint(still_store), "svd", n_factors=2)
    other, baseline = still_store.runs()
    app = open_app("train")
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


def test_every_view_knows_metrics_of_lists_and_of_either_direction(open_app, three_runs):
    app = compare_page(open_app)
    for metric in ("gini", "miscalibration", "diversity"):
        app.selectbox(key="metric").set_value(metric).run()
        for view in VIEWS:
            show_view(app, view)
            assert not app.exception and not app.error, (metric, view, texts(app.error))


def test_the_verdicts_are_tried_on_two_more_splits(open_app, three_runs):
    """A run that exists on another split is not trained again."""
    here = SplitRecipe()
    fingerprint = first_fingerprint(three_runs)
    again = three_runs.split(fingerprint, replace(here, seed=1))
    known = queue_retraining(three_runs, three_runs.run(2), again)
    execute_all(three_runs)
    app = compare_page(open_app)
    app.button(key="train_splits").click().run()
    runs = shown_runs(app, three_runs)
    queued = [run for run in three_runs.runs() if run.is_live]
    assert len(queued) == 2 * len(runs) - 1 and {run.split.seed for run in queued} == {1, 2}
    assert (three_runs.run(known).recipe, 1) not in [(run.recipe, run.split.seed) for run in queued]
    assert all(button.key != "train_splits" for button in app.button) and "In training" in texts(app.info)
    execute_all(three_runs)
    app.run()
    headline(app)

    comparisons = []
    for seed in (0, 1, 2):
        split = three_runs.split(fingerprint, replace(here, seed=seed))
        twins = [run for run in find_retrained(three_runs, runs, split) if run]
        assert len(twins) == len(runs)
        scored = [three_runs.evaluation(run.id, "validation") for run in twins]
        comparisons.append(Comparison([run.label for run in runs], scored))
    (said,) = (text for text in texts(app.main.markdown).split("\n") if "of 3 splits" in text)
    for index, run in enumerate(runs[1:], start=1):
        words = [each.verdicts[index, 0].word for each in comparisons]
        part = next(part for part in re.split(r"(?<=\.) |\*\*", said) if part.startswith(run.short_label))
        assert f"in {words.count(words[0])} of 3 splits" in part
    (shown,) = (frame.value for frame in app.dataframe if "split ±" in frame.value)
    for seed in (0, 1, 2):
        for index, cell in enumerate(shown[f"split seed {seed}"], start=1):
            assert format_interval(comparisons[seed].verdicts[index, 0].difference, sign=True) in cell
    for index, drawn in enumerate(figure(app, "over_splits")["data"]):
        assert drawn["y"] == pytest.approx([each.means[index] for each in comparisons])
    written = report(three_runs, runs)
    assert said.strip("*") in written and "split seed 2" in written
    three_runs.reveal_test(three_runs.split(fingerprint, here).selection_fingerprint)
    assert "of 3 splits" not in report(three_runs, runs, subset="test")  # the tests of the others are sealed
    for seed in (1, 2):
        three_runs.reveal_test(three_runs.split(fingerprint, replace(here, seed=seed)).selection_fingerprint)
    assert "of 3 splits" in report(three_runs, runs, subset="test", metric="diversity")


def test_by_time_the_verdicts_are_tried_on_earlier_windows_and_their_tests_count_as_opened(open_app, still_store):
    planted = generate(SyntheticRecipe(n_users=150, n_items=60))
    times = np.random.default_rng(0).permutation(planted.interactions.n_interactions).astype(float)
    fingerprint = still_store.add_dataset(replace(planted, times=times))
    here = SplitRecipe("strictly by time")
    windows = [still_store.split(fingerprint, replace(here, windows_back=back)) for back in range(3)]
    for key in ("svd", "ease"):
        still_store.queue.add_run(windows[0], key, ALGORITHMS[key](), 0)
    execute_all(still_store)
    app = compare_page(open_app, split_method=here.method)
    app.button(key="train_splits").click().run()
    execute_all(still_store)
    app.run()
    assert "of 3 windows of time" in texts(app.main.markdown)
    assert [still_store.n_reveals(window.fingerprint) for window in windows] == [0, 0, 0]
    assert figure(app, "over_splits")["layout"]["xaxis"]["ticktext"] == [
        "2 windows earlier",
        "1 window earlier",
        "latest window",
    ]
    app.button(key="reveal").click().run()
    app.run()
    assert "of 3 windows of time" in texts(app.main.markdown)
    assert [still_store.n_reveals(window.fingerprint) for window in windows] == [1, 1, 1]


def test_where_the_data_can_be_split_in_one_way_only_no_other_splits_are_offered(open_app, still_store):
    planted = generate(SyntheticRecipe(n_users=150, n_items=60))
    times = np.random.default_rng(0).permutation(planted.interactions.n_interactions).astype(float)
    fingerprint = still_store.add_dataset(replace(planted, times=times))
    for key in ("svd", "ease"):
        split = still_store.split(fingerprint, SplitRecipe("leave last out"))
        still_store.queue.add_run(split, key, ALGORITHMS[key](), 0)
    execute_all(still_store)
    app = compare_page(open_app, split_method="leave last out")
    assert len(shown_runs(app, still_store)) == 2
    assert all(button.key != "train_splits" for button in app.button)


def test_the_truth_meter_names_the_wrong_winner_and_the_right_one_where_popularity_decides_nothing(
    open_app, three_runs
):
    app = compare_page(open_app, "Truth meter")
    dataset = three_runs.dataset(first_fingerprint(three_runs))
    split = three_runs.split(dataset.fingerprint, SplitRecipe())
    runs = shown_runs(app, three_runs)
    models = {TASTE_ORACLE: taste_oracle(dataset.ground_truth)}
    models |= {run.label: three_runs.model(run.id) for run in runs}
    meter = measure_truth(models, dataset, split, "validation")
    shown = table(app, 0).set_index("model")
    np.testing.assert_allclose(shown.loc[list(models), "Usual test"], meter.means(FULL))
    np.testing.assert_allclose(shown.loc[list(models), "Truth"], meter.true_means)
    assert shown.index[0] == TASTE_ORACLE, "the truly best comes first"
    assert "wrong model first" in sentence(app) and f"{meter.true_means[0]:.3f}" in sentence(app)
    app.slider(key="truth_strength").set_value(0.0).run()
    assert "right model first" in sentence(app) and not app.exception
    assert {"Popularity", "Random", TASTE_ORACLE} < set(table(app, 0)["model"])
    app.selectbox(key="metric").set_value("map").run()
    assert "Shown for NDCG@10" in texts(app.caption)


def test_the_truth_meter_trains_on_other_data_what_is_pinned(open_app, three_runs):
    fingerprint = first_fingerprint(three_runs)
    last = train(three_runs, fingerprint, "bpr", n_factors=16, n_epochs=30, regularization=0.01)
    best = train(three_runs, fingerprint, "bpr", **{**last.recipe.settings(), "kept_model": "best epoch"})
    app = set_pins(compare_page(open_app, "Truth meter"), [last.id, best.id])
    app.slider(key="truth_strength").set_value(0.0).run()
    dataset = generate(SyntheticRecipe(popularity_strength=0.0))
    split = make_split(dataset, SplitRecipe())
    models = {run.label: retrain(three_runs, run, split) for run in (last, best)}
    meter = measure_truth(models, dataset, split, "validation")
    shown = table(app, 0).set_index("model")
    np.testing.assert_allclose(shown.loc[list(models), "Usual test"], meter.means(FULL))
    assert meter.means(FULL)[1] > meter.means(FULL)[0], "the best epoch is not the last one"


@pytest.mark.parametrize(("picks", "strength"), [(2.0, 1.0), (200.0, 1.0), (33.5, 3.0)])
def test_the_truth_meter_shows_of_which_data_it_is(open_app, still_store, picks, strength):
    recipe = SyntheticRecipe(n_users=60, n_items=40, picks=picks, popularity_strength=strength)
    dataset = generate(recipe)
    run = train(still_store, still_store.add_dataset(dataset), "svd", n_factors=2)
    app = compare_page(open_app, "Truth meter")
    stops = app.select_slider(key="truth_picks")
    assert stops.value == picks and app.slider(key="truth_strength").value == strength
    split = still_store.split(dataset.fingerprint, SplitRecipe())
    meter = measure_truth({run.label: still_store.model(run.id)}, dataset, split, "validation")
    assert table(app, 0).set_index("model").loc[run.label, "Truth"] == pytest.approx(meter.true_means[0])
    stops.set_value(10.0).run()
    other = generate(replace(recipe, picks=10))
    split = make_split(other, SplitRecipe())
    meter = measure_truth({run.label: retrain(still_store, run, split)}, other, split, "validation")
    assert table(app, 0).set_index("model").loc[run.label, "Truth"] == pytest.approx(meter.true_means[0])
    assert compare_page(open_app, "Truth meter", truth_picks="40").select_slider(key="truth_picks").value == 40


def test_the_worlds_say_in_how_many_of_them_a_verdict_was_false(open_app, three_runs, monkeypatch):
    small = SyntheticRecipe(n_users=60, n_items=50, picks=12)
    worlds = list(measure_worlds(WorldSettings(small, SplitRecipe()), range(3)))
    monkeypatch.setattr(WorldsJob, "start", lambda job: job.worlds.extend(worlds))
    app = compare_page(open_app, "Truth meter")
    app.button(key="truth_start").click().run()
    (shown,) = (each.value for each in app.dataframe if "worlds with a false one" in each.value)
    counted = tally([both for both, _ in worlds]).values()
    assert list(shown["worlds with a false one"]) == [each.n_misled for each in counted]
    assert list(shown["≤ 5%"]) == [mark_confidence(each) for each in counted]
