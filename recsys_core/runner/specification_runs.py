"""Train the models that a grid of specifications asks for, in the background as a sweep does, and judge what is there.

Everything is in the store: what is trained is found again, and what was interrupted is trained on. Metrics, lengths of
lists, conventions and thresholds need no training: they follow from the ranks of one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.specifications import EVERYBODY, SpecificationGrid, Training
from recsys_core.data.corruption import Corruption, KeepActive
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.links.run_slug import SEED, RunSlug
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.runner.retrain import can_retrain, retraining_slug
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.run import FAILED, INTERRUPTED, USABLE, Branch, Run
from recsys_core.store.store import RunStore

MOST_TRAININGS = 300
"""More models are not queued at once."""


TrainingData = tuple[SplitRecipe, tuple[Corruption, ...]]
"""What a model is trained on: a split, and what corrupts its training ratings."""


@dataclass(frozen=True)
class WantedRun:
    """A model that a training asks for: its recipe and seed as a slug, on a split, on corrupted training ratings."""

    slug: RunSlug
    branch: Branch | None
    split: SplitRecipe
    corruptions: tuple[Corruption, ...]

    @property
    def training_data(self) -> TrainingData:
        """What it is trained on."""
        return self.split, self.corruptions


@dataclass(frozen=True)
class SpecificationRuns:
    """The runs that answer the trainings of a grid for the models of `chosen`, the runs on the current split.

    `wanted` has one model each. `answers` are live or ended runs; one that failed answers too, since it would again.
    """

    chosen: tuple[Run, ...]
    wanted: dict[Training, tuple[WantedRun, ...]]
    answers: dict[WantedRun, Run]
    interrupted: dict[WantedRun, Run]

    @property
    def known(self) -> dict[Training, tuple[Run, ...]]:
        """The trainings of which every model is there."""
        found = {key: [self.answers.get(each) for each in wanted] for key, wanted in self.wanted.items()}
        usable = {key: tuple(run for run in runs if run and run.state in USABLE) for key, runs in found.items()}
        return {key: runs for key, runs in usable.items() if len(runs) == len(self.chosen)}

    @property
    def missing(self) -> list[WantedRun]:
        """The models that nobody has trained or is training."""
        each = dict.fromkeys(wanted for of_training in self.wanted.values() for wanted in of_training)
        return [wanted for wanted in each if wanted not in self.answers]

    @property
    def live(self) -> list[Run]:
        """The runs that are queued or in training."""
        return [run for run in self.answers.values() if run.is_live]

    @property
    def failed(self) -> list[Run]:
        """The runs that ended without a model."""
        return [run for run in self.answers.values() if run.state == FAILED]


def find_specification_runs(store: RunStore, chosen: Sequence[Run], grid: SpecificationGrid) -> SpecificationRuns:
    """Find the runs that answer each training of `grid` for the models of `chosen`, which are of its first split.

    Raises InputError where the grid asks for other trainings of a model that cannot be trained here.
    """
    trainings = grid.trainings
    if len(trainings) > 1 and (fixed := [run.label for run in chosen if not can_retrain(run)]):
        raise InputError(
            f"Only models that were trained here can be trained in other ways. {', '.join(fixed)} was not: unpin it, "
            "or vary nothing but how lists are scored."
        )
    wanted = {each: tuple(_wanted(store, run, each) for run in chosen) for each in trainings}
    data = {run.data_fingerprint for run in chosen}
    answers: dict[WantedRun, Run] = {}
    interrupted: dict[WantedRun, Run] = {}
    asked = {each for of_training in wanted.values() for each in of_training}
    asked_data = {each.training_data for each in asked}
    for run in store.runs() if len(trainings) > 1 else ():  # the newest first
        training_data = run.split, run.corruptions
        if run.data_fingerprint not in data or training_data not in asked_data:
            continue
        if run.numerics_version != NUMERICS_VERSION:
            continue
        if not (run.is_live or run.state in (*USABLE, FAILED, INTERRUPTED)):
            continue
        each = WantedRun(retraining_slug(store, run, _has_validation(run.split)), run.branch, *training_data)
        if each in asked:
            (interrupted if run.state == INTERRUPTED else answers).setdefault(each, run)
    answers |= dict(zip(wanted[trainings[0]], chosen, strict=True))
    return SpecificationRuns(tuple(chosen), wanted, answers, interrupted)


def queue_specification_runs(
    store: RunStore, found: SpecificationRuns, splits: Mapping[TrainingData, Split], *, deadline: float | None = None
) -> list[int]:
    """Queue what is missing in the background, and return the numbers of the runs; none starts after `deadline`.

    `splits` are those of the missing runs. Raises InputError, with nothing queued, where the runs are too many.
    """
    missing = found.missing
    if len(missing) > MOST_TRAININGS:
        raise InputError(
            f"At most {MOST_TRAININGS} models are trained at once. Got {len(missing):,}: choose fewer splits or seeds."
        )
    queued = []
    for each in missing:
        if each in found.interrupted:
            run_id = found.interrupted[each].id
            store.queue.requeue(run_id, in_background=True, deadline=deadline)
        else:
            assert each.slug.recipe is not None, "models that cannot be trained here were refused"
            split, slug = splits[each.training_data], each.slug
            run_id = store.queue.add_run(
                split, slug.algorithm, each.slug.recipe, slug.seed, in_background=True, deadline=deadline,
                branch=each.branch,
            )  # fmt: skip
        queued.append(run_id)
    return queued


def estimate_specification_seconds(found: SpecificationRuns, n_workers: int) -> float:
    """Estimate how long `n_workers` need for what is missing: each model as long as the chosen run of it took."""
    seconds = 0.0
    missing = set(found.missing)
    took = [(run.ended - run.started) if run.started and run.ended else 0.0 for run in found.chosen]
    for of_training in found.wanted.values():
        for each, duration in zip(of_training, took, strict=True):
            if each in missing:
                missing.discard(each)
                seconds += duration
    return seconds / max(1, n_workers)


def compare_training(
    runs: Sequence[Run], chosen: Sequence[Run], evaluation_of: Callable[[Run], Evaluation | None]
) -> Comparison | None:
    """Return the comparison of the `runs` of a known training, called as the chosen ones; None if one has no score.

    It is that of one seed, as somebody would see it who had no other.
    """
    scored = [(run, evaluation) for run in runs if (evaluation := evaluation_of(run)) is not None]
    if len(scored) < len(runs):
        return None
    by_run = dict(scored)
    comparison = compare_runs(runs, by_run.__getitem__)
    labels, short_labels = [run.label for run in chosen], [run.short_label for run in chosen]
    return replace(comparison, labels=labels, short_labels=short_labels)


def _wanted(store: RunStore, run: Run, training: Training) -> WantedRun:
    slug = retraining_slug(store, run, _has_validation(training.split))
    if run.recipe.is_stochastic:
        slug = replace(slug, seed=(slug.seed + training.seed_offset) % (int(SEED.bounds[1]) + 1))
    pruned = () if training.min_ratings == EVERYBODY else (KeepActive(training.min_ratings),)
    return WantedRun(slug, run.branch, training.split, pruned)


def _has_validation(recipe: SplitRecipe) -> bool:
    return recipe.validation > 0 and not recipe.learns_from_validation
