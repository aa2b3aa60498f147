"""The pinned models, the same on every page: the first is the baseline with which the others are compared.

They are kept for each split in the session, and those of the current split in the URL.
"""

import html
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.shell.pin_list import MAX_PINNED, PinList
from pages.shared.sign_in import chosen_author, draw_mine_switch
from pages.shared.text import escape
from pages.shared.url_state import set_url_param, url_param
from recsys_core.algorithms import ALGORITHMS
from recsys_core.escape import one_line
from recsys_core.figures.comparison import run_style
from recsys_core.links.run_slug import RunSlug, run_slug
from recsys_core.numerics import distinct_environments, write_environment
from recsys_core.store.history import validation_scores
from recsys_core.store.run import STOPPED, Run
from recsys_core.sweeps.equal_budget import find_best_settings

PINS_KEY = "pins"
ADD_KEY = "pin_add"
LISTS_KEY = "pin_lists"
"""Holds the `PinList` of each split, by fingerprint."""
_STARTED = "started_runs"  # of this session
_SIGNS = {
    "circle": "●", "square": "■", "diamond": "◆", "cross": "✚", "triangle-up": "▲", "x": "✖", "star": "★",
    "hexagon": "⬢", "triangle-down": "▼", "bowtie": "⧓",
}  # fmt: skip
# A button's label is its name for a screen reader; on the narrow row only its icon is shown.
_ROWS = """<style>
.st-key-pins .pinned { font-size: .85rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.st-key-pins .pinned b { display: inline-block; width: 1.1em; font-weight: 400; }
.st-key-pins [class*=st-key-star_] button, .st-key-pins [class*=st-key-unpin_] button {
  min-height: 1.5rem; height: 1.5rem; width: 1.5rem; padding: 0; }
.st-key-pins [class*=st-key-star_] button p, .st-key-pins [class*=st-key-unpin_] button p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.st-key-pins [class*=st-key-star_] button::before { content: "☆"; font-size: 1.15rem; line-height: 1; }
.st-key-pin_row_0 [class*=st-key-star_] button::before { content: "★"; }
</style>"""


def draw_pinned_models() -> None:
    """Draw the list of pinned models in the sidebar. Runs that this session started are pinned when they end."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    author = chosen_author()
    offered = {run_id: run for run_id, run in runs.items() if not author or run.author == author}
    pins = _pin_started(_list().keep(runs), runs)
    if pins.is_default:
        pins = _pin_best_of_each(pins, runs, offered)
    _keep(pins)
    side = st.sidebar.container()  # a place that is always there, see draw_app
    if runs:
        with side.container(key=PINS_KEY, gap="xxsmall"):
            _draw_list(pins, runs, offered)
    pinned = pinned_runs()
    if pins.is_default and not url_param("pin") and _is_training():
        return  # the first models are being trained: a link to only some of them would leave out the others
    set_url_param("pin", *(slug_of(run).text for run in pinned))
    set_url_param("trained_on", *map(write_environment, distinct_environments(run.environment for run in pinned)))


def pin_when_trained(run_id: int) -> None:
    """Note that this session started a run, which is pinned once it has a model."""
    st.session_state.setdefault(_STARTED, []).append(run_id)


def add_pin(run_id: int, split_fingerprint: str, is_baseline: bool = False) -> None:
    """Pin a run of a split beside those pinned there, in a callback; where there is no room, the sidebar says so."""
    pins = _list(split_fingerprint).pin(run_id)
    _keep(pins.make_baseline(run_id) if is_baseline else pins, split_fingerprint)


def pin_runs(run_ids: Sequence[int], split_fingerprint: str) -> None:
    """Pin these runs of a split and no others. Call it before `draw_pinned_models`."""
    _keep(PinList(tuple(run_ids), frozenset(run_ids), is_default=False), split_fingerprint)


def pinned_runs() -> list[Run]:
    """Return the pinned runs, the baseline first; all have a model on the current split."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    return [runs[run_id] for run_id in _list().run_ids if run_id in runs]


def slug_of(run: Run) -> RunSlug:
    """Return the slug that names `run` in a URL."""
    epochs = store().epochs(run.id) if run.state == STOPPED else []
    return run_slug(run, epochs[-1].number if epochs else None)


def _list(split_fingerprint: str | None = None) -> PinList:
    return st.session_state.get(LISTS_KEY, {}).get(split_fingerprint or get_context().split.fingerprint, PinList())


def _keep(pins: PinList, split_fingerprint: str | None = None) -> None:
    st.session_state.setdefault(LISTS_KEY, {})[split_fingerprint or get_context().split.fingerprint] = pins


def _pin_started(pins: PinList, runs: Mapping[int, Run]) -> PinList:
    """Pin what this session started and what has a model now."""
    started = st.session_state.get(_STARTED, [])
    for run_id in [each for each in started if each in runs]:
        started.remove(run_id)
        # Another seed of a pinned recipe measures the variance between seeds; it is no other model.
        if runs[run_id].recipe not in [runs[each].recipe for each in pins.run_ids]:
            pins = pins.pin(run_id)
    return pins


def _pin_best_of_each(pins: PinList, runs: Mapping[int, Run], offered: Mapping[int, Run]) -> PinList:
    """Pin the run of those `offered` with the highest validation NDCG@10 of each algorithm that has no pinned run."""
    pinned = {runs[each].algorithm for each in pins.run_ids}
    others = [run for run in offered.values() if run.algorithm not in pinned]
    if not others:
        return pins
    scores = validation_scores(store(), get_context().split.fingerprint)
    best = find_best_settings(others, lambda run: scores.get(run.id, 0.0))
    places = {algorithm: place for place, algorithm in enumerate(ALGORITHMS)}
    together = [*pins.run_ids, *(run.id for run in best.values())]
    return pins.add_default(sorted(together, key=lambda run_id: places.get(runs[run_id].algorithm, len(places))))


def _draw_list(pins: PinList, runs: Mapping[int, Run], offered: Mapping[int, Run]) -> None:
    """Draw a row for each pinned model, and the box that pins another of those `offered`."""
    st.html(_ROWS)
    st.markdown("**Pinned models**")
    draw_mine_switch()
    for index, run_id in enumerate(pins.run_ids):
        _draw_row(index, runs[run_id])
    if pins.without_room:
        names = ", ".join(runs[run_id].short_label for run_id in pins.without_room)
        st.warning(
            escape(f"No room for {names}: {MAX_PINNED} models are pinned already. Remove one, then pin it here.")
        )
    others = [run_id for run_id in offered if run_id not in pins.run_ids]
    shown = st.session_state.get(RUN_KEY)
    if shown in others:
        st.button(
            escape(f"Pin {runs[shown].short_label}"), key="pin_shown", icon=":material/push_pin:", width="stretch",
            shortcut="P", on_click=_pin, args=(shown,), help="Pins the run that is shown.",
        )  # fmt: skip
    if others and not pins.is_full:
        st.selectbox(
            "Pin another model",
            others,
            index=None,
            format_func=lambda run_id: runs[run_id].label,
            key=ADD_KEY,
            placeholder="Pin another model",
            label_visibility="collapsed",
            on_change=_pin_chosen,
        )


def _draw_row(index: int, run: Run) -> None:
    style = run_style(index)
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", wrap=False, key=f"pin_row_{index}"):
        sign = f'<b style="color:{style["color"]}" aria-hidden="true">{_SIGNS[style["symbol"]]}</b>'
        full, short = (html.escape(one_line(label)) for label in (run.label, run.list_label))
        st.html(f'<div class="pinned" title="{full}">{sign}{short}</div>', width="stretch")
        name = escape(run.short_label)
        st.button(
            f"{name} is the baseline" if index == 0 else f"Make {name} the baseline",
            key=f"star_{run.id}",
            type="tertiary",
            on_click=_change,
            args=("make_baseline", run.id),
            help="The baseline, with which the others are compared." if index == 0 else "Make this the baseline.",
        )
        st.button(
            f"Unpin {name}", key=f"unpin_{run.id}", icon=":material/close:", type="tertiary", on_click=_change,
            args=("unpin", run.id),
        )  # fmt: skip


def _is_training() -> bool:
    return any(run.is_live and not run.in_background for run in get_context().runs())


@error_boundary()
def _change(what: str, run_id: int) -> None:
    pins = _list()
    _keep(pins.unpin(run_id) if what == "unpin" else pins.make_baseline(run_id))


@error_boundary()
def _pin(run_id: int) -> None:
    _keep(_list().pin(run_id))


@error_boundary()
def _pin_chosen() -> None:
    if (run_id := st.session_state[ADD_KEY]) is not None:
        _pin(run_id)
        st.session_state[ADD_KEY] = None
