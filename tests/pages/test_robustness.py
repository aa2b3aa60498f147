"""Robustness on Compare: what is counted is what the core counts, what is missing is trained, and each way opens."""

import re

from pages.shared import large_data
from pages.shared.context import DATA_KEY
from pages.views.compare.one_specification import _CLICKED, _DRAWN
from pages.views.compare.robustness_state import GRID_KEYS, add_robustness
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.robustness import Robustness, judge_specifications
from recsys_core.comparison.specifications import default_grid
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.specification_runs import compare_training, find_specification_runs
from tests.pages.app import execute_all, figure, go, headline, read, set_pins, texts, train_here
from tests.pages.compare import compare_page, sentence, show_view, shown_runs


def counted(app, store) -> Robustness:
    """What the core counts for the pinned models."""
    context, runs = app.session_state["_context"], shown_runs(app, store)
    grid = default_grid(context.dataset, context.split, varies_training=True, is_stochastic=True)
    found = find_specification_runs(store, runs, grid)
    outcomes = []
    for training in found.known:
        comparison = compare_training(
            found.known[training], found.chosen, lambda run: store.evaluation(run.id, "validation")
        )
        outcomes += judge_specifications(comparison, grid.of_training(training), margin=0.02)
    return Robustness([run.short_label for run in runs], outcomes, len(grid.specifications()))


def test_where_one_training_is_impossible_none_is_queued(open_app, three_runs, monkeypatch):
    app = compare_page(open_app)
    set_pins(app, [run.id for run in three_runs.runs() if run.algorithm in ("bpr", "svd")])
    show_view(app, "Robustness")

    def refuse(*_):
        raise InputError("Damaged data must leave something to train on.")

    monkeypatch.setattr(large_data, "corrupt_split", refuse)
    app.button(key="train_specifications").click().run()
    assert "Damaged data must leave something to train on." in read(texts(app.error))
    assert not any(run.is_live for run in three_runs.runs()) and not app.exception
    assert app.button(key="train_specifications"), "it can be asked for again"


def test_the_ways_to_test_are_counted_trained_and_opened(open_app, three_runs):
    app = compare_page(open_app)
    first, second = [run.id for run in three_runs.runs() if run.algorithm in ("bpr", "svd")]
    set_pins(app, [second, first])
    show_view(app, "Robustness")
    known = counted(app, three_runs)
    assert len(known.outcomes) == 15 and known.n_planned == 180
    assert known.sentence in sentence(app) and "15 of 180" in texts(app.caption)

    button = app.button(key="train_specifications")
    assert re.search(r"Train 16 models \(about \d", button.label), button.label
    button.click().run()
    assert "of 18 models trained" in app.get("progress")[0].proto.text
    execute_all(three_runs)
    app.run()
    known = counted(app, three_runs)
    assert len(known.outcomes) == 180 and known.sentence in sentence(app)
    here = app.session_state["_context"].split.recipe
    assert known.what_decides(here) in sentence(app)
    drawn = [trace for trace in figure(app, "specification_curve")["data"] if trace.get("showlegend", True)]
    assert sum(len(trace["x"]) for trace in drawn) == 180
    assert not [each for each in app.button if each.key == "train_specifications"], "nothing is missing any more"

    # A click: of another split, by another metric, on pruned training ratings.
    drawn = app.session_state[_DRAWN]
    place = next(
        place
        for place, each in enumerate(drawn)
        if each.training.split != here and each.training.min_ratings > 1 and each.metric == "recall"
    )
    app.session_state[_CLICKED] = drawn[place]
    app.run()
    app.button(key="open_specification").click().run()
    outcome = known.outcomes[place]
    assert drawn[place].title in headline(app)
    shown = figure(app, "differences")["data"][0]
    assert shown["x"] == [outcome.verdicts[1, 0].difference.mean]
    app.button(key="close_specification").click().run()
    assert known.sentence in sentence(app)

    show_view(app, "Table")
    assert not app.exception
    runs, split = shown_runs(app, three_runs), app.session_state["_context"].split
    grid = default_grid(app.session_state["_context"].dataset, split, varies_training=True, is_stochastic=True)
    scored = [three_runs.evaluation(run.id, "validation") for run in runs]
    comparison = Comparison([run.short_label for run in runs], scored)
    assert add_robustness("Means.", comparison, runs, grid, app.session_state["_context"]) == f"Means. {known.sentence}"
    app.session_state["compare_view"] = "Verdict"
    app.session_state[f"{GRID_KEYS['metrics']}_{app.session_state['_context'].split.fingerprint}"] = []
    app.run()
    assert "metrics has none" in texts(app.info)


def test_graded_data_are_also_scored_from_a_higher_rating_on(open_app, rated):
    app = compare_page(open_app, "Robustness")
    known = counted(app, rated)
    thresholds = {outcome.specification.threshold for outcome in known.outcomes}
    assert thresholds == {None, 4.0} and known.sentence in sentence(app)
    app.session_state[_CLICKED] = next(each for each in app.session_state[_DRAWN] if each.threshold == 4.0)
    app.run()
    app.button(key="open_specification").click().run()
    assert "relevant: 4 or more" in texts(app.main.markdown) and not app.exception
    assert headline(app)


def test_models_trained_again_for_the_test_are_counted_on_their_own_splits(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, picks=12)))
    for key in ("svd", "ease"):
        train_here(still_store, fingerprint, key)
    app = open_app()
    app.session_state[DATA_KEY] = fingerprint
    show_view(go(app, "compare"), "Robustness")
    app.button(key="reveal").click().run()
    app.session_state["learn_again"] = True
    app.run()
    for key in ("train_again", "train_specifications"):
        app.button(key=key).click().run()
        execute_all(still_store)
        app.run()
    n_ways = len(app.session_state[_DRAWN])
    assert f"{n_ways} reasonable ways to test" in sentence(app) and n_ways > 15
    specification = app.session_state[_DRAWN][-1]
    assert specification.training.split.learns_from_validation and specification.training.split.seed
    app.session_state[_CLICKED] = specification
    app.run()
    app.button(key="open_specification").click().run()
    assert specification.title in headline(app) and not app.exception
    opened = still_store.split(fingerprint, specification.training.split)
    assert still_store.n_reveals(opened.selection_fingerprint) == 1, "whoever counts on a test has seen it"
