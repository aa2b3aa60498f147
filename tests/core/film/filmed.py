"""Small data, and films of trainings on them."""

from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.rank_items import rank
from recsys_core.film.record import Recorder
from recsys_core.metrics.ranking import CUTOFF

DATASET = generate(SyntheticRecipe(n_users=80, n_items=60, n_tastes=3, picks=12))
SPLIT = make_split(DATASET, SplitRecipe())


def ranking_of(model, split=SPLIT):
    seen, held_out = split.seen_and_held_out("validation")
    return rank(model, seen, held_out, depth=CUTOFF) if held_out.n_interactions else None


def filmed(recipe, dataset=DATASET, split=SPLIT):
    """The epochs of a training, and its film."""
    recorder, epochs = Recorder(dataset, split), list(recipe.epochs(split.train, seed=0))
    for epoch in epochs:
        recorder.add(epoch, ranking_of(epoch.model, split))
    return epochs, recorder.film(has_ended=True)
