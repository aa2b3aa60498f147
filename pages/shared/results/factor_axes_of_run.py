"""The latent space of a run as the Factors page reads it: its axes, its map, its names."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.server import store
from recsys_core.algorithms.models import FactorModel
from recsys_core.factors.axes import axis_strengths, by_strength, largest_score_change, varimax
from recsys_core.figures.factors import TasteMap, taste_map
from recsys_core.store.run import Run

ROTATE_KEY = "rotate"


@dataclass(frozen=True, eq=False)
class Axes:
    """A model turned in one way. `name` stands in the store; `change` is the largest of `n_compared` scores."""

    name: str
    model: FactorModel
    strengths: np.ndarray
    change: float = 0.0
    n_compared: int = 0


@st.cache_resource(max_entries=8, show_spinner=False)
def _strongest_first(run_fingerprint: str, run_id: int) -> Axes:
    return Axes("strength", *by_strength(model_of(run_fingerprint, run_id)))


@st.cache_resource(max_entries=8, show_spinner="Turning the axes…")
def _rotated(run_fingerprint: str, run_id: int) -> Axes:
    before = _strongest_first(run_fingerprint, run_id).model
    after = varimax(before)
    return Axes("varimax", after, axis_strengths(after), *largest_score_change(before, after))


@st.cache_resource(max_entries=8, show_spinner=False)
def _map(run_fingerprint: str, run_id: int, _split) -> TasteMap:
    axes = _strongest_first(run_fingerprint, run_id)
    return taste_map(axes.model, axes.strengths, _split.train.items_per_user, _split.train.users_per_item)


def strongest_first(run: Run) -> Axes:
    return _strongest_first(run.fingerprint, run.id)


def shown_axes(run: Run) -> Axes:
    """The axes as the person wants them: rotated, or the strongest first."""
    return _rotated(run.fingerprint, run.id) if st.session_state.get(ROTATE_KEY) else strongest_first(run)


def map_of(run: Run) -> TasteMap:
    return _map(run.fingerprint, run.id, get_context().split)


def names_of(run: Run, axes: Axes) -> list[str]:
    """'3' of a factor, or '3 dark comedies' of one that a person has named."""
    given = store().factor_names(run.id, axes.name)
    return [f"{place + 1} {given.get(place, '')}".rstrip() for place in range(axes.model.n_factors)]
