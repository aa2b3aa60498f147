"""The map shows everybody and everything once, says how much it hides, and takes text as text."""

import re

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.attributes import CATEGORICAL, Attribute
from recsys_core.factors.axes import sort_by_strength
from recsys_core.figures.factor_map import ITEMS_ONLY, PEOPLE_ONLY, Colouring, Marks, draw_map, shown_groups
from recsys_core.figures.factors import heat_map
from recsys_core.figures.palette import GROUPS, OTHER_GROUP, PEOPLE
from recsys_core.figures.place_labels import label_box, label_width, place_labels
from recsys_core.figures.taste_map import taste_map
from recsys_core.percent import percent
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
    chosen = {"colouring": Colouring("genres", groups), **chosen}
    figure = draw_map(mapped, titles=titles, names=names, popularity=popularity, **chosen)
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
    figure, mapped = drawn_map(marks=[Marks([7], with_titles=True), Marks(np.array([1, 10, 6]))])  # 6 has no ratings
    chosen, near = figure.data[-2:]
    at = dict(zip(mapped.items.tolist(), mapped.items_at.tolist(), strict=True))
    assert list(chosen.text) == ["Item 7"] and (chosen.x[0], chosen.y[0]) == pytest.approx(at[7])
    assert len(near.x) == 3 and {tuple(at[item]) for item in (1, 10)} < set(zip(near.x, near.y, strict=True))


def test_a_chosen_item_that_is_not_among_those_shown_is_marked_too():
    figure, mapped = drawn_map(marks=[Marks([6], with_titles=True)])
    assert 6 not in mapped.items
    at = mapped.projection.coordinates[mapped.n_people + 6]
    assert (figure.data[-1].x[0], figure.data[-1].y[0]) == pytest.approx(tuple(at))


def test_the_axes_say_how_much_they_show():
    figure, mapped = drawn_map()
    x_share, y_share = map(percent, mapped.projection.shares)
    assert x_share in figure.layout.xaxis.title.text and y_share in figure.layout.yaxis.title.text


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
    marks = [Marks([7], name=EVIL, with_titles=True)]
    evil = {"groups": [EVIL] * 12, "titles": [EVIL] * 12, "names": [EVIL] * 7, "ends": [EVIL] * 4}
    figure, _ = drawn_map(**evil, marks=marks, selected_person=2)
    assert markup(figure) == []
    assert markup(heat_map(np.ones((2, 2)), [EVIL, "plain"])) == []


def test_a_genre_is_no_template():
    figure, _ = drawn_map(groups=["%{customdata[1]}"] * 12)
    assert "%{customdata[1]}" not in figure.data[1].hovertemplate


def boxes(figure) -> list[tuple[float, float, float, float]]:
    """The room of each title in the pixels of a plot as narrow as on a phone; the widths are at least Chromium's."""
    ranges = np.array([figure.layout.xaxis.range, figure.layout.yaxis.range], float)
    found = []
    for note in figure.layout.annotations:
        if note.xref == "paper" or not note.text:
            continue
        at = (np.array([note.x, note.y], float) - ranges[:, 0]) / (ranges[:, 1] - ranges[:, 0]) * (300, 270)
        shift = (
            {"left": 1, "right": -1, "center": 0}[note.xanchor],
            {"bottom": 1, "top": -1, "middle": 0}[note.yanchor],
        )
        found.append(label_box(at, label_width(note.text, note.font.size), shift))
    return found


@pytest.mark.parametrize("n_items", [3, 40, 1500])
def test_up_to_fifteen_titles_are_named_and_none_overlaps(n_items):
    rng = np.random.default_rng(n_items)
    model, strengths = sort_by_strength(FactorModel.of(rng.normal(size=(60, 5)), rng.standard_t(4, (n_items, 5))))
    mapped = taste_map(model, strengths, np.ones(60, int), rng.integers(1, 99, n_items))
    titles = [f"A film with a title {item}" for item in range(n_items)]
    figure = draw_map(
        mapped,
        titles=titles,
        names=["x"] * 60,
        colouring=Colouring("genres", [""] * n_items),
        popularity=np.arange(n_items),
        marks=[Marks([1], with_titles=True), Marks([0, 2], "liked", with_titles=True)],
        selected_person=3,
        ends=["a", "b", "c", "d"],
    )
    rooms = boxes(figure)
    assert (1 if n_items == 3 else 5) <= len(rooms) <= 15
    for index, one in enumerate(rooms):
        for other in rooms[:index]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    ends = [note.text for note in figure.layout.annotations if note.xref == "paper"]
    assert ends == ["← a", "b →", "↓ c", "↑ d"]


def test_a_label_that_finds_no_room_gives_way():
    points, widths = np.array([*[[60, 50]] * 9, [300, 50]], float), [20.0] * 10
    placed = place_labels(points, widths, (330, 100), most=12, n_chosen=9)
    assert [index for index, *_ in placed] == [*range(8), 9] and len({tuple(shift) for _, *shift in placed[:8]}) == 8
    placed = place_labels(points, widths, (330, 100), most=12)
    assert placed == [(0, 1, 0), (1, -1, 0), (9, -1, 0)]  # at the right edge only the left has room
    assert place_labels(points, widths, (330, 100), most=12, taken=[(0, 0, 330, 100)]) == []


def test_every_mark_is_drawn_on_the_canvas_on_which_the_points_are():
    """What Plotly draws as SVG lies below the canvas of WebGL, so that on real data it cannot be seen."""
    figure, _ = drawn_map(
        marks=[Marks([7], with_titles=True), Marks([1, 2], "near")],
        selected_person=2,
        star=np.zeros(2),
        origin=np.ones(2),
    )
    assert {trace.type for trace in figure.data} == {"scattergl"}
    symbols = [trace.marker.symbol for trace in figure.data]
    assert symbols[-4:] == ["square-open", "square-open", "circle-open", "star"]  # the last is on top


def test_numbers_are_a_scale_and_what_is_unknown_is_a_group():
    numbers = np.arange(12.0)
    numbers[[1, 4]] = np.nan
    figure, mapped = drawn_map(colouring=Colouring("price", numbers=numbers))
    scale = next(trace for trace in figure.data if trace.name == "price")
    unknown = next(trace for trace in figure.data if trace.name == "unknown")
    assert {int(data[1]) for data in unknown.customdata} == {1, 4}
    assert [int(data[1]) for data in scale.customdata] == list(scale.marker.color) and scale.marker.colorbar.title.text
    assert len(shown(figure, "item")) == len(mapped.items)
    people = Colouring.by("sex", Attribute(CATEGORICAL, ("F", "M", "", "F", "M", "F", "M")), of_people=True)
    figure, mapped = drawn_map(colouring=people)
    assert {"F", "M", "unknown", "items"} == {trace.name for trace in figure.data}
    assert len(shown(figure, "person")) == len(mapped.people) and len(shown(figure, "item")) == len(mapped.items)


def test_people_or_items_alone_and_a_part_of_the_map_can_be_shown():
    assert not shown(drawn_map(show=ITEMS_ONLY)[0], "person") and not shown(drawn_map(show=PEOPLE_ONLY)[0], "item")
    whole, mapped = drawn_map()
    near, _ = drawn_map(zoom_to=7)
    for axis in (0, 1):
        (low, high), (first, last) = (
            (each.layout.xaxis.range, each.layout.yaxis.range)[axis] for each in (near, whole)
        )
        at = mapped.projection.coordinates[mapped.n_people + 7, axis]
        assert (low + high) / 2 == pytest.approx(at, abs=1e-5) and high - low < 0.5 * (last - first)


def test_the_more_crowded_the_map_the_smaller_and_fainter_its_marks():
    rng = np.random.default_rng(1)
    found = []
    for n_items in (20, 1500):
        model = FactorModel.of(rng.normal(size=(9, 2)), rng.normal(size=(n_items, 2)))
        mapped = taste_map(model, np.ones(2), np.ones(9, int), np.ones(n_items, int))
        figure = draw_map(mapped, titles=["t"] * n_items, names=["x"] * 9, popularity=np.ones(n_items),
                          colouring=Colouring("genres", ["a"] * n_items))  # fmt: skip
        found.append((figure.data[1].marker.size[0], figure.data[1].marker.opacity))
    assert found[1][0] < found[0][0] == 16 and 0.55 <= found[1][1] <= found[0][1] == 0.85
