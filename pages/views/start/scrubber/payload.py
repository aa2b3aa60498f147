"""Everything that the scrubber shows, at every k, honest and leaky, as one dictionary of plain JSON."""

import numpy as np
import streamlit as st

from pages.shared.context import Context
from pages.shared.results.cached import reference_models
from pages.views.start.scrubber.sentences import badge, banner, honest_sentence, leaky_sentence, whose_choices
from recsys_core.evaluation.truncation_sweep import TruncationSweep, sweep_truncations
from recsys_core.figures.palette import DIVERGING, GREY, RUNS
from recsys_core.figures.tiles import choose_cells
from recsys_core.metrics.ranking import CUTOFF

_DEPTH, _LONGEST_TITLE = 5, 80
_COLOURS = {
    "above": [DIVERGING[-1][1], DIVERGING[-2][1]],  # strong, weak
    "below": [DIVERGING[0][1], DIVERGING[1][1]],
    "honest": RUNS[0],
    "leak": RUNS[1],
    "rail": GREY,
}


def sweeps(context: Context) -> tuple[TruncationSweep, TruncationSweep]:
    """The models of all k, learned honestly and with the leak."""
    return _prepare(context.split.fingerprint, context.open_subset, context)[:2]


@st.cache_resource(max_entries=8, show_spinner="Taking the ratings apart, and scoring every number of tastes…")
def _prepare(split_fingerprint: str, subset: str, _context: Context) -> tuple[TruncationSweep, TruncationSweep, dict]:
    """Both sweeps, and the picture of their cells."""
    split, ground_truth = _context.split, _context.dataset.ground_truth
    planted = None if ground_truth is None else ground_truth.n_tastes
    honest, leaky = (sweep_truncations(split, subset, leak=leak, planted=planted) for leak in (False, True))
    cells = choose_cells(split.train, honest.model, ground_truth)
    picture = {
        "rows": len(cells.users),
        "columns": len(cells.items),
        "train": cells.filled(split.train),
        "held_out": cells.filled(split.seen_and_held_out(subset)[1]),
        "honest": cells.factors(honest.model),
        "leak": cells.factors(leaky.model),
    }
    return honest, leaky, picture


def payload(context: Context, person: int, k: int, *, leak: bool, turn: int) -> dict:
    """What scrubber.js draws: the picture, both curves, and for every k its sentence and the person's list.

    It begins at k, with the leak or without; a hand that has moved it since counts for more, until the next `turn`.
    """
    subset = context.open_subset
    honest, leaky, picture = _prepare(context.split.fingerprint, subset, context)
    levels = {name: honest.mean_of(rail) for name, rail in reference_models(subset).items()}
    ground_truth = context.dataset.ground_truth
    planted = None if ground_truth is None or ground_truth.n_tastes not in honest.ks else ground_truth.n_tastes
    places = range(len(honest.ks))
    told = {
        "id": f"{turn} {context.split.fingerprint} {subset}",
        "ks": honest.ks,
        "start": honest.ks.index(min(k, honest.ks[-1])),
        "leaky": leak and honest.n_held_out > 0,
        "planted": planted,
        "colours": _COLOURS,
        **{key: picture[key] for key in ("rows", "columns", "train", "held_out")},
        "legend": _legend(context, picture, honest),
        "whose": f"Top {_DEPTH} for {context.dataset.user_names[person][:_LONGEST_TITLE]}",
        "rails": [{"name": name, "value": value} for name, value in levels.items()],
        "y_title": f"NDCG@{CUTOFF} of held-out choices (1 = every list perfect), by number of tastes k",
        "unscored": "No ratings are held out: change the train/test split in the sidebar to score the lists.",
        "table": _table(honest, leaky),
        "leak": None,
    }
    told["honest"] = {
        "label": "honest test",
        **picture["honest"],
        **_steps(
            context,
            honest,
            person,
            [honest_sentence(honest, place, levels.get("Popularity")) for place in places],
            [badge(honest, k, planted) for k in honest.ks],
        ),
    }
    if honest.n_held_out:
        sentences = [leaky_sentence(leaky, honest, place) for place in places]
        told["leak"] = {
            "label": "leaky test",
            **picture["leak"],
            **_steps(context, leaky, person, sentences, [banner(leaky)] * len(sentences)),
        }
    return told


def _steps(context: Context, sweep: TruncationSweep, person: int, sentences: list[str], notes: list[str]) -> dict:
    """The curve of one of the two tests, and what is said and listed at every k."""
    seen, held_out = context.split.seen_and_held_out(context.open_subset)
    held_out = held_out.relevant
    wanted = set(held_out.items[held_out.of(person)].tolist())
    titles = context.dataset.titles
    steps = []
    for place, items in enumerate(sweep.lists(seen, person, _DEPTH).tolist()):
        lines = [{"title": titles[item][:_LONGEST_TITLE], "hit": item in wanted} for item in items if item >= 0]
        explained = sweep.explained[place]
        right = f"{sum(line['hit'] for line in lines)} of {len(lines)} right"
        captions = ["Ratings", f"The model's guess (explains {explained:.0%})", f"What it misses ({1 - explained:.0%})"]
        steps.append(
            {
                "sentence": sentences[place],
                "note": notes[place],
                "captions": captions,
                "right": right if wanted else "A list that cannot be checked",
                "list": lines,
            }
        )
    return {
        "ndcg": sweep.ndcg.tolist(),
        "steps": steps,
        "list_legend": whose_choices(len(wanted), leak=sweep.n_leaked > 0),
    }


def _legend(context: Context, picture: dict, sweep: TruncationSweep) -> str:
    data = context.dataset.interactions
    filled = "rated" if context.dataset.is_graded else "chosen"
    text = f"Each row a person, each column an item. Blue: {filled}, or guessed too low; orange: guessed too high"
    text += "; grey: held out." if sweep.n_held_out else "."
    if picture["rows"] < data.n_users or picture["columns"] < data.n_items:
        text += f" Shown: the {picture['rows']} most active people and the {picture['columns']} most popular items."
    n_testable = int(np.count_nonzero(context.split.seen_and_held_out(context.open_subset)[1].relevant.items_per_user))
    if len(sweep.users) < n_testable:
        text += f" Scored: {len(sweep.users):,} of {n_testable:,} people, drawn at random."
    return text


def _table(honest: TruncationSweep, leaky: TruncationSweep) -> dict:
    """The numbers of the picture for who hears the page instead of seeing it."""
    columns = {"k": honest.ks, "share of the table explained": [f"{share:.0%}" for share in honest.explained]}
    if len(honest.ndcg):
        columns["NDCG, honest test"] = [f"{value:.3f}" for value in honest.ndcg]
        columns["NDCG, leaky test"] = [f"{value:.3f}" for value in leaky.ndcg]
    rows = [[str(value) for value in row] for row in zip(*columns.values(), strict=True)]
    return {"caption": "What the curve shows, by number of tastes k", "head": list(columns), "rows": rows}
