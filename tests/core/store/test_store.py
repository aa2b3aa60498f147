"""The store gives back exactly what was put in, hands each run to one worker, and never says "locked"."""

import io
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import update

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.item_noun import item_noun
from recsys_core.data.split import METHODS, SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.store import npz_codec
from recsys_core.store.run import FINISHED, QUEUED, EpochRecord
from recsys_core.store.schema import runs
from recsys_core.store.store import RunStore
from tests.core.store.queued import queue_runs, reopened
from tests.small_trainings import recipe as recipe_of

SVD, ALS = ALGORITHMS["svd"], ALGORITHMS["als"]

WEIRD = (
    "plain",
    "",
    " ",
    "Ørnen 鷹 🦅 ‮tfel‬",
    "e\u0301 is not é",
    "line\nbreak\r\ttab\x01",
    "'; DROP TABLE runs; --",
    '"quoted", \\back\\slash/ %s {} $x$',
    "<b>bold</b> &amp;",
    "=1+1",
    "\ufeffBOM\u200b\u2028",
    "\ud800 alone",
    "x" * 60_000,
)


def weird() -> Dataset:
    """One person and one item for each odd text, with times, half of them before 1970."""
    count = len(WEIRD)
    return Dataset(
        name='A "name" with 🦅',
        interactions=Interactions.from_triples(range(count), range(count), np.linspace(-1, 5, count), count, count),
        user_ids=WEIRD,
        item_ids=tuple(reversed(WEIRD)),
        feedback="explicit",
        titles=WEIRD,
        genres=tuple(WEIRD[:place] for place in range(count)),
        times=np.linspace(-1e9, 2e9, count),
        origin={"kind": "file", "name": WEIRD[3], "rows": [1, 2.5, None, True]},
    )


def assert_same_dataset(ours: Dataset, theirs: Dataset):
    for name in ("name", "user_ids", "item_ids", "feedback", "titles", "genres", "origin", "fingerprint"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.interactions.n_items == theirs.interactions.n_items
    pairs = [(getattr(ours.interactions, n), getattr(theirs.interactions, n)) for n in ("indptr", "items", "values")]
    assert (ours.times is None, ours.ground_truth is None) == (theirs.times is None, theirs.ground_truth is None)
    if ours.times is not None:
        pairs.append((ours.times, theirs.times))
    if ours.ground_truth is not None:
        assert ours.ground_truth.taste_names == theirs.ground_truth.taste_names
        names = ("user_tastes", "item_tastes", "popularity")
        pairs += [(getattr(ours.ground_truth, n), getattr(theirs.ground_truth, n)) for n in names]
    for here, there in pairs:
        assert here.dtype == there.dtype
        np.testing.assert_array_equal(here, there)


def datasets() -> dict[str, Dataset]:
    planted = generate(SyntheticRecipe(n_users=30, n_items=20, picks=5.0, feedback="explicit"))
    nothing = Interactions.from_triples([], [], [], 0, 0)
    return {
        "planted": planted,
        "textbook": load_example_5x5(),
        "weird": weird(),
        "whole seconds": replace(weird(), times=np.arange(len(WEIRD))),
        "items nobody has": replace(
            load_example_5x5(),
            item_ids=tuple("abcdefg"),
            titles=tuple("ABCDEFG"),
            interactions=_wider(load_example_5x5(), 7),
        ),
        "empty": Dataset("nothing", nothing, (), (), "implicit", ()),
    }


def _wider(dataset: Dataset, n_items: int) -> Interactions:
    data = dataset.interactions
    return Interactions.from_triples(data.users, data.items, data.values, data.n_users, n_items)


# Data sets


@pytest.mark.parametrize("kind", datasets())
def test_a_data_set_comes_back_exactly_as_it_was(store, kind):
    dataset = datasets()[kind]
    fingerprint = store.add_dataset(dataset)
    assert fingerprint == dataset.fingerprint
    assert_same_dataset(reopened(store).dataset(fingerprint), dataset)


def test_what_comes_back_is_read_only_and_the_same_object_within_a_process(store):
    fingerprint = store.add_dataset(load_example_5x5())
    back = store.dataset(fingerprint)
    assert back is store.dataset(fingerprint)
    with pytest.raises(ValueError, match="read-only"):
        back.interactions.values[0] = 9


def test_a_data_set_put_in_again_has_its_new_titles_and_keeps_its_runs(store, split):
    run_id = queue_runs(store, split)[0]
    renamed = replace(load_example_5x5(), titles=tuple("ABCDE"), name="Renamed")
    assert store.add_dataset(renamed, {"kept": 14}) == split.data_fingerprint
    assert store.dataset(split.data_fingerprint).titles == tuple("ABCDE")
    assert [(row["name"], row["receipt"]) for row in store.dataset_list()] == [("Renamed", {"kept": 14})]
    assert store.run(run_id).data_fingerprint == split.data_fingerprint


def test_a_data_set_put_in_again_without_descriptions_keeps_those_it_had(store):
    planted = generate(SyntheticRecipe(n_users=20, n_items=10, seed=9))
    made = {"ground_truth": None, "origin": {"kind": "file"}, "titles": tuple("ABCDEFGHIJ")}
    described = replace(planted, **made, user_attributes={"town": ("Bern",) * 20})
    bare = replace(described, name="bare", titles=planted.item_ids, genres=(), user_attributes={})
    fingerprint = store.add_dataset(described, {"count": "all"})
    store.call_items(fingerprint, "wines")
    store.add_dataset(bare, {"count": "all again"})
    now, known = RunStore(store.url).dataset(fingerprint), store.receipt(fingerprint)
    assert (now.name, now.description_key, item_noun(now)) == ("bare", described.description_key, "wines")
    assert known["count"] == "all again" and "titles, genres and attributes of the people are kept" in known["kept"]
    store.add_dataset(replace(bare, genres=(("new",),) * 10))
    assert RunStore(store.url).dataset(fingerprint).genres == (("new",),) * 10


def test_planted_data_put_in_again_from_a_file_stay_planted(store):
    planted = generate(SyntheticRecipe(n_users=20, n_items=10, seed=9))
    fingerprint = store.add_dataset(planted)
    store.add_dataset(replace(planted, ground_truth=None, origin={"kind": "file"}), {"count": "all"})
    now = RunStore(store.url).dataset(fingerprint)
    assert now.ground_truth is not None and now.origin == planted.origin and "count" not in store.receipt(fingerprint)


def test_what_items_are_called_does_not_undo_what_another_server_has_loaded(store):
    fingerprint = store.add_dataset(replace(load_example_5x5(), genres=()))
    store.dataset(fingerprint)
    RunStore(store.url).add_dataset(replace(load_example_5x5(), titles=tuple("ABCDE"), genres=(("new",),) * 5))
    store.call_items(fingerprint, "wines")
    for now in (store.dataset(fingerprint), RunStore(store.url).dataset(fingerprint)):
        assert now.titles == tuple("ABCDE") and now.genres == (("new",),) * 5 and item_noun(now) == "wines"


def test_what_items_are_called_is_stored_and_changes_nothing_else(store, split):
    fingerprint = split.data_fingerprint
    other = store.add_dataset(generate(SyntheticRecipe(n_users=20, n_items=10, seed=9)))
    before = store.dataset_list()
    ratings = store.dataset(fingerprint).interactions
    store.call_items(fingerprint, "wines")
    assert store.dataset(fingerprint).interactions is ratings  # not read anew
    assert item_noun(RunStore(store.url).dataset(fingerprint)) == item_noun(store.dataset(fingerprint)) == "wines"
    assert store.dataset(fingerprint).fingerprint == fingerprint and store.dataset_list() == before
    assert item_noun(store.dataset(other)) == "titles"


def test_the_newest_data_set_is_listed_first_with_its_sentence(store):
    for dataset in (load_example_5x5(), datasets()["planted"]):
        store.add_dataset(dataset)
        time.sleep(0.01)
    listed = store.dataset_list()
    assert [row["sentence"] for row in listed] == [datasets()["planted"].sentence(), load_example_5x5().sentence()]


def test_all_who_add_one_data_set_at_once_succeed(store):
    def add(name: str) -> str:
        return RunStore(store.url).add_dataset(replace(load_example_5x5(), name=name))

    with ThreadPoolExecutor(8) as threads:
        prints = set(threads.map(add, map(str, range(40))))
    assert prints == {load_example_5x5().fingerprint} and len(store.dataset_list()) == 1


def test_more_data_sets_than_are_kept_in_memory_can_be_used_in_turn_by_threads(store):
    planted = [generate(SyntheticRecipe(n_users=10, n_items=8, picks=3.0, seed=seed)) for seed in range(7)]
    prints = [store.add_dataset(dataset) for dataset in planted]
    with ThreadPoolExecutor(8) as threads:
        used = list(threads.map(lambda turn: store.split(prints[turn % 7], SplitRecipe()), range(200)))
    assert [split.data_fingerprint for split in used] == [prints[turn % 7] for turn in range(200)]


def test_what_is_not_there_is_named(store):
    with pytest.raises(InputError, match=r"None here has the fingerprint 'beef': load its file again\."):
        store.dataset("beef")
    with pytest.raises(InputError, match="none with the number 41"):
        store.run(41)
    assert store.epochs(41) == [] and store.model(41) is None and store.evaluation(41, "test") is None


# Contents


def pickled() -> bytes:
    """An NPZ with an array of Python objects: to read it is to run what it says."""
    buffer = io.BytesIO()
    np.savez(buffer, titles=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


@pytest.mark.parametrize("content", [pickled(), b"\x80\x04N.", b"cos\nsystem\n(S'true'\ntR.", b""])
def test_pickled_or_empty_content_is_refused(content):
    with pytest.raises((ValueError, EOFError)):
        npz_codec.unpack(content)


def test_objects_cannot_even_be_packed():
    with pytest.raises(ValueError, match="pickle"):
        npz_codec.pack({"titles": np.array([{}], dtype=object)})


def test_packing_passes_numpy_nothing_that_an_older_numpy_would_store_as_an_array(monkeypatch):
    names = []
    monkeypatch.setattr(np, "savez", lambda file, **arrays: names.extend(arrays))
    npz_codec.pack({"x": np.ones(2)})
    assert names == ["x"]


def test_models_come_back_bit_for_bit(store, split):
    rng = np.random.default_rng(0)
    p, q, bias = rng.normal(size=(5, 2)), rng.normal(size=(5, 2)), rng.normal(size=5)
    rated = FactorModel.of(p, q, item_bias=bias, offset=3.3, predicts_ratings=True)
    without_factors = FactorModel.of(np.zeros((5, 0)), np.zeros((5, 0)), item_bias=np.arange(5))
    for run_id, model in zip(queue_runs(store, split, 2), (rated, without_factors), strict=True):
        store.save_model(run_id, FactorModel.of(np.ones((5, 1)), np.ones((5, 1))))
        store.save_model(run_id, model)  # the last one counts
        back = reopened(store).model(run_id)
        assert (back.offset, back.predicts_ratings) == (model.offset, model.predicts_ratings)
        assert type(back.offset) is float and type(back.predicts_ratings) is bool
        for name in ("user_factors", "item_factors", "user_bias", "item_bias"):
            ours, theirs = getattr(back, name), getattr(model, name)
            assert ours.dtype == theirs.dtype == np.float32
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("predicts_ratings", [False, True])
def test_evaluations_come_back_with_every_number(store, split, predicts_ratings):
    model = FactorModel.of(np.eye(5), np.ones((5, 5)) + np.eye(5), predicts_ratings=predicts_ratings)
    run_id = queue_runs(store, split)[0]
    for part in ("validation", "test"):
        if split.seen_and_held_out(part)[1].n_interactions == 0:
            continue
        ours = evaluate(model, split, part)
        store.save_evaluation(run_id, ours)
        back = reopened(store).evaluation(run_id, part)
        assert (back.subset, back.split_fingerprint, back.n_left_out) == (part, split.fingerprint, ours.n_left_out)
        assert (back.rmse, back.mae) == (ours.rmse, ours.mae)
        np.testing.assert_array_equal(back.per_user("ndcg", 3), ours.per_user("ndcg", 3))
        np.testing.assert_array_equal(back.top_items, ours.top_items)
        assert back.difference(ours, "ndcg", 3).mean == 0


def test_epochs_come_back_in_order_with_every_bit_and_say_whether_to_stop(store, split):
    (run_id,) = queue_runs(store, split)
    run = store.queue.claim("w")
    records = [
        EpochRecord(n, math.pi * 10.0 ** (30 * n - 60), None if n == 2 else 1 / (n + 3), n / 3) for n in range(5)
    ]
    for record in reversed(records[:4]):
        assert store.queue.record_epoch(run, record) is False
    store.queue.request_stop(run_id)
    assert store.queue.record_epoch(run, records[4]) is True
    assert reopened(store).epochs(run_id) == records


# Runs


@pytest.mark.parametrize("key", ALGORITHMS)
def test_a_run_comes_back_as_it_was_asked_for(store, split, key):
    recipe = recipe_of(ALGORITHMS[key], n_factors=3, regularization=0.1 + 0.2)
    run = reopened(store).run(store.queue.add_run(split, key, recipe, 2**31 - 1))
    assert (run.recipe, run.split, run.seed, run.algorithm) == (recipe, split.recipe, 2**31 - 1, key)
    assert (run.split_fingerprint, run.data_fingerprint) == (split.fingerprint, split.data_fingerprint)
    assert (run.state, run.message, run.stop_requested, run.started, run.ended) == (QUEUED, "", False, None, None)
    assert run.is_live and f"#{run.id} " in run.label


def test_runs_are_listed_newest_first_and_by_split(store, split):
    other = store.split(split.data_fingerprint, SplitRecipe(seed=1))
    first, second, third = (store.queue.add_run(part, "svd", SVD(), 0) for part in (split, other, split))
    assert [run.id for run in store.runs()] == [third, second, first]
    assert [run.id for run in store.runs(split.fingerprint)] == [third, first]
    assert store.runs("no such split") == []


def test_an_archived_run_is_shown_only_where_asked_for_and_a_deleted_one_nowhere(store, split):
    here, archived, deleted = queue_runs(store, split, 3)
    for run_id, when in ((archived, {"archived": 1.0}), (deleted, {"deleted": 1.0})):
        store.save_model(run_id, FactorModel.of(np.ones((5, 1)), np.ones((5, 1))))
        with store.writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(when))
    assert [run.id for run in store.runs()] == [here]
    assert [run.id for run in store.runs(split.fingerprint, archived=True)] == [archived, here]
    assert store.run(archived).archived == 1.0
    with pytest.raises(InputError, match=f"none with the number {deleted}"):
        store.run(deleted)
    claimed = [store.queue.claim(str(n)) for n in range(2)]
    assert [run.id for run in claimed] == [here, archived] and store.queue.claim("w") is None
    for run in claimed:
        store.queue.end_run(run, FINISHED)
    with store.writing() as connection:
        connection.execute(update(runs).where(runs.c.id == deleted).values(state=FINISHED))
    assert store.runs_with("model", split.fingerprint) == []
    assert [run.id for run in store.runs_with("model", split.fingerprint, archived=True)] == [archived]
    assert not store.queue.has_live_runs()


def test_the_label_is_the_name_that_people_gave(store, split):
    run_id = queue_runs(store, split)[0]
    with store.writing() as connection:
        given = {"name": WEIRD[3], "notes": WEIRD[5], "tags": list(WEIRD[:4])}
        connection.execute(update(runs).where(runs.c.id == run_id).values(given))
    run = store.run(run_id)
    assert (run.label, run.notes, run.tags) == (f"#{run_id} {WEIRD[3]}", WEIRD[5], WEIRD[:4])


def test_equal_requests_have_equal_run_fingerprints_and_any_change_another(store, split):
    def fingerprint(key="als", recipe=ALS(), seed=0, split=split):
        return store.run(store.queue.add_run(split, key, recipe, seed)).fingerprint

    usual = fingerprint()
    assert fingerprint() == usual and fingerprint(recipe=ALS(regularization=ALS().regularization)) == usual
    other_data = store.add_dataset(datasets()["planted"])
    others = [
        fingerprint(seed=1),
        fingerprint("svd", SVD()),
        *(fingerprint(recipe=r) for r in (ALS(n_factors=17), ALS(regularization=0.1), ALS(penalty="plain"))),
        *(fingerprint(recipe=r) for r in (ALS(n_epochs=16), ALS(centering="item mean"))),
        fingerprint(split=store.split(split.data_fingerprint, SplitRecipe(seed=1))),
        fingerprint(split=store.split(split.data_fingerprint, SplitRecipe(method=METHODS[1]))),
        fingerprint(split=store.split(split.data_fingerprint, SplitRecipe(test=0.3))),
        fingerprint(split=store.split(other_data, SplitRecipe())),
    ]
    assert len({usual, *others}) == 1 + len(others)


def test_settings_of_an_older_version_are_read_without_the_fields_that_are_gone(store, split, monkeypatch):
    monkeypatch.setattr(SVD, "settings", lambda self: {"n_factors": 3, "regularization": 2.0, "warp_speed": 9})
    run_id = store.queue.add_run(split, "svd", SVD(), 0)
    monkeypatch.undo()
    assert store.run(run_id).recipe == SVD(n_factors=3, regularization=2)


def test_a_run_of_data_that_the_store_does_not_have_cannot_be_queued(store, tmp_path):
    elsewhere = RunStore(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    foreign = elsewhere.split(elsewhere.add_dataset(load_example_5x5()), SplitRecipe())
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.queue.add_run(foreign, "svd", SVD(), 0)
    assert store.runs() == []


def test_a_receipt_is_kept_as_json(store):
    receipt = json.loads(json.dumps({"rows": 3, "notes": list(WEIRD[:4]), "nested": {"a": [None, True]}}))
    store.add_dataset(load_example_5x5(), receipt)
    assert reopened(store).dataset_list()[0]["receipt"] == receipt


def test_a_run_of_an_algorithm_that_is_gone_does_not_hide_the_others(store, split):
    gone, here = queue_runs(store, split, 2)
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET algorithm = 'gone' WHERE id = {gone}")
    assert here in [run.id for run in store.runs()]
