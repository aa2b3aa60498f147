"""Settings that are searched for: a few at a time, each few in the light of how all before them did.

By the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, Algorithms for hyper-parameter
optimization, NeurIPS 2011) as Optuna has it. What to ask next follows from the seed and from the runs in the store
alone, so it does not matter which process asks, in which order runs end, or what was restarted in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.run import FINISHED, Run
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Plan, Search, Sweep, Task, restore_sweep, round_to_three_digits
from recsys_core.sweeps.progress import DONE, match_runs, queue_missing

BATCH_SIZE = 4
"""How many settings are asked for at a time. They do not know of each other, so more is quicker but less clever."""
_N_RANDOM_FIRST = 2 * BATCH_SIZE
_MAX_PROPOSALS = 10  # times BATCH_SIZE: where a few whole numbers are all there is, they have all been tried by then


def plan_search(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], count: int, *, seed: int = 0
) -> Plan:
    """A plan that grows to `count` settings, with its first few. Raises InputError where Optuna is not installed."""
    recipe, search = ALGORITHMS[algorithm](), Search(tuple(tuple(ends) for ends in ranges), count, seed)
    known = parameters(recipe)
    first = _propose_points([known[name] for name in names], search, (), {})
    return Plan(algorithm, recipe, tuple(names), first, replace(search, count=max(count, len(first))))


def extend_sweep(sweep: Sweep, reached: Mapping[Task, float | None]) -> Sweep:
    """`sweep` with the next few settings of each plan whose every task so far has `reached` something.

    To be made as large as possible; None where a training came to nothing. The same sweep where nothing is to ask.
    """
    return replace(sweep, plans=tuple(_extend_plan(plan, sweep.seeds, reached) for plan in sweep.plans))


def _extend_plan(plan: Plan, seeds: Sequence[int], reached: Mapping[Task, float | None]) -> Plan:
    if not plan.n_to_propose:
        return plan
    values = {}
    for point, recipe in zip(plan.points, plan.recipes(), strict=True):
        tasks = [Task(plan.algorithm, recipe, seed) for seed in seeds]
        if any(task not in reached for task in tasks):
            return plan
        known = [reached[task] for task in tasks if reached[task] is not None]
        values[point] = float(np.mean(known)) if known else None
    further = _propose_points(plan.varied, plan.search, plan.points, values)
    if not further:  # all there is has been tried
        return replace(plan, search=replace(plan.search, count=len(plan.points)))
    return replace(plan, points=plan.points + further)


def _propose_points(
    varied: Sequence[Parameter], search: Search, points: tuple[tuple, ...], values: Mapping[tuple, float | None]
) -> tuple[tuple, ...]:
    """The next few points, all new, where `points` have reached `values`."""
    try:
        import optuna  # of what a sweep may use, only this is not always installed
    except ImportError:
        raise InputError(
            "A search must have Optuna, and it is not installed here. Install it with pip install 'optuna>=4,<5' and "
            "start the app again, or try values at random."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    names = [parameter.name for parameter in varied]
    space = {
        parameter.name: _distribution(parameter, *ends, optuna.distributions)
        for parameter, ends in zip(varied, search.ranges, strict=True)
    }
    seed = int(np.random.SeedSequence([search.seed, len(points)]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=_N_RANDOM_FIRST)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for point in points:
        value = values[point]
        state = optuna.trial.TrialState.FAIL if value is None else optuna.trial.TrialState.COMPLETE
        settings = dict(zip(names, point, strict=True))
        study.add_trial(optuna.create_trial(params=settings, distributions=space, value=value, state=state))
    wanted, new = min(BATCH_SIZE, search.count - len(points)), []
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


def _distribution(parameter: Parameter, low: float, high: float, kinds):
    if parameter.options:
        return kinds.CategoricalDistribution(parameter.options)
    kind = kinds.IntDistribution if parameter.is_integer else kinds.FloatDistribution
    return kind(low, high, log=parameter.log and low > 0)


# Over the store


def queue_sweep(store: RunStore, split: Split, number: int, *, deadline: float | None = None) -> None:
    """Queue what no run has answered of a sweep in the store and, where all is answered, what comes next."""
    (row,) = (row for row in store.sweeps(split.fingerprint) if row["id"] == number)
    sweep = restore_sweep(row["description"])
    if not queue_missing(store, split, sweep, deadline=deadline):
        _queue_next_settings(store, split, number, sweep, deadline)


def continue_searches(store: RunStore, split: Split, run_id: int) -> None:
    """What follows from the end of a run: ask further in every search that it belongs to, unless it was stopped."""
    run = store.run(run_id)
    if run.stop_requested or not run.in_background:
        return
    for row in store.sweeps(run.split_fingerprint):
        is_search = any("search" in plan for plan in row["description"]["plans"])
        if is_search and row["numerics_version"] == run.numerics_version:
            sweep = restore_sweep(row["description"])
            answered = match_runs(sweep, [run], run.split_fingerprint, run.numerics_version).done
            if answered:
                _queue_next_settings(store, split, row["id"], sweep, store.queue.deadline_of(run_id))


def _queue_next_settings(store: RunStore, split: Split, number: int, sweep: Sweep, deadline: float | None) -> None:
    """Until something is on its way or all is asked: what an earlier sweep has trained answers at once."""
    while True:
        found = match_runs(sweep, store.runs(split.fingerprint), split.fingerprint)
        reached = {
            task: _reached(store, run) for task, run in found.runs.items() if run is not None and run.state in DONE
        }
        larger = extend_sweep(sweep, reached)
        if larger == sweep:
            return
        if not store.replace_sweep(number, sweep.description(), larger.description()):
            return  # another process has just asked for the same
        if queue_missing(store, split, larger, deadline=deadline):
            return
        sweep = larger


def _reached(store: RunStore, run: Run) -> float | None:
    return store.epochs(run.id)[-1].validation if run.state == FINISHED else None
