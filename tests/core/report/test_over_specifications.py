"""A report says in how many reasonable ways to test each run wins, of those that are known and may be shown."""

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.report.collect import collect
from recsys_core.report.over_specifications import over_specifications
from recsys_core.report.page import report
from recsys_core.runner.execute import execute
from recsys_core.runner.specification_runs import find_specification_runs, queue_specification_runs
from recsys_core.store.store import RunStore

HERE, OTHER = SplitRecipe(seed=5), SplitRecipe(seed=6)
GRID = SpecificationGrid((HERE, OTHER), metrics=("ndcg", "recall"), cutoffs=(5, 10), is_graded=False)


def work_off(store) -> None:
    while run := store.queue.claim("test"):
        execute(store, run)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('ways') / 'runs.sqlite'}")
    data = generate(SyntheticRecipe(n_users=200, n_items=80, n_tastes=4, picks=20))
    split = store.split(store.add_dataset(data), HERE)
    ids = [store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=k), 0) for k in (4, 60)]
    work_off(store)
    runs = [store.run(run_id) for run_id in ids]
    splits = {(recipe, ()): store.split(split.data_fingerprint, recipe) for recipe in (HERE, OTHER)}
    queue_specification_runs(store, find_specification_runs(store, runs, GRID), splits)
    work_off(store)
    return store, runs


def section_of(store, runs, subset):
    data = collect(store, runs, subset=subset, metric="ndcg", k=10, margin=0.02)
    (section,) = over_specifications(store, data, GRID)
    return section.blocks


def test_the_sentence_and_the_curve_are_of_all_that_is_known(stored):
    key, picture, table, note = section_of(*stored, "validation")
    assert "of 12 reasonable ways to test" in key.text or "in all 12 reasonable ways to test" in key.text
    marks = [trace for trace in picture.figure.data if trace.showlegend is not False]
    assert sum(len(trace.x) for trace in marks) == 12
    assert [row[1] for row in table.rows][:2] == ["split seed 5", "split seed 6"] and "no probability" in note.text
    assert "reasonable ways to test" in report(*stored)


def test_a_sealed_test_of_another_split_is_not_counted(stored):
    store, runs = stored
    store.reveal_test(runs[0].split_fingerprint)
    key, *_, note = section_of(store, runs, "test")
    assert "6 reasonable ways" in key.text and note.text.startswith("6 of 12 ways to test are known so far.")
    store.reveal_test(store.split(runs[0].data_fingerprint, OTHER).selection_fingerprint)
    assert "12 reasonable ways" in section_of(store, runs, "test")[0].text


def test_one_run_alone_has_no_such_section(stored):
    store, runs = stored
    data = collect(store, runs[:1], subset="validation", metric="ndcg", k=10, margin=0.02)
    assert list(over_specifications(store, data, GRID)) == []
