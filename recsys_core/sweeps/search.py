"""Sequential hyperparameter search: settings are proposed in batches, by Optuna's TPE or at random.

TPE is the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, Algorithms for hyper-parameter
optimization, NeurIPS 2011). The next batch follows from the seed and the runs in the store alone, so it does not matter
which process proposes it, in which order runs end, or what was restarted in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.tuning import MOST_SETTINGS, Trial, first_trials
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import FINISHED, QUEUED, Run
from recsys_core.store.store import RunStore
from recsys_core.store.trial import trial_of
from recsys_core.sweeps.plan import (
    Plan,
    Point,
    Search,
    Sweep,
    Task,
    random_points,
    restore_sweep,
    round_to_three_digits,
)
from recsys_core.sweeps.progress import DONE, match_runs, queue_missing

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

BATCH_SIZE = 4
"""How many settings are proposed at a time; those of a batch do not know of each other's results."""
_N_RANDOM_FIRST = 2 * BATCH_SIZE
_MAX_PROPOSALS = 10  # times BATCH_SIZE; a space of a few whole numbers is exhausted by then


def plan_search(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], count: int, *, seed: int = 0
) -> Plan:
    """Plan a search of `count` settings, with its first batch. Raises InputError if Optuna is not installed."""
    recipe, search = ALGORITHMS[algorithm](), Search(tuple((low, high) for low, high in ranges), count, seed)
    known = parameters(recipe)
    first = propose_points([known[name] for name in names], search, (), {})
    return Plan(algorithm, recipe, tuple(names), first, replace(search, count=max(count, len(first))))


def extend_sweep(sweep: Sweep, reached: Mapping[Task, float | None]) -> Sweep:
    """Return `sweep` with the next batch of each plan whose tasks have all `reached` a result.

    Results are scores to maximise, None for a failed training. Returns an equal sweep if nothing is to be proposed.
    Raises InputError if Optuna is not installed.
    """
    return replace(sweep, plans=tuple(_extend_plan(plan, sweep.seeds, reached) for plan in sweep.plans))


def end_timed_plans(sweep: Sweep, seconds: Mapping[str, float], waiting: Collection[Task]) -> Sweep:
    """Return `sweep` with an end to those plans whose time is over, without their settings that are still `waiting`.

    `seconds` is how long each algorithm was trained on the split.
    """
    return replace(sweep, plans=tuple(_end_timed_plan(plan, seconds, waiting) for plan in sweep.plans))


def _end_timed_plan(plan: Plan, seconds: Mapping[str, float], waiting: Collection[Task]) -> Plan:
    if plan.search is None or plan.search.seconds is None or not plan.n_to_propose:
        return plan
    if seconds.get(plan.algorithm, 0.0) < plan.search.seconds:
        return plan
    recipes = {task.recipe for task in waiting if task.algorithm == plan.algorithm}
    started = [point for point, recipe in zip(plan.points, plan.recipes(), strict=True) if recipe not in recipes]
    points = tuple(started) or plan.points[:1]
    return replace(plan, points=points, search=replace(plan.search, count=len(points)))


def _extend_plan(plan: Plan, seeds: Sequence[int], reached: Mapping[Task, float | None]) -> Plan:
    if plan.search is None or not plan.n_to_propose:
        return plan
    values: dict[Point, float | None] = {}
    for point, recipe in zip(plan.points, plan.recipes(), strict=True):
        tasks = [Task(plan.algorithm, recipe, seed) for seed in seeds]
        if any(task not in reached for task in tasks):
            return plan
        known = [score for task in tasks if (score := reached[task]) is not None]
        values[point] = float(np.mean(known)) if known else None
    further = propose_points(plan.varied, plan.search, plan.points, values)
    if not further:  # the whole space has been tried, or as much of it as a search may
        return replace(plan, search=replace(plan.search, count=len(plan.points)))
    points = plan.points + further
    count = plan.search.count if plan.search.seconds is None else len(points) + 1
    return replace(plan, points=points, search=replace(plan.search, count=count))


def propose_points(
    varied: Sequence[Parameter], search: Search, points: tuple[Point, ...], values: Mapping[Point, float | None]
) -> tuple[Point, ...]:
    """Propose the next batch of new points, given the `values` that `points` have reached.

    Raises InputError if Optuna is needed and not installed.
    """
    wanted = min(BATCH_SIZE, (search.count if search.seconds is None else MOST_SETTINGS) - len(points))
    if wanted < 1:
        return ()
    if search.is_random:
        return _draw_points(varied, search, points, wanted)
    try:
        import optuna  # an extra, and slow to import
    except ImportError:
        raise InputError(
            "A search must have Optuna, and it is not installed here. Install it with pip install 'optuna==4.*' and "
            "restart the app, or try random settings."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = [parameter.name for parameter in varied]
    space = {
        parameter.name: _distribution(parameter, *ends) for parameter, ends in zip(varied, search.ranges, strict=True)
    }
    seed = int(np.random.SeedSequence([search.seed, len(points)]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_N_RANDOM_FIRST)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for point in points:
        value = values[point]
        state = optuna.trial.TrialState.FAIL if value is None else optuna.trial.TrialState.COMPLETE
        settings = dict(zip(names, point, strict=True))
        study.add_trial(optuna.create_trial(params=settings, distributions=space, value=value, state=state))
    new: list[Point] = []
    for _ in range(_MAX_PROPOSALS * BATCH_SIZE):
        trial = study.ask(space)
        point = tuple(
            trial.params[parameter.name]
            if parameter.options
            else min(max(round_to_three_digits(parameter, trial.params[parameter.name]), low), high)
            for parameter, (low, high) in zip(varied, search.ranges, strict=True)
        )
        if point not in values and point not in new:
            new.append(point)
        if len(new) == wanted:
            break
    return tuple(new)


def _draw_points(
    varied: Sequence[Parameter], search: Search, points: tuple[Point, ...], wanted: int
) -> tuple[Point, ...]:
    """Draw the next `wanted` new points at random; fewer where the space is all but exhausted."""
    new: dict[Point, None] = {}
    for draw in range(_MAX_PROPOSALS):
        seed = int(np.random.SeedSequence([search.seed, len(points), draw]).generate_state(1)[0])
        drawn = random_points(varied, search.ranges, wanted, seed=seed)
        new |= {point: None for point in drawn if point not in points}
    return tuple(new)[:wanted]


def _distribution(parameter: Parameter, low: float, high: float) -> "BaseDistribution":
    """Return Optuna's distribution for a hyperparameter between `low` and `high`."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if parameter.options:
        return CategoricalDistribution(parameter.options)
    log = parameter.log and low > 0
    return (
        IntDistribution(int(low), int(high), log=log) if parameter.is_integer else FloatDistribution(low, high, log=log)
    )


# With the store


def queue_sweep(store: RunStore, split: Split, number: int, *, deadline: float | None = None) -> None:
    """Queue the missing runs of a stored sweep or, if none is missing, what its search proposes next."""
    (row,) = (row for row in store.sweeps(split.fingerprint) if row["id"] == number)
    sweep = restore_sweep(row["description"])
    if not queue_missing(store, split, sweep, deadline=deadline):
        _queue_next_settings(store, split, number, sweep, deadline)


def continue_searches(store: RunStore, split: Split, run_id: int) -> None:
    """Queue what every search that a finished run belongs to proposes next, unless the run was stopped."""
    run = store.run(run_id)
    if run.stop_requested or not run.in_background:
        return
    for row in store.sweeps(run.split_fingerprint):
        is_search = any("search" in plan for plan in row["description"]["plans"])
        if is_search and row["numerics_version"] == run.numerics_version:
            sweep = restore_sweep(row["description"])
            is_member = match_runs(sweep, [run], run.split_fingerprint, run.numerics_version).done
            if is_member:
                _queue_next_settings(store, split, row["id"], sweep, store.queue.deadline_of(run_id))


def _queue_next_settings(store: RunStore, split: Split, number: int, sweep: Sweep, deadline: float | None) -> None:
    """Extend a search until a run is queued or nothing is left to propose: earlier runs answer at once."""
    while True:
        progress = match_runs(sweep, store.runs(split.fingerprint), split.fingerprint)
        reached = {
            task: _result_of(store, run) for task, run in progress.runs.items() if run is not None and run.state in DONE
        }
        waiting = {task: run for task, run in progress.runs.items() if run is not None and run.state == QUEUED}
        ended = end_timed_plans(sweep, seconds_tried(store, split.fingerprint), waiting)
        larger = extend_sweep(ended, reached)
        if larger == sweep:
            return
        if not store.replace_sweep(number, sweep.description(), larger.description()):
            return  # another process has just proposed the same
        for task in waiting.keys() - set(larger.tasks()):
            store.queue.request_stop(waiting[task].id)
        if queue_missing(store, split, larger, deadline=deadline):
            return
        sweep = larger


def seconds_tried(store: RunStore, split_fingerprint: str) -> dict[str, float]:
    """Return for how many seconds the settings of each algorithm were trained and scored on a split."""
    by_algorithm: dict[str, list[Trial]] = {}
    for run in store.tried_runs(split_fingerprint):
        by_algorithm.setdefault(run.algorithm, []).append(trial_of(run))
    return {key: sum(trial.seconds for trial in first_trials(trials)) for key, trials in by_algorithm.items()}


def _result_of(store: RunStore, run: Run) -> float | None:
    kept = kept_record(run.recipe, store.epochs(run.id))
    return kept.validation if kept is not None and run.state == FINISHED else None
