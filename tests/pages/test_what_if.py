"""The What-if page: sweeps that are found again, continued runs, and a guess before the answer."""

import json
import re
from dataclasses import replace

import numpy as np
import pyarrow.ipc
import pytest

from pages.shared.context import RUN_KEY
from pages.views.what_if import use_setting
from pages.views.what_if.results import SETTING_KEY, SweepResults
from pages.views.what_if.results import headline as sweep_headline
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.verdicts import WORSE, judge_all
from recsys_core.data.split import SplitRecipe
from recsys_core.links.run_slug import run_slug
from recsys_core.runner.execute import execute
from recsys_core.store.history import DELETED, set_status
from recsys_core.store.run import INTERRUPTED, QUEUED, Branch
from recsys_core.sweeps.plan import Plan
from recsys_core.sweeps.progress import Progress
from recsys_core.sweeps.results import rank_settings, score_setting
from tests.pages.app import execute_all, first_fingerprint, headline, pinned_ids, texts, train_here

K = "NDCG@10"


@pytest.fixture
def split(still_store):
    return still_store.split(first_fingerprint(still_store), SplitRecipe())


@pytest.fixture
def app(open_app, still_store):
    return open_app("what_if")


def chart(app, place: int):
    """A Vega-Lite chart of the page, counted from the top."""
    return app.get("vega_lite_chart")[place].proto


def cells(app, place: int = 0) -> list[dict]:
    """The rows of a chart over one table, which travels as Arrow."""
    return pyarrow.ipc.open_stream(chart(app, place).data.data).read_pandas().to_dict("records")


def on_validation(store, run) -> float:
    return store.evaluation(run.id, "validation").mean("ndcg", 10)


def try_them(app, store):
    app.button(key="start_sweep").click().run()
    execute_all(store)
    return app.run()


def view(app, name: str):
    app.session_state["what_if"] = name
    return app.run()


# Sweeps


def test_an_untouched_page_says_what_a_sweep_would_cost(app, still_store, split):
    assert headline(app).startswith("1 model has been trained on this data.")
    assert "6 runs; about" in texts(app.main.caption)
    still_store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](), 0)
    assert headline(app.run()).startswith("1 model has been trained"), "one that waits has not been"


def test_a_sweep_holds_what_it_does_not_vary_where_train_would_begin(app, still_store, split):
    app.button(key="start_sweep").click().run()
    suited = ALGORITHMS["implicit_als"].defaults_for(split.train)
    assert {run.recipe.regularization for run in still_store.runs() if run.in_background} == {suited.regularization}
    app.multiselect(key="sweep_varied").set_value(["regularization"]).run()
    low, high = app.select_slider(key="sweep_implicit_als_regularization_range").value
    assert low < suited.regularization < high


def test_the_best_setting_of_a_sweep_is_the_best_on_validation(app, still_store):
    try_them(app, still_store)
    tried = {run.recipe.n_factors: on_validation(still_store, run) for run in still_store.runs() if run.in_background}
    assert len(tried) == 6
    best = max(tried, key=tried.get)
    assert headline(app).startswith(f"ALS (implicit) with k = {best} is the best of 6 settings: {K} {tried[best]:.2f}")
    shown = {int(cell["x"]): cell["mean"] for cell in cells(app)}
    assert shown == pytest.approx(tried)
    assert [int(cell["x"]) for cell in cells(app) if cell["standing"] == "best"] == [best]
    assert all(cell["low"] < cell["mean"] < cell["high"] for cell in cells(app))
    assert "variation over people, the number of settings" in texts(app.main.caption)
    assert "6 settings were trained with one seed only" in texts(app.main.caption)


def test_a_setting_of_a_sweep_is_chosen_pinned_and_continued_and_a_better_known_run_is_named(app, still_store):
    app.select_slider(key="sweep_implicit_als_n_factors_range").set_value((1, 4))
    try_them(app, still_store)
    swept, known = [run for run in still_store.runs() if run.in_background], still_store.run(1)
    by_name = {f"ALS (implicit) with k = {run.recipe.n_factors}": run for run in swept}
    box = app.selectbox(key=SETTING_KEY)
    assert headline(app).startswith(box.value) and set(box.options) == set(by_name)
    scores = [on_validation(still_store, by_name[name]) for name in box.options]
    assert scores == sorted(scores, reverse=True) and on_validation(still_store, known) > scores[0]
    assert f"{known.label} does better: {K} {on_validation(still_store, known):.3f}." in headline(app)
    set_status(still_store, [known.id], DELETED)
    assert known.label not in headline(app.run())
    worst = box.options[-1]
    app.session_state[SETTING_KEY] = worst
    app.run().button(key="setting_pin").click().run()
    assert by_name[worst].id in pinned_ids(app)
    app.button(key="setting_continue").click().run()
    assert app.session_state["what_if"] == "Continue training" and app.session_state[RUN_KEY] == by_name[worst].id
    assert not app.exception


def test_a_known_run_does_better_only_where_that_is_no_chance_and_another_seed_of_a_setting_is_none(
    app, still_store, monkeypatch
):
    chosen_of = []
    monkeypatch.setattr(
        use_setting,
        "judge_all",
        lambda *given, n_settings, **named: (
            chosen_of.append(n_settings) or judge_all(*given, n_settings=n_settings, **named)
        ),
    )
    app.select_slider(key="sweep_implicit_als_n_factors_range").set_value((12, 14))
    try_them(app, still_store)
    swept = [run for run in still_store.runs() if run.in_background]
    best = max(swept, key=lambda run: on_validation(still_store, run))
    split = still_store.split_of(best)

    def outdo(recipe) -> int:
        """Train with other seeds until one scores higher than the best of the sweep."""
        for seed in range(1, 30):
            number = still_store.queue.add_run(split, best.algorithm, recipe, seed)
            execute_all(still_store)
            if on_validation(still_store, still_store.run(number)) > on_validation(still_store, best):
                return number
        raise AssertionError("none does")

    outdo(best.recipe)
    assert "Outside this sweep" not in headline(app.run())
    other = still_store.run(outdo(replace(best.recipe, n_factors=best.recipe.n_factors + 3)))
    assert f"Outside this sweep, {other.label} scores higher, by too little to matter: {K}" in headline(app.run())
    app.session_state["smallest_difference"] = 0
    assert f"Outside this sweep, {other.label} scores higher, which may be chance: {K}" in headline(app.run())
    known = {(run.algorithm, run.recipe) for run in still_store.runs()} - {(run.algorithm, run.recipe) for run in swept}
    assert chosen_of[-1] == (len(swept), len(known)), "it is the best of all that are known"


def test_results_stream_in_and_stop_keeps_them_and_go_on_ends_it(app, still_store):
    app.button(key="start_sweep").click().run()
    assert headline(app) == "The first results appear in a moment."
    for _ in range(2):
        execute(still_store, still_store.queue.claim("test"))
    app.run()
    assert "is the best of 2 settings" in headline(app) and "2 of 6 runs done" in texts(app.main.caption)
    app.button(key="stop_sweep").click().run()
    assert still_store.queue.claim("test") is None and len(cells(app)) == 2
    app.button(key="resume_sweep").click().run()
    execute_all(still_store)
    app.run()
    assert "is the best of 6 settings" in headline(app) and "6 of 6 runs done" in texts(app.main.caption)
    assert INTERRUPTED not in {run.state for run in still_store.runs()}


def test_another_browser_finds_the_sweep_again(app, open_app, still_store):
    try_them(app, still_store)
    said = headline(app)
    assert headline(open_app("what_if")) == said


def test_what_was_tried_is_not_tried_again(app, still_store):
    try_them(app, still_store)
    count = len(still_store.runs())
    assert "All 6 runs exist already" in texts(app.main.caption)
    app.button(key="start_sweep").click().run()
    assert len(still_store.runs()) == count and still_store.queue.claim("test") is None


def test_a_sweep_beyond_its_budget_cannot_be_started(app):
    app.number_input(key="sweep_most_runs").set_value(5).run()
    assert app.button(key="start_sweep").disabled
    assert "the budget of 5" in texts(app.main.caption)


def test_two_hyperparameters_make_a_map_with_what_each_does(app, still_store):
    app.multiselect(key="sweep_varied").set_value(["n_factors", "regularization"]).run()
    for name in ("n_factors", "regularization"):
        app.number_input(key=f"sweep_implicit_als_{name}_count_2").set_value(2).run()
    try_them(app, still_store)
    assert len({(cell["x"], cell["y"]) for cell in cells(app)}) == 4
    assert re.search(r"averaged over the other, [kλ] changes it by 0.*[kλ] changes it by 0", texts(app.main.markdown))


def test_several_algorithms_have_a_strip_each_and_seeds_tell_luck(app, still_store):
    app.multiselect(key="sweep_algorithms").set_value(["implicit_als", "svd"]).run()
    for key in ("implicit_als", "svd"):
        app.number_input(key=f"sweep_{key}_n_factors_count_1").set_value(2).run()
    app.number_input(key="sweep_seeds").set_value(2).run()
    try_them(app, still_store)
    assert [len(cells(app, place)) for place in (0, 1)] == [2, 2]
    implicit, svd = [element.value for element in app.main.markdown if " changes it by up to 0" in element.value]
    assert "another seed by about" in implicit and "seed" not in svd
    assert "variation over people and seeds" in texts(app.main.caption)
    assert "one seed only" not in texts(app.main.caption)


@pytest.mark.parametrize(
    ("algorithm", "n_seeds", "kind"),
    [("bpr", 1, "the chance of who is scored"), ("bpr", 2, "chance"), ("svd", 1, "chance")],
)
def test_a_lead_is_more_than_the_chance_that_was_measured(algorithm, n_seeds, kind):
    plan = Plan(algorithm, ALGORITHMS[algorithm](), ("n_factors",), ((4,), (8,)))
    people = np.random.default_rng(0).uniform(0, 0.5, 200)
    settings = [
        score_setting(plan, point, recipe, [people + lead] * n_seeds, [1.0])
        for point, recipe, lead in zip(plan.points, plan.recipes(), (0.0, 0.3), strict=True)
    ]
    results = SweepResults(settings, rank_settings(settings))
    assert results.ranking.verdicts[0].word == WORSE
    assert sweep_headline(results, Progress({})).endswith(f"Its lead over the other is more than {kind}.")


def test_at_random_draws_as_many_as_asked_for(app, still_store):
    app.session_state["sweep_how"] = "random"
    app.run()
    app.multiselect(key="sweep_varied").set_value(["regularization", "alpha"]).run()
    app.number_input(key="sweep_count").set_value(4).run()
    try_them(app, still_store)
    assert len(cells(app)) == 4 and "is the best of 4 settings" in headline(app)


def test_with_nothing_held_out_to_choose_by_the_test_stays_sealed(app):
    app.number_input(key="split_validation").set_value(0.0).run()
    assert "this split has none" in headline(app) and "sealed" in texts(app.main.markdown)


def test_who_predicts_first_sees_nothing_before_the_guess_and_then_how_far_off_it_was(app, still_store):
    app.toggle(key="predict_first").set_value(True).run()
    try_them(app, still_store)
    assert headline(app) == "Which setting will do best? Guess first."
    assert not app.get("vega_lite_chart") and app.button(key="reveal_sweep").disabled
    tried = {run.recipe.n_factors: on_validation(still_store, run) for run in still_store.runs() if run.in_background}
    worst = min(tried, key=tried.get)
    (radio,) = app.main.radio
    radio.set_value(f"ALS (implicit) with k = {worst}").run()
    app.button(key="reveal_sweep").click().run()
    assert "is the best of 6" in headline(app)
    assert f"k = {worst}, ranks 6 of 6" in texts(app.info) and "a clear difference" in texts(app.info)


# Continue training


def test_the_run_looked_at_is_the_one_to_go_on_with_or_to_break_and_a_link_names_it_by_its_word(
    open_app, still_store, split
):
    older = train_here(still_store, split.data_fingerprint, "als", n_factors=3)
    train_here(still_store, split.data_fingerprint, "als", n_factors=4)
    for name in ("Continue training", "Corrupt the data"):
        app = open_app("what_if", what_if=name, run=run_slug(older).text)
        assert app.selectbox(key=RUN_KEY).value == older.id
        assert app.session_state["url_params"]["run"] == [run_slug(older).text]
        assert not set(app.query_params) & {"fork_run", "break_run", "sweep"}, "numbers mean other runs elsewhere"


def test_a_continued_run_shares_the_first_points_and_says_what_became_of_it(app, still_store):
    view(app, "Continue training")
    assert headline(app).startswith("What if #1 ")
    app.slider(key="branch_epoch_1").set_value(4).run()
    app.button(key="continue_training").click().run()
    execute_all(still_store)
    app.run()
    branch = still_store.runs()[0]
    before, after = still_store.epochs(1), still_store.epochs(branch.id)
    assert [each.objective for each in after[:4]] == [each.objective for each in before[:4]]
    assert after[4].objective != before[4].objective
    assert (
        f"from epoch 4 on, {K} ends at {after[-1].validation:.3f} instead of {before[-1].validation:.3f}"
        in headline(app)
    )
    drawn = json.loads(chart(app, 0).spec)["layer"]
    assert [each["epoch"] for each in drawn[0]["data"]["values"]] == [4]
    assert len({each["run"] for each in drawn[1]["data"]["values"]}) == 2


@pytest.mark.parametrize(("key", "field", "jumps"), [
    ("bpr", "regularization", True), ("bpr", "learning_rate", False), ("lambdarank", "regularization", False),
])  # fmt: skip
def test_only_an_objective_with_a_changed_penalty_is_said_to_jump(key, field, jumps, app, still_store):
    run = train_here(still_store, first_fingerprint(still_store), key, n_factors=2, n_epochs=3)
    branch = Branch(run.id, 2, run.recipe)
    recipe = replace(run.recipe, **{field: 2 * getattr(run.recipe, field)})
    still_store.queue.add_run(still_store.split_of(run), key, recipe, run.seed, branch=branch)
    execute_all(still_store)
    app.session_state[RUN_KEY] = run.id
    view(app, "Continue training")
    assert "the curves coincide" in texts(app.caption)
    assert ("The objective includes the current λ" in texts(app.caption)) == jumps


def test_the_same_branch_is_not_trained_twice(app, still_store):
    view(app, "Continue training")
    app.button(key="continue_training").click().run()
    app.button(key="continue_training").click().run()
    assert [run.state for run in still_store.runs()].count(QUEUED) == 1


def test_a_run_that_another_tab_has_deleted_is_not_gone_on_with(app, still_store):
    view(app, "Continue training")
    set_status(still_store, [1], DELETED)
    app.button(key="continue_training").click().run()
    assert not app.error and not still_store.runs()
    assert "No model is trained" in headline(app)


def test_where_nothing_can_be_gone_on_with_the_page_says_so(app):
    app.number_input(key="split_test").set_value(0.3).run()
    view(app, "Continue training")
    assert "No model is trained" in headline(app)


# Links


@pytest.mark.parametrize("name", ["Break my data", "Continue from here", "nonsense"])
def test_a_view_that_a_link_names_and_no_longer_exists_opens_the_first(open_app, still_store, name):
    app = open_app("what_if", what_if=name)
    assert "other settings" in headline(app)
