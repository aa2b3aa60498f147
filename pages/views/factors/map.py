"""The joint map of people and items, the neighbours of the chosen item, and what a selected group has in common."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import share_figure
from pages.shared.results.factor_axes_of_run import map_of, names_of, shown_axes, strongest_first
from pages.shared.text import escape, escape_formulas
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY, choose_item, choose_person
from recsys_core.data.attributes import Attribute
from recsys_core.data.dataset import GENRES
from recsys_core.data.reading import attributes_of_people
from recsys_core.factors.axes import nearest_by_cosine
from recsys_core.factors.group_summary import what_they_share
from recsys_core.factors.item_attributes import name_ends, standardised_mean
from recsys_core.figures.factor_map import BOTH, ITEMS_ONLY, PEOPLE_ONLY, Colouring, Marks, draw_map
from recsys_core.figures.taste_map import TasteMap
from recsys_core.store.run import Run

_NEIGHBOURS = 10
_MOST_RELATED = 1_000  # items for the ends of the axes: the positions of rarely rated ones are uncertain
_DRAG_KEY, _GROUP_KEY, _ZOOM_KEY, _COLOUR_KEY = "drag", "group", "map_zoom", "map_colour"
_PAN, _SELECT = "pan", "select"


@st.fragment
@error_boundary()
def map_and_neighbours(run: Run) -> None:
    """Draw the map, and beside it the neighbours of the chosen item or the selected group."""
    context, mapped, model = get_context(), map_of(run), strongest_first(run).model
    dataset, popularity = context.dataset, context.split.train.users_per_item
    of_people = _attributes_of_people(dataset.description_key, context)
    left, right = st.columns([2, 1], gap="medium")
    controls = left.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with controls:
        colouring = _choose_colouring(of_people)
        show = st.segmented_control(
            "Show", [BOTH, ITEMS_ONLY, PEOPLE_ONLY], default=BOTH, required=True, key="map_show", width="content"
        )
        drag = st.segmented_control(
            "Drag to", [_PAN, _SELECT], default=_PAN, required=True, key=_DRAG_KEY, width="content"
        )
    with right:
        item, person = choose_item(), choose_person()
        near, cosines = nearest_by_cosine(model.item_factors, item, _NEIGHBOURS)
        if drag == _SELECT:
            _group(run, of_people)
        else:
            _neighbours(near, cosines, model.n_factors, mapped, popularity)
    zoom = _zoom_to(run, item)
    if zoom is not None:
        controls.button(":material/zoom_out_map:", key="map_whole", help="Show the whole map", on_click=_zoom_out)
    with left:
        choices = colouring.name, colouring.of_people, item, person, show, zoom, drag
        figure = share_figure(
            ("map", run.fingerprint, run.id, dataset.description_key, *choices),
            lambda: draw_map(
                mapped,
                titles=dataset.titles,
                names=dataset.user_names,
                colouring=colouring,
                popularity=popularity,
                marks=[] if show == PEOPLE_ONLY else [Marks([item], size=22, width=3, with_titles=True), Marks(near)],
                selected_person=None if show == ITEMS_ONLY else person,
                ends=_ends(run.fingerprint, run.id, dataset.description_key, run),
                show=show,
                zoom_to=zoom,
                lasso=drag == _SELECT,
            ),
        )
        show_chart(
            figure,
            key="map",
            scroll_zooms=True,
            on_select=take_selection,
            selection_mode=("points", "lasso"),
            alt=f"People are circles and items squares; they are close where tastes agree. "
            f"Nearest to {dataset.titles[item]}: {', '.join(dataset.titles[i] for i in near)}.",
        )


def _choose_colouring(of_people: dict[str, Attribute]) -> Colouring:
    """Choose the attribute of items or people by which the map is coloured; at first the genres.

    Where nothing else is known of either, there is no choice.
    """
    dataset = get_context().dataset
    choices = {name: Colouring.by(name, each) for name, each in dataset.attributes_of_items.items() if name != GENRES}
    choices |= {f"{name} (people)": Colouring.by(name, each, of_people=True) for name, each in of_people.items()}
    if not choices:
        return Colouring.by_genre(dataset)
    options = [GENRES if any(dataset.genres) else "nothing", *choices]
    if st.session_state.get(_COLOUR_KEY) not in options:
        st.session_state.pop(_COLOUR_KEY, None)
    chosen = st.selectbox(
        "Colour by", options, key=_COLOUR_KEY, width=180, bind="query-params", persist_state="session",
        help="What is known of items or of people. It comes with the data, in files of items and of people.",
    )  # fmt: skip
    return choices.get(chosen, Colouring.by_genre(dataset))


@st.cache_resource(max_entries=4, show_spinner=False)
def _attributes_of_people(description_key: str, _context: Context) -> dict[str, Attribute]:
    return attributes_of_people(_context.dataset)


def _zoom_to(run: Run, item: int) -> int | None:
    """Return the item around which the map is drawn: one that was searched for, not one that was clicked on."""
    looked_at = (run.data_fingerprint, item)
    before, zoom = st.session_state.get(_ZOOM_KEY, (looked_at, None))
    if before != looked_at:
        zoom = item if before[0] == run.data_fingerprint else None
    st.session_state[_ZOOM_KEY] = (looked_at, zoom)
    return zoom


def _zoom_out() -> None:
    looked_at, _ = st.session_state[_ZOOM_KEY]
    st.session_state[_ZOOM_KEY] = (looked_at, None)


@st.cache_data(max_entries=32, show_spinner=False)
def _ends(fingerprint: str, run_id: int, description_key: str, _run: Run) -> list[str]:
    """What the map's left, right, lower and upper ends follow, or else the item farthest there; "" where neither."""
    context, mapped = get_context(), map_of(_run)
    popularity = context.split.train.users_per_item
    popular = np.argsort(-popularity, kind="stable")[: min(_MOST_RELATED, np.count_nonzero(popularity))]
    at = mapped.projection.coordinates[mapped.n_people + popular]
    ends = name_ends(at, context.dataset, popular)
    titles, named = context.dataset.titles, list[str]()
    for axis, (low, high) in enumerate(ends):
        by_position = np.argsort(at[:, axis], kind="stable")
        named += [low or f"“{titles[popular[by_position[0]]]}”", high or f"“{titles[popular[by_position[-1]]]}”"]
    return named if len(popular) > 1 else [""] * 4


@error_boundary()
def take_selection() -> None:
    """Make what was clicked the person or the item of all pages, and what was selected the group of this one."""
    selection = st.session_state["map"]["selection"]
    chosen = [point["customdata"] for point in selection["points"] if point.get("customdata")]
    items = sorted({int(index) for kind, index, *_ in chosen if kind == "item"})
    people = sorted({int(index) for kind, index, *_ in chosen if kind == "person"})
    if selection["lasso"]:
        st.session_state[_GROUP_KEY] = (get_context().dataset.fingerprint, items, people)
    elif chosen:
        kind, index, *_ = chosen[0]
        st.session_state[{"item": ITEM_KEY, "person": PERSON_KEY}[kind]] = int(index)
        if kind == "item":  # it is in sight: the map stays where it is
            _, zoom = st.session_state.get(_ZOOM_KEY, (None, None))
            st.session_state[_ZOOM_KEY] = ((get_context().dataset.fingerprint, int(index)), zoom)


def _neighbours(near: np.ndarray, cosines: np.ndarray, n_factors: int, mapped: TasteMap, popularity) -> None:
    titles, n_people = get_context().dataset.titles, get_context().split.train.n_users
    shown = []
    if len(mapped.items) < len(np.flatnonzero(popularity)):
        shown.append(f"the {len(mapped.items):,} most popular of {len(titles):,} items")
    if len(mapped.people) < len(np.flatnonzero(get_context().split.train.items_per_user)):
        shown.append(f"the {len(mapped.people):,} most active of {n_people:,} people")
    st.caption(
        f"Nearest by cosine in {'the 1 factor' if n_factors == 1 else f'all {n_factors} factors'}, not on the flat map"
        + (f", which shows {' and '.join(shown)}." if shown else ".")
    )
    st.dataframe(
        pd.DataFrame({"item": [titles[i] for i in near], "cosine": cosines}),
        hide_index=True,
        height=248,
        alt="The nearest items by cosine.",
        column_config={
            "item": st.column_config.TextColumn(width=150),
            "cosine": st.column_config.ProgressColumn(min_value=-1.0, max_value=1.0, format="%.2f", width=90),
        },
    )


def _group(run: Run, of_people: dict[str, Attribute]) -> None:
    """Say what the selected items and people have in common, and list the items."""
    context = get_context()
    dataset, popularity = context.dataset, context.split.train.users_per_item
    fingerprint, items, people = st.session_state.get(_GROUP_KEY, ("", [], []))
    if fingerprint != dataset.fingerprint or not (items or people):
        st.info("Draw around some squares on the map while holding the mouse button down.")
        return
    shared = what_they_share(of_people, people) if people else []
    about_people = f" Of the people: {', '.join(shared)}." if shared else ""
    if not items:
        st.info(f"The selection holds {_count(len(people), 'person', 'people')} but no items.{escape(about_people)}")
        return
    st.markdown(
        f"**{_count(len(items), 'item', 'items')}** and {_count(len(people), 'person', 'people')}. "
        f"{escape(_in_common(run, items) + about_people)}"
    )
    described = {
        name: [", ".join(attribute.values[item]) for item in items]
        for name, attribute in dataset.attributes_of_items.items()
    }
    noun = dataset.rating_noun
    table = pd.DataFrame(
        {"title": [dataset.titles[item] for item in items], **described, noun: popularity[items]}
    ).sort_values(noun, ascending=False)
    st.dataframe(
        table,
        hide_index=True,
        height=190,
        alt="The items of the group.",
        column_config={"title": st.column_config.TextColumn(width=150)},
    )
    st.download_button(
        "Download the list (CSV)", escape_formulas(table).to_csv(index=False), "group.csv", "text/csv", key="group_csv"
    )


def _in_common(run: Run, items: list[int]) -> str:
    shared = what_they_share(get_context().dataset.attributes_of_items, items, plain=GENRES)
    axes = shown_axes(run)
    means = standardised_mean(axes.model.item_factors, items)
    factor = int(np.abs(means).argmax())
    end = "one" if means[factor] > 0 else "the other"
    words = f"In common: {', '.join(shared)}. " if shared else ""
    return (
        f"{words}On average they lie {abs(means[factor]):.1f} standard deviations towards {end} end of factor "
        f"{names_of(run, axes)[factor]}."
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
