"""Compose all that the scrubber shows, at every k, with an honest and a leaking test, as plain JSON."""

import numpy as np
import streamlit as st

from pages.shared.context import Context
from pages.shared.large_data import Sweeps
from pages.shared.widgets.choose_person_item import list_people
from pages.views.start.scrubber.sentences import (
    describe_honest,
    describe_k,
    describe_leak,
    describe_leaky,
    describe_list,
    describe_terms,
)
from recsys_core.evaluation.rank_items import top_items
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.figures.palette import DIVERGING, GREY, RUNS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.percent import percent

_DEPTH, _LONGEST_TITLE, _LONGEST_NAME = 5, 80, 40
_MOST_TRIED = 100  # people looked at for an example
START_K = 2
_COLOURS = {
    "above": [DIVERGING[-1][1], DIVERGING[-2][1]],  # strong, weak
    "below": [DIVERGING[0][1], DIVERGING[1][1]],
    "honest": RUNS[0],
    "leak": RUNS[1],
    "reference": GREY,
}


def choose_example(context: Context, sweeps: Sweeps) -> int:
    """Return somebody of middling activity whose list shows what the curve shows of all: it gains up to the best k."""
    return _find_example(context.split.fingerprint, context.open_subset, context, sweeps[0])


@st.cache_resource(max_entries=8, show_spinner=False)
def _find_example(split_fingerprint: str, subset: str, _context: Context, _sweep: TruncationSweep) -> int:
    first, *_ = people = list_people()
    if not _sweep.n_held_out or _sweep.best_k == _sweep.ks[0]:
        return first
    seen, held_out = _context.split.seen_and_held_out(subset)
    middle, relevant = len(people) // 2, held_out.relevant
    models = [_sweep.truncated(k) for k in (min(START_K, _sweep.ks[-1]), _sweep.best_k)]
    gaining = []
    for user in [first, *people[middle : middle + _MOST_TRIED]]:
        lists = np.concatenate([top_items(model, seen, np.array([user]), _DEPTH) for model in models])
        at_start, at_best = np.isin(lists, relevant.items[relevant.of(user)]).sum(axis=1)
        if at_best > at_start > 0:
            return user
        if at_best > at_start:
            gaining.append(user)
    return next(iter(gaining), first)


def describe_start(sweeps: Sweeps, k: int, *, leak: bool, in_plain_words: bool) -> str:
    """Return the sentence with which the scrubber starts at `k`, with or without the `leak`."""
    leak = _is_leaky(sweeps[0], leak=leak)
    return _sentences(sweeps, leak=leak, in_plain_words=in_plain_words)[_step_at(sweeps[0], k)]


def compose_payload(
    context: Context, sweeps: Sweeps, person: int, k: int, *, leak: bool, turn: int, in_plain_words: bool
) -> dict:
    """Return what scrubber.js draws: the pictures, both curves, and for every k its sentence and the person's list.

    It starts at `k`, with or without the `leak`. Once the slider is moved, that counts until the next `turn`. The
    sentences name no metric `in_plain_words`.
    """
    subset = context.open_subset
    honest, leaky, picture, levels = sweeps
    ground_truth = context.dataset.ground_truth
    planted = None if ground_truth is None or ground_truth.n_tastes not in honest.ks else ground_truth.n_tastes
    names, titles = context.dataset.user_names, context.dataset.titles
    payload = {
        "id": f"{turn} {context.split.fingerprint} {subset}",
        "ks": honest.ks,
        "start": _step_at(honest, k),
        "leaky": _is_leaky(honest, leak=leak),
        "planted": planted,
        "colours": _COLOURS,
        **{key: picture[key] for key in ("rows", "columns", "train", "held_out")},
        "users": picture["users"],
        "names": [names[user][:_LONGEST_NAME] for user in picture["users"]],
        "titles": [titles[item][:_LONGEST_NAME] for item in picture["items"]],
        "person": picture["users"].index(person) if person in picture["users"] else None,
        "cell_words": {
            "known": "rated" if context.dataset.is_graded else "chosen",
            "held_out": "held out",
            "empty": "not rated" if context.dataset.is_graded else "not chosen",
        },
        "legend": _describe_picture(context, picture, honest),
        "terms": describe_terms(levels, planted),
        "whose": f"Top {_DEPTH} for {context.dataset.user_names[person][:_LONGEST_TITLE]}",
        "references": [{"name": name, "value": value} for name, value in levels.items()],
        "y_title": f"How near the top of lists of {CUTOFF} the held-out choices come: NDCG@{CUTOFF}, "
        "1 where every list is perfect, 0 where none is found, by number of tastes k",
        "unscored": "Nothing is held out: change the train/test split in the sidebar to score the lists.",
        "table": _tabulate(honest, leaky),
        "leak": None,
    }
    payload["honest"] = {
        "label": "honest test",
        **picture["honest"],
        **_compose_steps(
            context,
            honest,
            person,
            _sentences(sweeps, leak=False, in_plain_words=in_plain_words),
            [describe_k(honest, k, planted) for k in honest.ks],
        ),
    }
    if person == choose_example(context, sweeps):
        payload["honest"]["list_legend"] += " An example, chosen because its list gains up to the best k."
    if honest.n_held_out:
        sentences = _sentences(sweeps, leak=True, in_plain_words=in_plain_words)
        payload["leak"] = {
            "label": "leaking test",
            **picture["leak"],
            **_compose_steps(context, leaky, person, sentences, [describe_leak(leaky)] * len(sentences)),
        }
    return payload


def _step_at(sweep: TruncationSweep, k: int) -> int:
    return sweep.ks.index(min(k, sweep.ks[-1]))


def _is_leaky(honest: TruncationSweep, *, leak: bool) -> bool:
    """Tell whether the scrubber starts with the leaking test; where nothing is held out, there is none."""
    return leak and honest.n_held_out > 0


def _sentences(sweeps: Sweeps, *, leak: bool, in_plain_words: bool) -> list[str]:
    """Return the sentence at every k, for one of the two tests."""
    honest, leaky, _, levels = sweeps
    if leak:
        return [describe_leaky(leaky, honest, index, in_plain_words=in_plain_words) for index in range(len(leaky.ks))]
    popularity = levels.get("Popularity")
    return [
        describe_honest(honest, index, popularity, in_plain_words=in_plain_words) for index in range(len(honest.ks))
    ]


def _compose_steps(
    context: Context, sweep: TruncationSweep, person: int, sentences: list[str], notes: list[str]
) -> dict:
    """Return the curve of one of the two tests, and the sentence and list at every k."""
    is_leaky = sweep.n_leaked > 0
    lists = _list_items(context.split.fingerprint, context.open_subset, is_leaky, person, sweep, context)
    relevant = context.split.seen_and_held_out(context.open_subset)[1].relevant
    wanted = set(relevant.items[relevant.of(person)].tolist())
    titles = context.dataset.titles
    data = "Ratings" if context.dataset.is_graded else "Who chose what"
    steps = []
    for index, items in enumerate(lists.tolist()):
        lines = [{"title": titles[item][:_LONGEST_TITLE], "hit": item in wanted} for item in items if item >= 0]
        explained = sweep.explained[index]
        right = f"{sum(line['hit'] for line in lines)} of {len(lines)} right"
        captions = [
            data,
            f"The model's guess (explains {percent(explained)})",
            f"What it misses ({percent(1 - explained)})",
        ]
        steps.append(
            {
                "sentence": sentences[index],
                "note": notes[index],
                "captions": captions,
                "right": right if wanted else "This list cannot be checked",
                "list": lines,
            }
        )
    return {
        "ndcg": sweep.ndcg.tolist(),
        "steps": steps,
        "list_legend": describe_list(len(wanted), leak=is_leaky),
    }


@st.cache_resource(max_entries=64, show_spinner=False)
def _list_items(
    split_fingerprint: str, subset: str, is_leaky: bool, person: int, _sweep: TruncationSweep, _context: Context
) -> np.ndarray:
    """Return (len(ks), _DEPTH): the person's list at every k, with or without the leak."""
    seen, _ = _context.split.seen_and_held_out(subset)
    return _sweep.lists(seen, person, _DEPTH)


def _describe_picture(context: Context, picture: dict, sweep: TruncationSweep) -> str:
    """Return the legend of the pictures: their colours, and what part of the people and items they show."""
    data = context.dataset.interactions
    filled = "rated" if context.dataset.is_graded else "chosen"
    text = f"Rows are people, columns items. Blue: {filled}, or guessed too low; orange: guessed too high"
    text += "; grey: held out." if sweep.n_held_out else "."
    if picture["rows"] < data.n_users or picture["columns"] < data.n_items:
        text += f" Shown: the {picture['rows']} most active people and the {picture['columns']} most popular items."
    n_testable = int(np.count_nonzero(context.split.seen_and_held_out(context.open_subset)[1].relevant.items_per_user))
    if len(sweep.users) < n_testable:
        text += f" Scored: {len(sweep.users):,} of {n_testable:,} people, drawn at random."
    return text


def _tabulate(honest: TruncationSweep, leaky: TruncationSweep) -> dict:
    """Return the numbers of the curves as a table, for those who hear the page instead of seeing it."""
    columns = {"k": honest.ks, "share of the table explained": list(map(percent, honest.explained))}
    if len(honest.ndcg):
        columns["NDCG, honest test"] = [f"{value:.3f}" for value in honest.ndcg]
        columns["NDCG, leaking test"] = [f"{value:.3f}" for value in leaky.ndcg]
    rows = [[str(value) for value in row] for row in zip(*columns.values(), strict=True)]
    return {"caption": "What the curve shows, by number of tastes k", "head": list(columns), "rows": rows}
