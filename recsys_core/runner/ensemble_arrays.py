"""Fit ensembles and store one as a run in a child process: what it is asked, and what it hands to the server."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import Split
from recsys_core.data.split_check import scored_subsets
from recsys_core.evaluation.blending import Components, Ensemble, EnsembleFit, EnsembleFitter, fit_ensembles
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runner.evaluation_arrays import evaluations_from_arrays, evaluations_to_arrays
from recsys_core.runner.mapped_arrays import Arrays
from recsys_core.store import npz_codec
from recsys_core.store.history import add_finished_run
from recsys_core.store.store import RunStore


def compute_ensembles(
    store: RunStore, split: Split, order: str, progress: Callable[[float, str], None]
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Fit what a task's `order` asks for, of the stored models of its runs, as `ensembles_to_arrays` returns it."""
    asked = json.loads(order)
    models = [model for _, run_id in asked["runs"] if isinstance(model := store.model(run_id), FactorModel)]
    return ensembles_to_arrays(fit_ensembles(EnsembleFitter(models, split, for_lists=asked["for_lists"]), progress))


def ensembles_to_arrays(fit: EnsembleFit) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the evaluations of a fit as arrays, and what else was found as plain JSON, without any model."""
    evaluations = {f"blend{index}": blend.evaluation for index, blend in enumerate(fit.blends)}
    evaluations |= {f"single{index}": single for index, single in enumerate(fit.singles)}
    found = [[each.tolist() for each in (one.path, one.losses, one.slopes, one.weights)] for one in fit.blends]
    told = {"on_others": fit.on_others, "n_fitted": fit.n_fitted, "n_users": fit.n_users}
    return evaluations_to_arrays(evaluations), {"blends": found, **told}


def ensembles_from_arrays(
    arrays: Arrays, plain: Any, models: Sequence[FactorModel], split: Split, *, for_lists: bool
) -> EnsembleFit:
    """Restore the fit that `ensembles_to_arrays` took apart, with the same models."""
    evaluations = evaluations_from_arrays(arrays)
    components = Components.of(models, split.train, for_lists=for_lists)
    blends = []
    for index, found in enumerate(plain["blends"]):
        path, losses, slopes, weights = map(np.array, found)
        blends.append(Ensemble(components, path, losses, slopes, weights, evaluations[f"blend{index}"]))
    singles = [evaluations[f"single{index}"] for index in range(len(models))]
    told = {name: value for name, value in plain.items() if name != "blends"}
    return EnsembleFit(components, blends, singles, for_lists=for_lists, **told)


def blend_to_arrays(model: FactorModel) -> dict[str, np.ndarray]:
    """Return the model of a blend as an array of bytes, for `store_blend`."""
    return {"model": np.frombuffer(npz_codec.pack_model(model), np.uint8)}


def order_to_store_blend(recipe: Blend, notes: str, seconds: float) -> str:
    """Return the order of a task that stores a blend as a run, as JSON; `seconds` is the training of its parts."""
    return json.dumps({"recipe": recipe.settings(), "notes": notes, "seconds": seconds})


def store_blend(store: RunStore, split: Split, order: str, given: Arrays) -> int:
    """Score the `given` model on validation and on the test, store it as `order` says, and return the run's number."""
    asked, model = json.loads(order), npz_codec.unpack_model(given["model"].tobytes())
    evaluations = [evaluate(model, split, name) for name in scored_subsets(split)]
    recipe = Blend(**asked["recipe"])
    return add_finished_run(store, split, recipe, model, evaluations, asked["notes"], seconds=asked["seconds"])
