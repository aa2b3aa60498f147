"""Compose what the film player shows, as plain JSON: the map of every frame, the curves' numbers, a person's lists."""

import base64
from collections.abc import Sequence

import numpy as np

from pages.shared.context import Context
from recsys_core.figures.factor_map import shown_groups
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import PEOPLE
from recsys_core.film.film import Film
from recsys_core.film.parting import item_groups
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.percent import percent
from recsys_core.store.run import EpochRecord, Run

_ROOM = 0.995  # the share of all positions that the map has room for; early epochs may throw single points far out
_SMALLEST, _GROWTH = 3, 7  # pixels of an item, and of how much the most popular one is larger
_LONGEST = 60


def compose_film(context: Context, run: Run, film: Film, person: int | None, records: Sequence[EpochRecord]) -> dict:
    """Return what the player draws of one film; `person` is the index of the one whose list is shown.

    The scores are those of the run's `records`, over all people: the film itself keeps no more than a sample of them.
    """
    by_epoch = {record.number: record.validation for record in records}
    scores = [by_epoch.get(int(number)) for number in film.numbers]
    colours, colour_of, _ = colour_points(context, film)
    popularity = context.split.train.users_per_item[film.items]
    sizes = np.full(len(colour_of), _SMALLEST, np.uint8)
    sizes[len(film.users) :] = _SMALLEST + _GROWTH * np.sqrt(popularity / max(1, popularity.max(initial=1)))
    dataset = context.dataset
    names = [dataset.user_names[user] for user in film.users] + [dataset.titles[item] for item in film.items]
    x, y = film.shares
    return {
        "epochs": film.numbers.tolist(),
        "last_epoch": int(film.numbers[-1]) if film.has_ended else run.recipe.last_epoch(context.split.train),
        "positions": _text(film.positions),
        "bounds": _bounds(film.positions),
        "n_people": len(film.users),
        "colours": colours,
        "colour_of": _text(colour_of.astype(np.uint8)),
        "sizes": _text(sizes),
        "names": [short_label(name) for name in names],
        "captions": [_caption(run, number, score) for number, score in zip(film.numbers.tolist(), scores, strict=True)],
        "best": best_frame(film.numbers, scores),
        "axes": f"The map shows {percent(x + y)} of how people and items differ ({percent(x)} across, {percent(y)} up)."
        if x > 0
        else "At the end all factors are zero: people and items are all alike to this model.",
        "person": -1 if person is None else int(np.searchsorted(film.users, person)),
        "list": _compose_lists(context, film, person),
    }


def colour_points(context: Context, film: Film) -> tuple[list[str], np.ndarray, list[dict]]:
    """Return the colours, the index of each point's colour, users first, and the legend.

    Items have the colour of their strongest planted taste or first genre, and on synthetic data people too.
    """
    dataset = context.dataset
    names, group_of = item_groups(dataset)
    shown, colour_of_name = shown_groups([names[group_of[i]] if group_of[i] >= 0 else "" for i in film.items])
    order = list(colour_of_name)
    colours = [*colour_of_name.values(), PEOPLE]
    people = np.full(len(film.users), len(order))
    if dataset.ground_truth is not None:
        tastes = [names[taste] for taste in dataset.ground_truth.user_tastes[film.users].argmax(axis=1)]
        people = np.array([order.index(taste) if taste in order else len(order) for taste in tastes])
    items = np.array([order.index(name) for name in shown], np.int64)
    legend = [{"name": "people", "colour": PEOPLE, "round": True}] if (people == len(order)).any() else []
    legend += [{"name": short_label(name), "colour": colour_of_name[name], "round": False} for name in order]
    return colours, np.concatenate([people, items]), legend


def best_frame(numbers: np.ndarray, scores: Sequence[float | None]) -> int | None:
    """Return the frame with the highest score on validation, the earliest of equals; the state before training is none.

    `numbers` (f,) are the epochs of the frames. None where no frame has a score.
    """
    known = [(score, -frame) for frame, score in enumerate(scores) if score is not None and numbers[frame] > 0]
    return -max(known)[1] if known else None


def _bounds(positions: np.ndarray) -> list[int]:
    """Left, right, bottom and top of the map in the units of `positions`: the last frame, nearly all of the rest."""
    last, everything = positions[-1], positions.reshape(-1, 2)
    low = np.minimum(last.min(axis=0), np.quantile(everything, 1 - _ROOM, axis=0))
    high = np.maximum(last.max(axis=0), np.quantile(everything, _ROOM, axis=0))
    low, high = np.floor(low).astype(int), np.ceil(high).astype(int)
    high = np.maximum(high, low + 1)
    return [int(low[0]), int(high[0]), int(low[1]), int(high[1])]


def _caption(run: Run, number: int, score: float | None) -> str:
    text = f"{run.short_label}, epoch {number}"
    return text if score is None else f"{text}: NDCG@{CUTOFF} {score:.3f}"


def _compose_lists(context: Context, film: Film, person: int | None) -> dict:
    """Return the person's list in every frame, as indices of `titles`."""
    if person is None or not film.has_lists:
        return {"whose": "", "titles": [], "hits": [], "frames": [], "checked": False}
    relevant = context.split.validation.relevant
    wanted = set(relevant.items[relevant.of(person)].tolist())
    tops = film.tops[:, np.searchsorted(film.users, person)]
    items = sorted({int(item) for item in tops.ravel() if item >= 0})
    index_of = {item: index for index, item in enumerate(items)}
    return {
        "whose": f"Top {tops.shape[1]} for {context.dataset.user_names[person][:_LONGEST]}",
        "titles": [context.dataset.titles[item][:_LONGEST] for item in items],
        "hits": [item in wanted for item in items],
        "frames": [[index_of[int(item)] for item in top if item >= 0] for top in tops],
        "checked": bool(wanted),
    }


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
