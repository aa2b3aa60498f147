"""The program of a run, run in a process of its own, prints the numbers of the store to the last digit."""

import ast
import csv
import gzip
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.algorithms.reranked import Reranked
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.algorithms.svd import SVD
from recsys_core.data.cleaning import Binarise, KCore, clean
from recsys_core.data.corruption import AddBots, DropShare
from recsys_core.data.reading import Layout, read_file, read_ratings
from recsys_core.data.reading.layout import restore_layout
from recsys_core.data.reading.read_split import read_split_column, read_split_files
from recsys_core.data.split import GIVEN, SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.list_context import list_context
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.metrics import METRICS
from recsys_core.report.script import script
from recsys_core.reranking.owned import read_owned
from recsys_core.reranking.rerank import find_candidates, rerank
from recsys_core.store.history import add_finished_run
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import DIVERGED, STOPPED, Branch, Run
from recsys_core.store.store import RunStore
from tests.bad_inputs import CORPUS, needs_corpus
from tests.core.report.ended_runs import SPLIT, executed

ROOT = Path(__file__).resolve().parents[3]
SMALL = SyntheticRecipe(n_users=80, n_items=60, n_tastes=4, picks=20.0, feedback="explicit", seed=3)
NAUGHTY = "\"\"\"'''</script><b>\\ {0} %s \u202e\n\rimport os; os.abort() # ☃"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return RunStore(f"sqlite:///{tmp_path_factory.mktemp('script') / 'runs.sqlite'}")


def ran(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess:
    path = folder / "runs.py"
    path.write_text(program, encoding="utf-8")
    command = [sys.executable, str(path), *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )


def printed(folder: Path, program: str, *arguments: str) -> list[list[str]]:
    """What the program prints of each run: the line of its name, then its numbers."""
    done = ran(folder, program, *arguments)
    assert done.returncode == 0, done.stderr
    blocks: list[list[str]] = []
    for line in done.stdout.splitlines():
        if line.startswith("#"):
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def expected(store: RunStore, run: Run, subset: str = "validation", k: int = 10) -> list[str]:
    evaluation = store.evaluation(run.id, subset)
    lines = [f"{run.label} {run.fingerprint} as in the app"]
    return lines + [
        f"{metric.title(k)} {evaluation.overall(name, k)!r}"
        for name, metric in METRICS.items()
        if not metric.why_not(evaluation)
    ]


def test_every_algorithm_a_branch_and_what_ended_early_come_out_alike(store, tmp_path):
    dataset = generate(SMALL)
    runs = [executed(store, dataset, key) for key in ALGORITHMS]
    parent = next(run for run in runs if run.algorithm == "bpr")
    branch = Branch(parent.id, 7, parent.recipe)
    runs.append(executed(store, dataset, "bpr", branch=branch, regularization=40.0))
    runs.append(executed(store, dataset, "implicit_als", regularization=0.1, n_epochs=12, kept_model=BEST_EPOCH))
    assert kept_record(runs[-1].recipe, store.epochs(runs[-1].id)).number < 12
    runs.append(executed(store, dataset, "lambdarank", stop=True))
    runs.append(executed(store, dataset, "bpr", n_factors=8, learning_rate=1000.0))
    assert [run.state for run in runs[-2:]] == [STOPPED, DIVERGED]
    assert printed(tmp_path, script(store, runs)) == [expected(store, run) for run in runs]


def test_a_file_read_with_corrections_and_mended_comes_out_alike_and_no_other_file_will_do(store, tmp_path):
    rng = np.random.default_rng(0)
    lines = ["note;who;what;how much"]
    for person in range(50):
        lines += [
            f"-;p{person};i{item};{rng.integers(2, 11) / 2}".replace(".", ",") for item in rng.permutation(30)[:15]
        ]
    lines += ["-;p0;i0;four", lines[7]]
    path, other = tmp_path / 'old\'s "ratings".csv', tmp_path / "other.csv"
    path.write_text("\n".join(lines))
    other.write_text("\n".join(lines[:-300]))
    layout = Layout(delimiter=";", user=1, item=2, rating=3, decimal_comma=True, duplicates="mean")
    source, receipt = read_file(path, layout)
    assert (receipt.n_left_out, receipt.n_merged) == (1, 1)
    store.add_dataset(source)
    mended, _ = clean(source, [Binarise(threshold=2.5), KCore(n=3)])
    runs = [executed(store, mended, "svd", n_factors=8), executed(store, mended, "ease")]
    store.reveal_test(runs[0].split_fingerprint)
    program = script(store, runs, subset="test", k=5)
    assert printed(tmp_path, program, str(path)) == [expected(store, run, "test", 5) for run in runs]
    refused = ran(tmp_path, program, str(other))
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr.startswith("These data have the fingerprint ") and runs[0].data_fingerprint in refused.stderr
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_file(packed, layout)[0].fingerprint == source.fingerprint, "an archive of the file will do"
    with pytest.raises(InputError, match="The file of ratings must exist"):
        read_file(tmp_path / "absent.csv")


def test_a_given_split_is_read_again_from_the_files_of_its_parts_or_from_one_with_a_column(store, tmp_path):
    rng = np.random.default_rng(5)
    parts = {"training": [], "validation": [], "test": []}
    for person in range(40):
        for rank, item in enumerate(rng.permutation(30)[:18]):
            part = "test" if rank < 4 else "validation" if rank < 8 else "training"
            parts[part].append(f"p{person};i{item};{rng.integers(1, 6)}")
    paths = {name: tmp_path / f'{name}\'s "part".csv' for name in parts}
    for name, path in paths.items():
        path.write_text("\n".join(["user;item;rating", *parts[name]]))
    column = tmp_path / "all.csv"
    rows = [f"{line};{name}" for name, lines in parts.items() for line in lines]
    column.write_text("\n".join(["user;item;rating;fold", *rng.permutation(rows)]))
    by_files, *_ = read_split_files({name: (path.read_bytes(), path.name) for name, path in paths.items()})
    by_column, *_ = read_split_column(column.read_bytes(), column.name)
    for dataset, given in ((by_files, paths.values()), (by_column, [column])):
        run = executed(store, dataset, "svd", split=SplitRecipe(GIVEN), n_factors=8)
        store.reveal_test(run.split_fingerprint)
        program = script(store, [run], subset="test")
        assert printed(tmp_path, program, *map(str, given)) == [expected(store, run, "test")]
    early = replace(by_column, origin={key: by_column.origin[key] for key in ("kind", "parts")})
    assert "read_split_column" in script(store, [executed(store, early, "svd", split=SplitRecipe(GIVEN), n_factors=8)])
    swapped = ran(tmp_path, script(store, [executed(store, by_files, "svd", split=SplitRecipe(GIVEN), n_factors=8)]),
                  *(str(paths[name]) for name in ("test", "validation", "training")))  # fmt: skip
    assert swapped.returncode == 1 and swapped.stderr.startswith("These data have the fingerprint ")


def re_ranked(store: RunStore, parent: Run, owned=None, **settings) -> Run:
    """A run of re-ranked lists, as the Compare page keeps it."""
    dataset, split = store.dataset(parent.data_fingerprint), store.split_of(parent)
    more = {} if owned is None else {"owned": owned.fingerprint, "n_owned": owned.n_pairs}
    recipe = Reranked(parent=parent.fingerprint, parent_label=parent.recipe.label, **settings, **more)
    context = list_context(dataset, split, evaluate_reference_models(dataset, split, "validation")["Popularity"])
    lists = {}
    for subset in ("validation", "test"):
        candidates = find_candidates(store.model(parent.id), dataset, split, subset, recipe, owned)
        lists[subset] = rerank(candidates, dataset, split, recipe, context)
    evaluations = [evaluate(model, split, subset) for subset, model in lists.items()]
    return store.run(add_finished_run(store, split, recipe, lists["validation"], evaluations, ""))


def test_re_ranked_lists_come_out_alike_with_their_parent_left_out_and_with_a_file_of_what_is_owned(store, tmp_path):
    dataset = generate(replace(SMALL, seed=12))
    parent = executed(store, dataset, "svd", n_factors=8)
    path = tmp_path / "owned.csv"
    rows = [f"{dataset.user_ids[user]},{dataset.item_ids[item]}" for user in range(40) for item in range(0, 60, 3)]
    path.write_text("\n".join(["user,item", *rows]))
    owned = read_owned(path.read_bytes(), path.name, dataset)
    diverse = re_ranked(store, parent, owned, aim="diversity", dial=0.4)
    calibrated = re_ranked(store, parent, aim="calibration", dial=0.5, most_people=0.5)
    store.reveal_test(parent.split_fingerprint)
    program = script(store, [diverse, calibrated], subset="test")
    assert printed(tmp_path, program, str(path)) == [expected(store, run, "test") for run in (diverse, calibrated)]
    path.write_text("\n".join(["user,item", *rows[1:]]))
    refused = ran(tmp_path, program, str(path))
    assert refused.returncode == 1 and "give the file that they were made with" in refused.stderr


def test_why_a_model_is_left_out_of_a_program_is_the_true_reason(store):
    dataset = generate(replace(SMALL, seed=13))
    parent = executed(store, dataset, "svd", n_factors=2)
    run = re_ranked(store, parent, aim="diversity", dial=0.4)
    foreign = replace(run, id=71, recipe=replace(run.recipe, parent_imported=True))
    orphan = replace(run, id=72, recipe=replace(run.recipe, parent="0" * 16))
    blend = replace(run, id=73, algorithm="blend", recipe=Blend())
    lists = replace(run, id=74, algorithm="imported_lists", recipe=ImportedLists())
    text = ast.get_docstring(ast.parse(script(store, [parent, run, foreign, orphan, blend, lists])))
    said = " ".join(text.split())
    for reason in ("#71 re-ranks a model that came in a file", "#72 re-ranks the lists of a run that was deleted",
                   "#73 is a blend of other models", "#74 came in a file"):  # fmt: skip
        assert reason in said
    assert f"#{run.id} " not in said.partition("Left out")[2]
    from_file = replace(dataset, origin={"kind": "file", "filename": "r.csv"})
    store.add_dataset(from_file)
    assert "what a file of items says" in " ".join(ast.get_docstring(ast.parse(script(store, [parent, run]))).split())
    with pytest.raises(InputError, match="what a file of items says"):
        script(store, [run])


def test_broken_data_are_broken_in_the_same_way_and_other_code_is_told_by_its_fingerprint(store, tmp_path):
    dataset = generate(replace(SMALL, n_users=60, seed=9))
    run = executed(store, dataset, "als", breaks=(DropShare(share=0.3, seed=2), AddBots(share=0.2)))
    older = replace(run, numerics_version="0" * 16)
    (one, other) = printed(tmp_path, script(store, [run, older]))
    assert one == expected(store, run)
    assert other == [f"{run.label} {run.fingerprint} in the app {older.fingerprint}", *one[1:]]


@pytest.mark.parametrize("zero_is_unrated", [True, False])
def test_data_that_version_2_0_has_read_are_read_again_as_then(store, zero_is_unrated):
    """Its layouts said of a matrix whether a zero is a rating; the settings that came later are missing in them."""
    rows = "\n".join(f"p{user}," + ",".join(str((user * item) % 4) for item in range(8)) for user in range(9))
    content = f"user,{','.join(f'i{item}' for item in range(8))}\n{rows}".encode()
    old = {"delimiter": ",", "encoding": "utf-8", "header": True, "first_line": 1, "orientation": "wide", "user": 0}
    old |= {"item": None, "rating": None, "time": None, "title": None, "decimal_comma": False, "feedback": "explicit"}
    old |= {"zero_is_unrated": zero_is_unrated, "duplicates": "last"}
    dataset, _ = read_ratings(content, "m.csv", restore_layout(old))
    n_zeros = sum((user * item) % 4 == 0 for user in range(9) for item in range(8))
    assert dataset.interactions.n_interactions == 72 - zero_is_unrated * n_zeros
    kept = replace(dataset, origin={**dataset.origin, "layout": old})
    assert ("unrated=(0.0,)" in script(store, [executed(store, kept, "svd", n_factors=2)])) == zero_is_unrated


@needs_corpus
def test_every_file_that_can_be_read_is_read_alike_by_the_layout_in_its_origin():
    binary_kinds = set()
    for row in csv.DictReader((CORPUS / "index.csv").open(encoding="utf-8", newline="")):
        ending = Path(row["file"]).suffix
        if row["expected"] == "reject" or "_movies_" in row["file"] or ending in binary_kinds:
            continue
        if ending in (".parquet", ".xlsx", ".npz", ".gz", ".zip"):  # each costs a process: one of a kind will do
            binary_kinds.add(ending)
        content = (CORPUS / row["file"]).read_bytes()
        first, _ = read_ratings(content, row["file"])
        layout = Layout(**json.loads(json.dumps(first.origin["layout"])))
        assert read_ratings(content, row["file"], layout)[0].fingerprint == first.fingerprint, row["file"]
    assert binary_kinds == {".npz", ".parquet", ".xlsx"}


def test_text_from_outside_stands_in_it_as_text_only(store):
    rows = "\n".join(f"{user},{item},{1 + (user * item) % 5}" for user in range(12) for item in range(9))
    dataset, _ = read_ratings(f"user,item,rating\n{rows}".encode(), NAUGHTY.replace("/", "") + ".csv")
    run = replace(executed(store, dataset, "svd", n_factors=2), name=NAUGHTY)
    tree = ast.parse(script(store, [run]))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {run.label, dataset.origin["filename"]} <= constants
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    assert {module.split(".")[0] for module in modules} == {"sys", "recsys_core"}
    assert not any(
        NAUGHTY in (ast.get_docstring(node) or "") for node in ast.walk(tree) if isinstance(node, ast.Module)
    )


def test_the_lines_of_a_program_fit_and_its_defaults_are_written_out(store):
    run = executed(store, generate(SMALL), "lambdarank", n_epochs=2)
    program = script(store, [run])
    assert max(map(len, program.splitlines())) <= 110
    assert all(f"{name}={value!r}" in program for name, value in run.recipe.settings().items())


def test_what_cannot_be_trained_again_is_said(store):
    dataset = generate(SMALL)
    run = executed(store, dataset, "svd", n_factors=2)
    foreign = replace(run, id=77, algorithm="imported", recipe=Imported())
    assert "#77 came in a file" in ast.get_docstring(ast.parse(script(store, [run, foreign])))
    with pytest.raises(InputError, match="how a model was trained"):
        script(store, [foreign])
    unknown = executed(store, replace(dataset, origin={}, feedback="implicit"), "svd", n_factors=2)
    with pytest.raises(InputError, match="must know where its data come from"):
        script(store, [unknown])


def test_runs_that_do_not_belong_together_are_refused(store):
    one, other = (executed(store, generate(replace(SMALL, seed=seed)), "svd", n_factors=2) for seed in (3, 4))
    with pytest.raises(InputError, match="of one split"):
        script(store, [one, other])
    with pytest.raises(InputError, match="Got none"):
        script(store, [])
    waiting = store.queue.add_run(store.split(one.data_fingerprint, SPLIT), "als", ALS(), 0)
    with pytest.raises(InputError, match=f"#{waiting} did not"):
        script(store, [one, store.run(waiting)])
    store.queue.request_stop(waiting)


def test_a_training_ends_at_its_last_epoch_or_where_it_should(store):
    train = store.split(store.add_dataset(generate(SMALL)), SPLIT).train
    recipe = BPR(n_epochs=4)
    epochs = list(recipe.epochs(train, seed=1))
    for until, wanted in ((None, 4), (2, 2)):
        model = last_model(recipe.epochs(train, seed=1), until)
        assert np.array_equal(model.user_factors, epochs[wanted].model.user_factors)
    assert last_model(SVD(n_factors=2).epochs(train)).n_factors == 2
