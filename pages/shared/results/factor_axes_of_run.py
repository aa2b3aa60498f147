"""The factor space of a run: its axes, by strength or rotated, its map, and the names given to its factors."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.server import store
from recsys_core.algorithms.models import FactorModel
from recsys_core.factors.axes import axis_strengths, largest_score_change, sort_by_strength, varimax
from recsys_core.figures.taste_map import TasteMap, taste_map
from recsys_core.store.run import Run

ROTATE_KEY = "rotate"


@dataclass(frozen=True, eq=False)
class Axes:
    """A model with its axes rotated in one way, `name` in the store; no one of `n_compared` scores changed by more
    than `change`."""

    name: str
    model: FactorModel
    strengths: np.ndarray
    change: float = 0.0
    n_compared: int = 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _strongest_first(run_fingerprint: str, run_id: int) -> Axes:
    return Axes("strength", *sort_by_strength(model_of(run_fingerprint, run_id)))


@st.cache_resource(max_entries=8, show_spinner="Rotating the axes…")
def _rotated(run_fingerprint: str, run_id: int) -> Axes:
    before = _strongest_first(run_fingerprint, run_id).model
    after = varimax(before)
    return Axes("varimax", after, axis_strengths(after), *largest_score_change(before, after))


@st.cache_resource(max_entries=8, show_spinner=False)
def _map(run_fingerprint: str, run_id: int, _split) -> TasteMap:
    axes = _strongest_first(run_fingerprint, run_id)
    return taste_map(axes.model, axes.strengths, _split.train.items_per_user, _split.train.users_per_item)


def strongest_first(run: Run) -> Axes:
    """Return the axes of the run's model, sorted by strength."""
    return _strongest_first(run.fingerprint, run.id)


def shown_axes(run: Run) -> Axes:
    """Return the axes that the user chose: rotated by varimax, or sorted by strength."""
    return _rotated(run.fingerprint, run.id) if st.session_state.get(ROTATE_KEY) else strongest_first(run)


def map_of(run: Run) -> TasteMap:
    """Return the map of people and items for the run's model and the current split."""
    return _map(run.fingerprint, run.id, get_context().split)


def names_of(run: Run, axes: Axes) -> list[str]:
    """Return a name per factor: '3', or '3 dark comedies' if a user has named it."""
    given = store().factor_names(run.id, axes.name)
    return [f"{factor + 1} {given.get(factor, '')}".rstrip() for factor in range(axes.model.n_factors)]
