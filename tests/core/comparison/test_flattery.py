"""What flatters a number is said beside it: answers that may have been seen, and data without the hardest people."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.reference_models import Random
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.split_sentences import split_facts
from recsys_core.data.cleaning import KCore, clean
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate

DOUBT = "answers may have been trained on the data that it is scored on, so its numbers prove nothing."


def answers_of(split) -> ListModel:
    """Return what was held out for validation, as lists."""
    relevant = split.validation.relevant
    lists = np.full((relevant.n_users, int(relevant.items_per_user.max())), -1, np.int32)
    for user in range(relevant.n_users):
        items = relevant.items[relevant.of(user)]
        lists[user, : len(items)] = items
    return ListModel(lists, relevant.n_items)


@pytest.fixture(scope="module")
def data_and_comparison():
    dataset = generate()
    split = make_split(dataset)
    *_, last = ALGORITHMS["ease"]().epochs(split.train)
    scored = [evaluate(model, split, "validation") for model in (last.model, answers_of(split))]
    return dataset, split, Comparison(["EASE", "answers"], scored, possibly_leaked=[False, True])


def test_the_answers_themselves_as_lists_are_praised_nowhere(data_and_comparison):
    dataset, split, comparison = data_and_comparison
    assert comparison.best == 1 and "this is no lead" in comparison.headline
    said = comparison.against_baseline, comparison.reached("ndcg", None), comparison.for_whom(dataset, split, 1)
    assert all(DOUBT in each for each in said)
    assert DOUBT not in replace(comparison, possibly_leaked=()).against_baseline


def test_numbers_on_a_core_are_higher_which_is_said_beside_its_split():
    """Who and what is hardest to predict is gone: a random order finds more, and so does a model."""
    dataset = generate(SyntheticRecipe(n_users=300, n_items=600, picks=10.0))
    core, _ = clean(dataset, [KCore(5)])
    means: dict[str, list[float]] = {"random": [], "ease": []}
    for data in (dataset, core):
        split = make_split(data)
        for name, recipe in (("random", Random()), ("ease", ALGORITHMS["ease"]())):
            *_, last = recipe.epochs(split.train)
            means[name].append(evaluate(last.model, split, "test").mean("ndcg", 10))
        assert ("Cleaned" in split_facts(data, split, "test")) is (data is core)
    assert all(on_core > 1.2 * on_all for on_all, on_core in means.values())
