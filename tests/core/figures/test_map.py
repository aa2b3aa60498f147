"""The map shows everybody and everything once, says how much it hides, and takes text as text."""

import re

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.factors.axes import sort_by_strength
from recsys_core.figures.factors import draw_map, heat_map, shown_groups, taste_map
from recsys_core.figures.palette import GROUPS, OTHER_GROUP, PEOPLE
from tests.core.figures.as_browser import EVIL, as_json


def small_map(n_users=7, n_items=12, k=3):
    rng = np.random.default_rng(0)
    model, strengths = sort_by_strength(FactorModel.of(rng.normal(size=(n_users, k)), rng.normal(size=(n_items, k))))
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
