"""Measures beyond accuracy and who is left behind, on the Compare page through AppTest."""

import numpy as np
import pytest

from pages.shared.context import DATA_KEY
from recsys_core.comparison.left_behind import worst_off
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.metrics import METRICS
from tests.pages.app import figure, go, headline, texts, train_here
from tests.pages.compare import compare_page, evaluations, sentence, show_view, shown_runs

OF_LISTS = [name for name, metric in METRICS.items() if metric.kind in ("list", "catalogue")]


def open_view(open_app, view, **state):
    app = show_view(compare_page(open_app), view, **state)
    assert not app.exception, app.exception[0].message
    return app


@pytest.mark.parametrize("measure", OF_LISTS)
def test_each_measure_has_its_formula_its_source_and_a_point_per_model(open_app, three_runs, measure):
    app = open_view(open_app, "Beyond accuracy", beyond_measure=measure)
    drawn = figure(app, "beyond_tradeoff")["data"]
    assert len(drawn) == 3 and all(np.isfinite(trace["x"][0]) and np.isfinite(trace["y"][0]) for trace in drawn)
    assert METRICS[measure].formula in [each.value.strip("$\n ") for each in app.latex]
    assert METRICS[measure].source in texts(app.caption)
    assert METRICS[measure].label in sentence(app)


def test_a_property_of_lists_can_be_the_metric_of_the_page(open_app, three_runs):
    app = compare_page(open_app)
    for metric in ("novelty", "gini"):
        app.selectbox(key="metric").set_value(metric).run()
        assert not app.exception
        assert METRICS[metric].label in headline(app)


def test_lists_of_one_item_have_no_diversity_and_all_other_measures(open_app, three_runs):
    app = open_view(open_app, "Beyond accuracy", beyond_measure="diversity")
    app.slider(key="N").set_value(1).run()
    assert not app.exception and not app.error
    assert "Diversity" not in app.selectbox(key="beyond_measure").options and "Novelty@1" in sentence(app)
    app.selectbox(key="metric").set_value("diversity").run()
    assert "defined for nobody here" in texts(app.info) and not app.exception


def test_of_what_is_better_low_the_worst_off_have_the_highest_values(open_app, three_runs):
    """Miscalibration 0 is the best there is: nobody is left behind by it, and the curve begins with the largest."""
    app = open_view(open_app, "For whom")
    app.selectbox(key="metric").set_value("miscalibration").run()
    (curve, *_) = figure(app, "left_behind")["data"]
    assert curve["y"][0] == max(curve["y"]) and curve["y"][-1] == min(curve["y"])
    (table,) = (frame.value for frame in app.dataframe if "mean of the worst-off 10%" in frame.value.columns)
    means, medians = ([float(text.split()[0]) for text in table[name]] for name in table.columns[1:3])
    assert all(mean > median for mean, median in zip(means, medians, strict=True))
    assert "people with 0" not in table.columns


def test_the_worst_off_are_those_of_the_core(open_app, three_runs):
    app = open_view(open_app, "For whom")
    scored = evaluations(app, three_runs)
    (table,) = (frame.value for frame in app.dataframe if "people with 0" in frame.value.columns)
    expected = [format_interval(worst_off(each.per_user("ndcg", 10), bounds=(0, 1))) for each in scored]
    assert table.iloc[:, 1].tolist() == expected and len(table) == len(shown_runs(app, three_runs))
    assert len(figure(app, "left_behind")["data"]) == 3


def test_of_one_person_nothing_is_told_that_two_would_be_needed_for(open_app, still_store):
    data = Interactions.from_triples([0] * 8, range(8), [1, 2, 3, 4, 5, 4, 3, 2], 1, 8)
    items = tuple("abcdefgh")
    fingerprint = still_store.add_dataset(Dataset("Alone", data, ("me",), items, "explicit", items))
    for key in ("als", "svd"):
        train_here(still_store, fingerprint, key)
    app = open_app()
    app.session_state[DATA_KEY] = fingerprint
    show_view(go(app, "compare"), "Popularity")
    assert "of all ratings" in sentence(app) and "in common" not in sentence(app)
    for view in ("Popularity", "For whom", "Beyond accuracy"):
        show_view(app, view)
        words = [frame.value.select_dtypes(exclude="number") for frame in app.dataframe]
        cells = [str(cell) for table in words for cell in table.values.flat]
        assert not [text for text in [*cells, texts(app.main.markdown)] if "nan" in text] and not app.exception, view
