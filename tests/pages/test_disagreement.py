"""Compare's view of disagreement: how alike two lists are, for whom least, and what stands in both; through AppTest."""

import pytest

from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.views.compare.disagreement import describe_half
from tests.pages.app import figure, pinned_ids, select_in_table
from tests.pages.compare import compare_page, table


@pytest.mark.parametrize(
    ("median", "said"),
    [
        (1 - 1e-16, "ALS and SVD give at least half of the people the same list."),
        (0.997, "ALS and SVD give at least half of the people nearly the same list."),
        (0.34, "For half of the people, the lists of ALS and SVD overlap by 34% or less."),
        (0.003, "For half of the people, the lists of ALS and SVD overlap by 0.3% or less."),
        (0.0, "For at least half of the people, the lists of ALS and SVD have nothing in common."),
    ],
)
def test_lists_are_the_same_or_have_nothing_in_common_only_where_it_is_exactly_so(median, said):
    assert describe_half(("ALS", "SVD"), median) == said


def test_the_most_different_person_comes_first_and_a_click_opens_them(open_app, three_runs):
    app = compare_page(open_app, "Disagreement")
    shown = table(app, 0)
    assert list(shown["overlap"]) == sorted(shown["overlap"])
    name = shown["person"][3]
    pins = pinned_ids(app)
    select_in_table(app, "least_alike", rows=[3])
    assert app.selectbox(key=PERSON_KEY).format_func(app.selectbox(key=PERSON_KEY).value) == name
    assert pinned_ids(app) == pins


def test_the_slope_chart_joins_what_stands_in_both_lists(open_app, three_runs):
    app = compare_page(open_app, "Disagreement")
    chart = next(c for c in app.get("plotly_chart") if c.key.startswith("slope"))
    drawn = figure(app, chart.key)["data"]
    left, right = (trace["hovertext"] for trace in drawn if trace["mode"] == "markers+text")
    joined = {(int(t["y"][0]), int(t["y"][1])) for t in drawn if t["mode"] == "lines"}
    assert joined == {(left.index(title) + 1, right.index(title) + 1) for title in set(left) & set(right)}
    app.button(key="open_person").click().run()
    assert not app.exception and app.selectbox(key=PERSON_KEY)
