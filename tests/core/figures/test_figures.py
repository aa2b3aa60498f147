"""The numbers in the pictures are the numbers given, and every picture can be sent as JSON."""

import html
import json
import re

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.example_5x5 import textbook
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.factors.axes import by_strength
from recsys_core.figures.comparison import intervals, metric_at_k, overlay, run_style
from recsys_core.figures.curves import learning_curve, thinned
from recsys_core.figures.data_shape import activity, long_tail, value_histogram
from recsys_core.figures.factors import draw_map, heat_map, shown_groups, spectrum, taste_map
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DASHES, GHOST, GREY, GROUPS, MARKERS, OTHER_GROUP, PEOPLE, RUNS
from tests.core.figures.as_browser import EVIL, as_json


def given_counts(per_user) -> Interactions:
    """Data in which person u has `per_user[u]` interactions."""
    users = np.repeat(np.arange(len(per_user)), per_user)
    items = np.concatenate([np.arange(0), *(np.arange(count) for count in per_user)])
    return Interactions.from_triples(users, items, np.ones(len(users)), len(per_user), max([1, *per_user]))


# Data


def test_the_long_tail_shows_every_item_from_the_most_popular_on():
    data = given_counts([5, 1, 2, 4])  # items 0 to 4 have 4, 3, 2, 2 and 1 people
    head, tail = long_tail(data).data
    assert (list(head.x), list(head.y)) == ([1, 2], [4, 3])  # 7 of 12 is the first to reach half
    assert (list(tail.x), list(tail.y)) == ([2, 3, 4, 5], [3, 2, 2, 1])  # joined where they meet
    as_json(long_tail(data))


def test_the_head_of_a_long_tail_holds_half_and_no_smaller_one_would():
    per_item = np.sort(np.random.default_rng(0).zipf(1.7, 200).clip(max=300))[::-1]
    head, tail = long_tail(given_counts(per_item).transposed).data
    assert list(head.y) == per_item[: len(head.y)].tolist()
    assert sum(head.y) >= per_item.sum() / 2 > sum(head.y[:-1])
    assert list(head.y) + list(tail.y)[1:] == per_item.tolist()


def test_a_long_tail_of_many_items_is_thinned_but_keeps_both_ends():
    per_item = np.arange(20_000, 0, -1) // 100 + 1
    data = given_counts(per_item).transposed
    head, tail = long_tail(data).data
    assert len(head.x) + len(tail.x) < 700
    assert head.x[0] == 1 and tail.x[-1] == 20_000
    for part in (head, tail):
        np.testing.assert_array_equal(part.y, per_item[np.asarray(part.x) - 1])


@pytest.mark.parametrize("data", [given_counts([]), given_counts([0, 0])], ids=["nobody", "nothing"])
def test_pictures_of_empty_data_can_be_drawn(data):
    for picture in (long_tail, activity, value_histogram):
        as_json(picture(data))


def in_label(label: str, count: int) -> bool:
    ends = [int(part.replace(",", "")) for part in label.split("–")]
    return ends[0] <= count <= ends[-1]


@pytest.mark.parametrize(
    "per_user",
    [[5] * 7, [1] * 4, [1, 2], [1], [2, 3, 3, 50], [100, 100, 1], list(range(1, 60)), [3000, 1, 1200]],
    ids=str,
)
def test_everybody_stands_under_the_label_that_holds_their_count(per_user):
    (bars,) = activity(given_counts(per_user)).data
    assert sum(bars.y) == len(per_user)
    for label, height in zip(bars.x, bars.y, strict=True):
        assert height == sum(in_label(label, count) for count in per_user), label
    assert all(sum(in_label(label, count) for label in bars.x) == 1 for count in per_user)


def test_people_without_ratings_are_not_counted_among_those_with_some():
    (bars,) = activity(given_counts([0, 0, 1, 2, 2])).data
    assert sum(bars.y) == 3


def test_the_histogram_counts_every_value_once():
    (bars,) = value_histogram(textbook().interactions).data
    values = textbook().interactions.values.tolist()
    assert dict(zip(bars.x, bars.y, strict=True)) == {value: values.count(value) for value in set(values)}


def test_many_values_are_binned_and_none_is_lost():
    values = np.random.default_rng(0).normal(size=500)
    data = Interactions.from_triples(np.arange(500), np.zeros(500, int), values, 500, 1)
    (bars,) = value_histogram(data).data
    assert sum(bars.y) == 500 and len(bars.x) == 30
    assert values.min() < bars.x[0] < bars.x[-1] < values.max()


# The map


def small_map(n_users=7, n_items=12, k=3):
    rng = np.random.default_rng(0)
    model, strengths = by_strength(FactorModel.of(rng.normal(size=(n_users, k)), rng.normal(size=(n_items, k))))
    activity_, popularity = np.arange(n_users), np.arange(n_items) % 6  # one person and two items have nothing
    return taste_map(model, strengths, activity_, popularity), popularity


def drawn_map(groups=None, titles=None, names=None, **chosen):
    mapped, popularity = small_map()
    titles = [f"Item {i}" for i in range(12)] if titles is None else titles
    names = [f"User {u}" for u in range(7)] if names is None else names
    groups = ["even" if i % 2 == 0 else "odd" for i in range(12)] if groups is None else groups
    figure = draw_map(mapped, titles=titles, names=names, groups=groups, popularity=popularity, **chosen)
    as_json(figure)
    return figure, mapped


def shown(figure, kind: str) -> list[tuple[int, float, float]]:
    """(index, x, y) of the people or items that a map shows, by index."""
    points = []
    for trace in figure.data:
        for data, x, y in zip(trace.customdata if trace.customdata is not None else [], trace.x, trace.y, strict=False):
            points += [(int(data[1]), float(x), float(y))] if data[0] == kind else []
    return sorted(points)


GROUPINGS = {
    "two groups": ["even", "odd"] * 6,
    "some without a group": ["even", ""] * 6,
    "more groups than colours": [f"group {i}" for i in range(12)],
    "a group called other": ["other", "A", ""] * 4,
    "a group called items": ["items", ""] * 6,
    "a group called people": ["people"] * 12,
    "one group": ["all"] * 12,
}


@pytest.mark.parametrize("groups", GROUPINGS.values(), ids=GROUPINGS)
def test_everybody_and_everything_with_ratings_stands_on_the_map_once(groups):
    figure, mapped = drawn_map(groups)
    assert mapped.people.tolist() == [1, 2, 3, 4, 5, 6]
    assert mapped.items.tolist() == [i for i in range(12) if i % 6]
    expected = [(u, *map(float, at)) for u, at in zip(mapped.people, mapped.people_at, strict=True)]
    assert shown(figure, "person") == expected
    expected = [(i, *map(float, at)) for i, at in zip(mapped.items, mapped.items_at, strict=True)]
    assert shown(figure, "item") == expected


def test_items_without_genres_stand_on_the_map_too():
    """Every file without an items file, and the textbook."""
    figure, mapped = drawn_map([""] * 12)
    assert len(shown(figure, "item")) == len(mapped.items) == 10


def test_a_group_has_one_colour_and_the_rest_is_grey():
    figure, _ = drawn_map(["", "even", "odd"] * 4)
    colours = {trace.name: trace.marker.color for trace in figure.data}
    assert colours == {"people": PEOPLE, "even": GROUPS[0], "odd": GROUPS[1], "other": OTHER_GROUP}
    assert {trace.marker.symbol for trace in figure.data if trace.name != "people"} == {"square"}
    assert figure.data[0].name == "people" and figure.data[0].marker.symbol == "circle"


def test_the_most_frequent_groups_get_the_colours():
    names = [f"g{i}" for i in range(10) for _ in range(10 - i)]
    assert list(shown_groups(names)[1]) == [*(f"g{i}" for i in range(8)), "other"]
    assert shown_groups([])[1] == {}


def test_the_more_popular_an_item_the_larger_its_square():
    figure, mapped = drawn_map(["all"] * 12)
    squares = next(trace for trace in figure.data if trace.name == "all")
    _, popularity = small_map()
    order = np.argsort(popularity[mapped.items], kind="stable")
    sizes = np.asarray(squares.marker.size)
    assert np.all(np.diff(sizes[order]) >= 0) and sizes.max() == 16 and sizes.min() > 5


def test_the_chosen_item_is_named_and_its_neighbours_are_marked_where_they_are():
    figure, mapped = drawn_map(selected_item=7, neighbours=np.array([1, 10, 6]))  # 6 has no ratings
    chosen, near = figure.data[-2:]
    at = dict(zip(mapped.items.tolist(), mapped.items_at.tolist(), strict=True))
    assert list(chosen.text) == ["Item 7"] and (chosen.x[0], chosen.y[0]) == pytest.approx(at[7])
    assert len(near.x) == 3 and {tuple(at[item]) for item in (1, 10)} < set(zip(near.x, near.y, strict=True))


def test_a_chosen_item_that_is_not_among_those_shown_is_marked_too():
    figure, mapped = drawn_map(selected_item=6)
    assert 6 not in mapped.items
    at = mapped.projection.coordinates[mapped.n_people + 6]
    assert (figure.data[-2].x[0], figure.data[-2].y[0]) == pytest.approx(tuple(at))


def test_the_axes_say_how_much_they_show():
    figure, mapped = drawn_map()
    x_share, y_share = mapped.projection.shares
    assert f"{x_share:.0%}" in figure.layout.xaxis.title.text and f"{y_share:.0%}" in figure.layout.yaxis.title.text


def test_on_the_map_both_sides_have_the_same_spread_and_at_most_so_many_points():
    rng = np.random.default_rng(0)
    model = FactorModel.of(rng.normal(size=(6000, 2)), rng.normal(size=(10_500, 2)))
    counts = rng.permutation(10_500)
    mapped = taste_map(model, np.ones(2), counts[:6000], counts)
    assert len(mapped.people) == 1000 and len(mapped.items) == 1500
    assert counts[mapped.items].min() == 9000 and np.all(np.diff(mapped.items) > 0)
    everyone = mapped.projection.coordinates
    for side in (everyone[:6000], everyone[6000:]):
        assert np.mean(np.sum((side - everyone.mean(axis=0)) ** 2, axis=1)) == pytest.approx(1, abs=0.05)


def markup(figure) -> list[str]:
    """Tags in any text of a figure but those that the figures write themselves."""
    return re.findall(r"<(?!/?extra>|br>)[^\"]*", figure.to_json().encode().decode("unicode_escape"))


def test_nothing_from_outside_is_markup_in_a_figure():
    figure, _ = drawn_map(groups=[EVIL] * 12, titles=[EVIL] * 12, names=[EVIL] * 7, selected_item=7)
    assert markup(figure) == []
    assert markup(heat_map(np.ones((2, 2)), [EVIL, "plain"])) == []


def test_a_genre_is_no_template():
    figure, _ = drawn_map(groups=["%{customdata[1]}"] * 12)
    assert "%{customdata[1]}" not in figure.data[1].hovertemplate


# Text


def test_text_in_a_figure_is_escaped_shortened_and_one_line():
    assert short_label("a <b> & c") == "a &lt;b&gt; &amp; c"
    assert short_label("a\n\t b") == "a b" and short_label("") == ""
    assert short_label("x" * 60) == "x" * 60 and short_label("x" * 61) == "x" * 59 + "…"
    assert html.unescape(short_label("<" * 100)) == "<" * 59 + "…"
    assert short_label("\u202egnp.exe") == "gnp.exe", "nothing is written backwards"


def read_by_plotly(text: str) -> str:
    """Plotly's convertEntities: it knows numbers and these eight names."""
    names = dict(mu="μ", amp="&", lt="<", gt=">", nbsp="\xa0", times="×", plusmn="±", deg="°")

    def character(match):
        word = match.group(1)
        if word.startswith("#"):
            return chr(int(word[2:], 16) if word[1] == "x" else int(word[1:]))
        return names.get(word, match.group())

    return re.sub(r"&(#\d+|#x[\da-fA-F]+|[a-z]+);", character, text)


@pytest.mark.parametrize("title", ["'burbs, The (1989)", "Tom & Jerry", "1 < 2 > 0", "&lt;b&gt;", "5 °C ± 1"])
def test_plotly_shows_a_title_as_it_is(title):
    assert read_by_plotly(short_label(title)) == title


def test_plotly_shows_quotation_marks_as_they_are():
    assert read_by_plotly(short_label('"Great Performances" Cats (1998)')) == '"Great Performances" Cats (1998)'


# Factors


def test_the_heat_map_shows_the_factors_on_one_scale_with_zero_in_the_middle():
    factors = np.array([[1.0, -3.0, 0.5], [0.0, 2.0, -0.25]])
    figure = heat_map(factors, ["A", "B"])
    as_json(figure)
    (heat,) = figure.data
    np.testing.assert_array_equal(heat.z, factors)
    assert (heat.zmin, heat.zmax) == (-3.0, 3.0)
    assert heat.colorscale[0][1] == "#B35806" and heat.colorscale[2][0] == 0.5 and heat.colorscale[-1][1] == "#2166AC"
    assert list(heat.x) == ["1", "2", "3"] and list(figure.layout.yaxis.ticktext) == ["A", "B"]


def test_a_heat_map_of_zeros_or_of_nothing_can_be_drawn_and_equal_names_are_two_rows():
    for factors, names in ((np.zeros((2, 2)), ["A", "A"]), (np.zeros((0, 3)), []), (np.zeros((2, 0)), ["A", "B"])):
        (heat,) = heat_map(factors, names).data
        assert heat.zmin < 0 < heat.zmax and len(set(heat.y)) == len(names)
        as_json(heat_map(factors, names))


def test_a_long_label_is_not_cut_within_an_entity():
    (label,) = heat_map(np.ones((1, 1)), ["a" * 31 + "<<<<<<"]).layout.yaxis.ticktext
    assert read_by_plotly(label).rstrip("…").strip("a<") == ""


def test_the_spectrum_shows_every_strength():
    strengths = np.array([5.0, 2.5, 0.5])
    (bars,) = spectrum(strengths).data
    assert list(bars.x) == [1, 2, 3] and list(bars.y) == [5.0, 2.5, 0.5]
    for each in (strengths, np.zeros(0), np.ones(300)):
        as_json(spectrum(each))


# Curves


def curve(points, **more) -> dict:
    spec = learning_curve(points, title="Loss", last_epoch=more.pop("last_epoch", 10), **more)
    json.dumps(spec, allow_nan=False)
    return spec


def lines(spec) -> list[list[tuple]]:
    return [
        [(row["epoch"], row["value"]) for row in layer["data"]["values"]]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "line"
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 40, 41, 300, 301, 5000])
def test_a_curve_holds_its_points_from_the_first_to_the_last(count):
    points = [(epoch, 1 / (epoch + 1)) for epoch in range(count)]
    (line,) = lines(curve(points))
    assert set(line) <= set(points) and len(line) == len(set(line)) <= 301
    assert line == (points if count <= 300 else line)
    assert line[:1] == points[:1] and line[-1:] == points[-1:]


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 19, 20, 21, 100, 101])
def test_thinned_keeps_first_and_last_in_order_and_about_as_many_as_asked(count):
    points = list(range(count))
    kept = thinned(points, 10)
    assert kept == sorted(set(kept)) and len(kept) <= 11
    assert kept[:1] == points[:1] and kept[-1:] == points[-1:]
    assert count > 10 or kept == points
    assert len(kept) >= min(count, 5)


def test_the_axis_runs_to_the_end_from_the_start_and_further_if_the_run_before_did():
    def end(spec):
        return spec["layer"][-1]["encoding"]["x"]["scale"]["domain"]

    assert end(curve([], last_epoch=60)) == [0, 60]
    assert end(curve([(1, 2.0)], last_epoch=60)) == [0, 60]
    assert end(curve([(1, 2.0)], last_epoch=60, previous=[(90, 1.0)])) == [0, 90]


def test_the_run_before_is_a_ghost_below_the_curve_and_held_out_is_dashed():
    spec = curve([(1, 2.0)], previous=[(1, 3.0), (2, 2.5)], held_out=True)
    assert lines(spec) == [[(1, 3.0), (2, 2.5)], [(1, 2.0)]]
    ghost, line = (layer["mark"] for layer in spec["layer"])
    assert ghost["color"] == GHOST and line["strokeDash"] == [6, 3] and line["color"] == RUNS[1]
    assert curve([(1, 2.0)])["layer"][0]["mark"]["strokeDash"] == [1, 0]


def test_each_rail_is_a_level_line_with_its_name_and_value():
    spec = curve([(1, 0.2)], references={"Random": 0.0123, "Popularity": 0.25})
    rules = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    words = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert [rule["data"]["values"][0]["value"] for rule in rules] == [0.0123, 0.25]
    assert [word["data"]["values"][0]["name"] for word in words] == ["Random 0.012", "Popularity 0.250"]
    assert {layer["mark"]["color"] for layer in rules + words} == {GREY}


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_not_a_number_leaves_a_gap_and_not_a_broken_chart(bad):
    (line,) = lines(curve([(1, 2.0), (2, bad), (3, 1.0)]))
    assert (1, 2.0) in line and (3, 1.0) in line


# Comparisons

RUNS_SHOWN = ["#1 SVD", "#2 BPR", "#3 ALS"]


def test_intervals_reach_from_low_to_high_around_the_mean():
    given = [Interval(0.3, 0.25, 0.36), Interval(0.2, 0.2, 0.2), Interval(-0.1, -0.3, 0.4)]
    figure = intervals(RUNS_SHOWN, given, title="NDCG@10", references={"Popularity": 0.15})
    as_json(figure)
    assert len(figure.data) == 3
    for trace, name, interval in zip(figure.data, RUNS_SHOWN, given, strict=True):
        assert (list(trace.x), list(trace.y)) == ([interval.mean], [name])
        assert trace.x[0] + trace.error_x.array[0] == pytest.approx(interval.high)
        assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(interval.low)
        assert f"{interval.low:.4f} to {interval.high:.4f}" in trace.hovertemplate
    (rail,) = figure.layout.shapes
    assert rail.x0 == rail.x1 == 0.15 and figure.layout.annotations[0].text == "Popularity"


def test_where_nothing_is_known_of_an_interval_only_the_mean_is_drawn():
    figure = intervals(["#1"], [Interval(0.3, np.nan, np.nan)], title="t", references={})
    (trace,) = as_json(figure)["data"]
    assert trace["x"] == [0.3]
    assert trace["error_x"]["array"] == trace["error_x"]["arrayminus"] == [None]


def test_nobody_reads_nan():
    figure = intervals(["#1"], [Interval(0.3, np.nan, np.nan)], title="t", references={})
    assert "nan" not in figure.data[0].hovertemplate


def test_a_metric_at_every_k_is_drawn_for_runs_and_reference_models():
    ks, curves = [1, 5, 10], {"#1 SVD": [0.1, 0.2, 0.3], "#2 BPR": [0.2, 0.3, 0.35]}
    figure = metric_at_k(ks, curves, title="NDCG", references={"Random": [0.01, 0.02, 0.03]})
    as_json(figure)
    drawn = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert drawn == {name: (ks, values) for name, values in {"Random": [0.01, 0.02, 0.03], **curves}.items()}
    rail, first, second = figure.data
    assert rail.line.color == GREY and (first.line.color, second.line.color) == RUNS[:2]
    assert first.line.dash != second.line.dash


def test_curves_on_top_of_each_other_keep_their_points_and_their_ends():
    long = [(float(x), x**0.5) for x in range(1000)]
    figure = overlay({"#1": long, "#2": [(0.5, 1.0)], "#3": []}, title="t", x_title="seconds")
    as_json(figure)
    drawn = {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn["#2"] == [(0.5, 1.0)] and drawn["#3"] == []
    assert set(drawn["#1"]) <= set(long) and (drawn["#1"][0], drawn["#1"][-1]) == (long[0], long[-1])


def test_a_run_has_colour_and_dash_and_marker_of_its_own():
    styles = [tuple(run_style(place).values()) for place in range(8)]
    for column in zip(*styles, strict=True):
        assert len(set(column)) == 8
    assert run_style(8) == run_style(0)
    assert len(RUNS) == len(DASHES) == len(MARKERS) == 8
