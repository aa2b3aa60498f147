"""The history of runs: one query, words that stay, and nothing that is put away is lost. On every kind of database."""

import numpy as np
import pytest
from sqlalchemy import event

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.corruption import DropShare, corrupt_split
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runner.execute import execute
from recsys_core.store.history import (
    ARCHIVED,
    DELETED,
    KEPT,
    add_finished_run,
    annotate,
    best_entry,
    filter_by_words,
    list_history,
    set_status,
    split_common_facts,
)
from recsys_core.store.run import Branch
from recsys_core.store.store import RunStore

DATA = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))


@pytest.fixture
def store(database_url):
    return RunStore(database_url)


@pytest.fixture
def split(store):
    return store.split(store.add_dataset(DATA), SplitRecipe())


def trained(store, split, algorithm="bpr", seed=0, **settings) -> int:
    run_id = store.queue.add_run(split, algorithm, ALGORITHMS[algorithm](**settings), seed)
    execute(store, store.queue.claim("test"))
    return run_id


def ids(entries) -> list[int]:
    return [entry.run.id for entry in entries]


def test_the_last_point_of_each_curve_comes_with_the_run(store, split):
    done, waiting = trained(store, split, n_epochs=3), store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](), 1)
    queued, ended = list_history(store)
    last = store.epochs(done)[-1]
    assert (ended.run.id, ended.n_epochs, ended.seconds, ended.validation) == (done, 3, last.seconds, last.validation)
    assert (queued.run.id, queued.n_epochs, queued.validation) == (waiting, None, None)
    assert ended.data == DATA.name


def test_however_many_runs_there_are_it_is_one_query(store, split):
    for seed in range(5):
        store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](), seed)
    asked = []
    event.listen(store.database._engine, "before_cursor_execute", lambda *context: asked.append(context[2]))
    assert len(list_history(store)) == 5
    assert len([statement for statement in asked if "FROM" in statement]) == 1


@pytest.mark.parametrize("place", [ARCHIVED, DELETED])
def test_what_is_put_away_comes_back_whole(store, split, place):
    run_id = trained(store, split, n_epochs=2)
    annotate(store, run_id, name="mine", tags=["b ", "a", "a", ""])
    before = list_history(store)
    set_status(store, [run_id], place)
    assert not list_history(store) and not store.runs() and not store.runs_with("model", split.fingerprint)
    assert ids(list_history(store, place)) == [run_id]
    set_status(store, [run_id], KEPT)
    assert list_history(store) == before and before[0].run.tags == ("a", "b")
    assert store.model(run_id) is not None


def test_what_is_deleted_while_it_trains_is_asked_to_stop(store, split):
    run_id = store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](), 0)
    store.queue.claim("test")
    set_status(store, [run_id], DELETED)
    set_status(store, [run_id], KEPT)
    assert store.run(run_id).stop_requested


def test_words_that_are_not_given_stay(store, split):
    run_id = trained(store, split, n_epochs=2)
    annotate(store, run_id, name="a name", notes="a note", tags=["tag"])
    annotate(store, run_id, name="")
    run = store.run(run_id)
    assert (run.name, run.notes, run.tags) == ("", "a note", ("tag",))


def test_two_data_sets_of_one_name_are_told_apart(store, split):
    other = store.split(store.add_dataset(generate(SyntheticRecipe(60, 40, 4, 9.0))), SplitRecipe())
    trained(store, split, n_epochs=2), trained(store, other, n_epochs=2)
    names = [entry.data for entry in list_history(store)]
    assert names == [f"{DATA.name} ({each.data_fingerprint[:6]})" for each in (other, split)]


def test_only_what_differs_is_a_column(store, split):
    trained(store, split, "bpr", n_epochs=2, n_factors=4)
    trained(store, split, "bpr", n_epochs=2, n_factors=8)
    trained(store, split, "ease")
    same, differing = split_common_facts(list_history(store))
    assert same["data"] == DATA.name and same["seed"] == "0"
    assert differing["n_factors"] == ["", "8", "4"] and differing["algorithm"] == ["EASE", "BPR", "BPR"]
    assert "n_epochs" not in same and "n_epochs" not in differing  # not of all, and alike in those that have it
    assert not set(same) & set(differing)


def test_every_word_must_stand_somewhere(store, split):
    first = trained(store, split, "bpr", n_epochs=2)
    second = trained(store, split, "ease")
    annotate(store, second, notes="For the Board")
    entries = list_history(store)
    assert ids(filter_by_words(entries, "board ease")) == [second] and not filter_by_words(entries, "board bpr")
    assert ids(filter_by_words(entries, entries[1].run.fingerprint)) == [first]
    assert ids(filter_by_words(entries, "  ")) == [second, first]


def test_branches_and_damage_are_told_and_damage_does_not_compete(store, split):
    parent = trained(store, split, "implicit_als", n_epochs=2)
    recipe = ALGORITHMS["implicit_als"](n_epochs=3, regularization=1)
    store.queue.add_run(split, "implicit_als", recipe, 0, branch=Branch(parent, 1, store.run(parent).recipe))
    store.queue.add_run(corrupt_split(DATA, split, (DropShare(0.5),)), "implicit_als", recipe, 0)
    while run := store.queue.claim("test"):
        execute(store, run)
    damaged, branched, _ = list_history(store)
    assert branched.facts["continued"] == f"from #{parent} at epoch 1"
    assert damaged.facts["corrupted"] == "50% of the training data dropped"
    assert best_entry([damaged], split.fingerprint) is None


def test_a_model_that_may_have_seen_the_ratings_does_not_compete(store, split):
    trained(store, split, "biases")
    own = list_history(store)[0]
    ground_truth = DATA.ground_truth
    oracle = FactorModel.of(ground_truth.user_tastes, ground_truth.item_tastes * ground_truth.popularity[:, None])
    scores = [evaluate(oracle, split, part) for part in ("validation", "test")]
    foreign = add_finished_run(store, split, Imported(n_factors=4, content="1"), oracle, scores, "")
    assert best_entry(list_history(store), split.fingerprint) == own
    trusted = add_finished_run(store, split, Imported(n_factors=4, content="2", of_this_split=True), oracle, scores, "")
    assert best_entry(list_history(store), split.fingerprint).run.id == trusted
    assert np.array_equal(store.model(foreign).scores(np.arange(60)), oracle.scores(np.arange(60)))
    assert store.run(foreign).fingerprint != store.run(trusted).fingerprint
    assert [(entry.n_epochs, entry.seconds) for entry in list_history(store)[:2]] == [(None, None)] * 2  # nobody knows
