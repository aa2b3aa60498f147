"""How often a test is right: the same question asked in many worlds, of which the truth is known."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.models import Recommender
from recsys_core.algorithms.reference_models import Popularity, Random
from recsys_core.algorithms.svd import SVD
from recsys_core.comparison.verdicts import BETTER, MARGIN
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.bootstrap import LEVEL, share_interval
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.truth.estimators import ESTIMATORS
from recsys_core.truth.meter import POWER, TASTE_ORACLE, TruthMeter, measure_truth, taste_oracle

N_WORLDS = 100
LARGEST_WORLD = 200_000
"""People × items up to which a hundred worlds take about a minute."""
RIGHT, UNCLEAR, WRONG = "right", "cannot tell", "wrong"
_SMALL_MODELS: dict[str, Algorithm] = {
    "Random": Random(),
    "Popularity": Popularity(),
    "SVD": SVD(n_factors=8),
    "ALS (implicit)": ImplicitALS(n_factors=8, n_epochs=10),
}


@dataclass(frozen=True)
class WorldSettings:
    """What all worlds have in common; world number s is generated and split with seed s."""

    data: SyntheticRecipe
    split: SplitRecipe
    subset: str = "test"
    metric: str = "ndcg"
    k: int = CUTOFF
    margin: float = MARGIN
    power: float = POWER


@dataclass(frozen=True)
class World:
    """What the tests said in one world: by estimator RIGHT, UNCLEAR or WRONG on the best model, and on pairs.

    A test names a model if that model is best and the verdict on it against every other is "better". `n_better` counts
    the verdicts "better" on pairs of models, `n_truly_better` those of them that are true.
    """

    winner: str
    outcomes: dict[str, str]
    n_better: dict[str, int]
    n_truly_better: dict[str, int]


@dataclass(frozen=True)
class Tally:
    """Of `n_worlds` the shares in which a test was right, could not tell or was wrong about the best model.

    `truly_better` is the share of `n_better` verdicts "better" on pairs of models that are true; NaN without any. In
    `n_misled` worlds at least one of them is false.
    """

    n_worlds: int
    right: float
    unclear: float
    wrong: float
    n_better: int
    truly_better: float
    n_misled: int

    @property
    def misleads(self) -> bool:
        """Whether more worlds have a false "better" than the rule of the verdicts allows, and than chance explains.

        The verdicts of a world are one family, of which the rule lets any be false in at most 5% of worlds.
        """
        return share_interval(self.n_misled, self.n_worlds).low > 1 - LEVEL


def small_models(dataset: Dataset, split: Split) -> dict[str, Recommender]:
    """Train the models that the worlds compare, which together take a tenth of a second, and add the taste oracle."""
    models: dict[str, Recommender] = {
        name: last_model(recipe.epochs(split.train)) for name, recipe in _SMALL_MODELS.items()
    }
    if dataset.ground_truth is not None:
        models[TASTE_ORACLE] = taste_oracle(dataset.ground_truth)
    return models


def measure_worlds(settings: WorldSettings, seeds: Sequence[int] = range(N_WORLDS)) -> Iterator[tuple[World, World]]:
    """Generate the worlds with these seeds, one after the other; yield what tests say with and without the oracle."""
    for seed in seeds:
        meter = measure_world(settings, seed)
        yield judge_world(meter, settings.margin), judge_world(meter.without_oracle(), settings.margin)


def measure_world(settings: WorldSettings, seed: int, *, estimators: Sequence[str] = tuple(ESTIMATORS)) -> TruthMeter:
    """Generate one world, train its models and measure them by `estimators`."""
    dataset = generate(replace(settings.data, seed=seed))
    split = make_split(dataset, replace(settings.split, seed=seed))
    return measure_truth(
        small_models(dataset, split),
        dataset,
        split,
        settings.subset,
        metric=settings.metric,
        k=settings.k,
        power=settings.power,
        seed=seed,
        estimators=estimators,
    )


def judge_world(meter: TruthMeter, margin: float = MARGIN) -> World:
    """Return what each test says of the models, and whether that is true."""
    outcomes, n_better, n_truly = {}, {}, {}
    indices = range(len(meter.names))
    for estimator in ESTIMATORS:
        verdicts = meter.verdicts(estimator, margin)
        named = meter.winner(estimator)
        is_told = all(verdicts[named, other].word == BETTER for other in indices if other != named)
        outcomes[estimator] = UNCLEAR if not is_told else RIGHT if named == meter.true_winner else WRONG
        better = [pair for pair, verdict in verdicts.items() if verdict.word == BETTER]
        n_better[estimator] = len(better)
        n_truly[estimator] = sum(bool(meter.true_means[first] > meter.true_means[second]) for first, second in better)
    return World(meter.names[meter.true_winner], outcomes, n_better, n_truly)


def tally(worlds: Sequence[World]) -> dict[str, Tally]:
    """Count over the worlds, by estimator. Empty without worlds."""
    if not worlds:
        return {}
    tallies = {}
    for estimator in ESTIMATORS:
        counts = Counter(world.outcomes[estimator] for world in worlds)
        n_better = sum(world.n_better[estimator] for world in worlds)
        n_truly = sum(world.n_truly_better[estimator] for world in worlds)
        right, unclear, wrong = (counts[outcome] / len(worlds) for outcome in (RIGHT, UNCLEAR, WRONG))
        truly = n_truly / n_better if n_better else math.nan
        n_misled = sum(world.n_truly_better[estimator] < world.n_better[estimator] for world in worlds)
        tallies[estimator] = Tally(len(worlds), right, unclear, wrong, n_better, truly, n_misled)
    return tallies
