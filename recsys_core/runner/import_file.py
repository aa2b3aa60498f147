"""Make a run of a model or of lists that came in a file: in the server, or in a child process that it asks."""

import hashlib
import json
from typing import Any

from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.data.split_check import scored_subsets
from recsys_core.escape import printable
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.read_lists import content_of, join_lists, read_lists
from recsys_core.exchange.reading import align_to_dataset, describe_contradictions, imported_recipe, read_model
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.runner.mapped_arrays import Arrays, file_from_arrays
from recsys_core.store.history import add_finished_run, annotate
from recsys_core.store.store import RunStore

_LONGEST_NAME = 100  # characters of a file's name that are noted
ImportedRun = tuple[int, list[str]]
"""The number of the run, and what must be known of the file, sentence by sentence."""


def import_model(store: RunStore, dataset: Dataset, split: Split, content: bytes, name: str) -> ImportedRun:
    """Match the model in the file called `name` to the data, score it, and store it as a run.

    Raises InputError for a file that is no model of these data; nothing is stored then.
    """
    file = read_model(content)
    model, matches = align_to_dataset(file, dataset)
    recipe = imported_recipe(file, model, split)
    evaluations = [evaluate(model, split, subset) for subset in scored_subsets(split)]
    sentences = [*(match.sentence() for match in matches), *describe_contradictions(file, split)]
    notes = printable(" ".join([_origin(name), *_describe_training(file.about), *sentences]))
    seconds = recipe.training_seconds or 0.0
    return add_finished_run(store, split, recipe, model, evaluations, notes, seconds=seconds), sentences


def import_lists(
    store: RunStore, dataset: Dataset, split: Split, content: bytes, name: str, subset: str
) -> ImportedRun:
    """Match the lists in the file called `name` to the data, score them on `subset`, and store them as a run.

    Raises InputError for a file that has no lists about these data; nothing is stored then.
    """
    file = read_lists(content, name)
    model, report = join_lists(file, dataset, split, subset, cutoff=CUTOFF)
    evaluation = evaluate(model, split, subset)
    sentences = [file.order, *file.remarks, *report.sentences()]
    recipe, notes = ImportedLists(content_of(model), subset), printable(" ".join([_origin(name), *sentences]))
    run_id = add_finished_run(store, split, recipe, model, [evaluation], notes)
    annotate(store, run_id, name=printable(name.rpartition(".")[0][:60]))
    return run_id, sentences


def order_to_import(content: bytes, name: str) -> str:
    """Return the order of a task that imports the file called `name`, as JSON; it is given with it."""
    return json.dumps({"name": name, "content": hashlib.sha256(content).hexdigest()})


def import_as_ordered(
    store: RunStore, dataset: Dataset, split: Split, subset: str, order: str, given: Arrays
) -> ImportedRun:
    """Import the `given` file as `order_to_import` asks: lists made for `subset`, or a model where that is empty."""
    content, name = file_from_arrays(given), json.loads(order)["name"]
    if subset:
        return import_lists(store, dataset, split, content, name, subset)
    return import_model(store, dataset, split, content, name)


def _origin(name: str) -> str:
    return f"From the file {name[:_LONGEST_NAME]}."


def _describe_training(about: dict[str, Any]) -> list[str]:
    """Return a sentence with the algorithm and settings that the file names; [] if it names none."""
    algorithm, settings = about.get("algorithm"), about.get("settings")
    if not isinstance(algorithm, str):
        return []
    values = ", ".join(f"{name} {value}" for name, value in settings.items()) if isinstance(settings, dict) else ""
    return [f"The file names the algorithm {algorithm[:60]}{', ' + values[:300] if values else ''}."]
