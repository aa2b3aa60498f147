"""The tables of a single step: the factors of people and items, and the table that they make together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from recsys_core.data.interactions import Interactions

MOST_SHOWN = 5  # rows of people and of items
_FEW, _SHORT = 2, 8  # factors, and letters of a name, with which three tables fit side by side
_LONGEST = 20  # letters that are written of a name
_CHANGED = "background-color: rgba(230, 159, 0, .35)"


@dataclass(frozen=True, eq=False)
class Material:
    """What a step is taken on: what is learned from, and the names of people and items."""

    fingerprint: str
    train: Interactions
    people: Sequence[str]
    items: Sequence[str]
    has_averages: bool
    """Whether the factors are added to averages."""


def window(first: Iterable[int], others: Iterable[int], count: int) -> list[int]:
    """Return up to five of `count` people or items: those that the step is about, then `others`, in ascending order."""
    wanted = dict.fromkeys([*map(int, first), *map(int, others), *range(count)])
    return sorted(list(wanted)[:MOST_SHOWN])


def show_matrices(
    material: Material,
    before: tuple[np.ndarray, np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray, np.ndarray],
    shown: tuple[list[int], list[int]],
    decimals: int,
) -> None:
    """Draw U, V, their product and the ratings, of the people and items `shown`; what has changed is marked.

    `before` and `after` are (U, V, b) in `decimals`. The product is that of the numbers shown.
    """
    people, items = shown
    names = [material.people[each] for each in people], [material.items[each] for each in items]
    with_bias = bool(before[2].any() or after[2].any())
    k, room = after[0].shape[1], 7.5
    fits = k <= _FEW and max(map(len, [*names[0], *names[1]])) <= _SHORT
    widths = [k + 1.4, k + 1.4 + with_bias]
    u, v, *last = st.columns([*widths, room] if fits else widths, gap="medium")
    products = last[0] if last else st.container()
    factors = [str(f + 1) for f in range(k)]
    with u:
        st.markdown("**U**, the people's factors")
        alt = "U, the people's factors."
        _show(after[0][people], before[0][people], names[0], factors, decimals, of="person", alt=alt, key="one_step_u")
    with v:
        st.markdown("**V**, the items' factors" + (" and bias b" if with_bias else ""))
        columns = [*factors, "b"] if with_bias else factors
        now, then = (np.column_stack([side[1], side[2]]) if with_bias else side[1] for side in (after, before))
        alt = "V, the items' factors."
        _show(now[items], then[items], names[1], columns, decimals, of="item", alt=alt, key="one_step_v")
    with products:
        meaning = "what the factors add to the averages" if material.has_averages else "the scores"
        st.markdown(f"**UVᵀ{' + b' if with_bias else ''}**, {meaning}{_describe_ratings(material)}")
        now, then = (
            np.round(side[0][people] @ side[1][items].T + side[2][items], decimals) + 0.0 for side in (after, before)
        )
        known = _known(material, people, items)
        alt = f"The product of both, {meaning}."
        _show(now, then, names[0], names[1], decimals, of="person", alt=alt, key="one_step_uv", known=known)
    left_out = len(material.people) > len(people) or len(material.items) > len(items)
    st.caption(
        "Highlighted: what this step has changed."
        + (
            f" Shown are {len(people)} of {len(material.people):,} people and {len(items)} of "
            f"{len(material.items):,} items; the step is computed with all of them."
            if left_out
            else ""
        )
    )


def minus(number: float, decimals: int) -> str:
    """Return a number with its decimals and a real minus sign."""
    return f"{number + 0.0:.{decimals}f}".replace("-", "−")


def shortest(number: float, decimals: int) -> str:
    """Return a number with at most so many decimals, without zeros at the end."""
    text = np.format_float_positional(np.round(float(number), decimals) + 0.0, trim="-")
    return text.replace("-", "−")


def show_numbers(rows: Sequence[Mapping[str, str | int]], key: str, texts: Sequence[str] = ()) -> None:
    """Draw a table of numbers as they are printed, all but the columns `texts` to the right."""
    frame = pd.DataFrame(rows)
    right: Any = {name: {"alignment": "right"} for name in frame.columns if name not in texts}
    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        alt=f"Numbers of this step: {', '.join(map(str, frame.columns))}.",
        row_height=30,
        height="content",
        column_config=right,
    )


def _describe_ratings(material: Material) -> str:
    return ", with the rating in brackets" if np.ptp(material.train.values) else "; ✓ marks choices"


def _known(material: Material, people: list[int], items: list[int]) -> np.ndarray:
    """Return what is written behind the score of each cell: the rating or a tick, '' where there is none."""
    train = material.train
    graded = bool(np.ptp(train.values))
    cells = np.full((len(people), len(items)), "", dtype=object)
    for row, person in enumerate(people):
        own = train.of(person)
        values = dict(zip(train.items[own].tolist(), train.values[own].tolist(), strict=True))
        for column, item in enumerate(items):
            if item in values:
                cells[row, column] = f" ({values[item]:g})" if graded else " ✓"
    return cells


def _show(
    now: np.ndarray,
    then: np.ndarray,
    rows: list[str],
    columns: list[str],
    decimals: int,
    *,
    of: str,
    alt: str,
    key: str,
    known: np.ndarray | None = None,
) -> None:
    """Draw a table of numbers in their decimals, with a row for each person or item, as `of` says.

    Cells that differ from `then` are marked.
    """
    texts = np.vectorize(lambda number: minus(number, decimals), otypes=[object])(now)
    if known is not None:
        texts = texts + known
    frame = pd.DataFrame(texts, index=pd.Index(_labels(rows), name=of), columns=_labels(columns))
    changed = pd.DataFrame(np.where(now != then, _CHANGED, ""), index=frame.index, columns=frame.columns)
    styled: Styler = frame.style.apply(lambda _: changed, axis=None)
    st.dataframe(
        styled,
        key=key,
        alt=alt,
        row_height=30,
        column_config={name: {"alignment": "right"} for name in frame.columns},
    )


def _labels(names: list[str]) -> list[str]:
    """Return short names, with a number behind those that come twice: a styled table needs distinct ones."""
    names = [f"{name[: _LONGEST - 1]}…" if len(name) > _LONGEST else name for name in names]
    return [name if names.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(names)]
