"""Judge the ways to test that follow from trainings of stored runs, in a child process, for large data."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from recsys_core.comparison.robustness import Outcome, judge_specifications
from recsys_core.comparison.specifications import SpecificationGrid, Training
from recsys_core.comparison.verdicts import Verdict
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.runner.specification_runs import compare_training
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore


def order_to_judge(
    trainings: Mapping[Training, Sequence[Run]], chosen: Sequence[Run], grid: SpecificationGrid, margin: float
) -> str:
    """Return the order of a task that judges `trainings`, each with the runs that answer it, as JSON.

    `chosen` are the runs on the current split, in the same order; the grid says how lists are scored.
    """
    places = {training: place for place, training in enumerate(grid.trainings)}
    runs = {places[training]: [(run.id, run.fingerprint) for run in of_it] for training, of_it in trainings.items()}
    named = [(run.id, run.fingerprint) for run in chosen]
    return json.dumps({"runs": runs, "chosen": named, "grid": asdict(grid), "margin": margin})


def judge_trainings(
    store: RunStore, subset: str, order: str, progress: Callable[[float, str], None]
) -> list[tuple[int, list[Any]]]:
    """Judge what `order_to_judge` asks for on `subset`, as plain JSON for `outcomes_from_json`."""
    asked = json.loads(order)
    grid = SpecificationGrid.from_json(asked["grid"])
    trainings = grid.trainings
    chosen = [store.run(run_id) for run_id, _ in asked["chosen"]]
    judged = []
    for done, (place, runs) in enumerate(asked["runs"].items()):
        progress(done / len(asked["runs"]), f"training {done + 1:,} of {len(asked['runs']):,}")
        comparison = compare_training(
            [store.run(run_id) for run_id, _ in runs], chosen, lambda run: store.evaluation(run.id, subset)
        )
        specifications = grid.of_training(trainings[int(place)])
        outcomes = (
            [] if comparison is None else judge_specifications(comparison, specifications, margin=asked["margin"])
        )
        which = {specification: number for number, specification in enumerate(specifications)}
        judged.append((int(place), [[which[each.specification], *_outcome_to_json(each)] for each in outcomes]))
    return judged


def outcomes_from_json(judged: Sequence[Any], grid: SpecificationGrid) -> dict[Training, list[Outcome]]:
    """Restore the outcomes of each training; [] where a model of it has no score."""
    trainings, found = grid.trainings, dict[Training, list[Outcome]]()
    for place, outcomes in judged:
        specifications = grid.of_training(trainings[place])
        found[trainings[place]] = [
            Outcome(
                specifications[which],
                {(a, b): _verdict_from_json(told) for a, b, told in verdicts},
                tuple(quality),
                tuple(possibly_leaked),
            )
            for which, verdicts, quality, possibly_leaked in outcomes
        ]
    return found


def _outcome_to_json(outcome: Outcome) -> list[Any]:
    return [
        [(*pair, asdict(verdict)) for pair, verdict in outcome.verdicts.items()],
        outcome.quality,
        outcome.possibly_leaked,
    ]


def _verdict_from_json(told: Mapping[str, Any]) -> Verdict:
    return Verdict(**{**told, "difference": Interval(**told["difference"])})
