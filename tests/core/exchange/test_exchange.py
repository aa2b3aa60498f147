"""Models leave and come back with every bit, foreign ones are joined by id, and hostile files are refused."""

import io
import json
import math
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.imported import Imported
from recsys_core.data.sandbox import model as sandbox_model
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange import reading
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.reading import align_to_dataset, describe_contradictions, imported_recipe, read_model
from recsys_core.exchange.writing import model_as_npz, model_as_parquet
from recsys_core.factors.axes import axis_strengths, map_points, nearest_by_cosine, sort_by_strength, varimax
from recsys_core.runner.execute import execute
from recsys_core.store.history import add_finished_run
from recsys_core.store.store import RunStore
from tests.core.exchange.files import npz

DATA = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))
EVERYBODY = np.arange(DATA.interactions.n_users)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('exchange') / 'runs.sqlite'}")
    split = store.split(store.add_dataset(DATA), SplitRecipe())
    for key, algorithm in ALGORITHMS.items():
        store.queue.add_run(split, key, algorithm(), 3)
        execute(store, store.queue.claim("test"))
    return store


def run_of(store, algorithm):
    return next(run for run in store.runs() if run.algorithm == algorithm)


def told(store, run) -> dict:
    return describe_model(run, DATA, store.model(run.id), store.epochs(run.id), store.evaluation(run.id, "validation"))


def read_here(content: bytes, kind: str) -> tuple[dict, bytes]:
    """What the child does, without the time that it takes to start one."""
    head, payload = sandbox_model.read(content)
    return json.loads(json.dumps(head)), b"".join(payload)


@pytest.fixture(autouse=True)
def without_a_child(request, monkeypatch):
    if "in_a_child" not in request.node.name:
        monkeypatch.setattr(reading, "unpack", read_here)


def with_about(content: bytes, said: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("model.json", said)
    return file.getvalue()


def foreign(**changed) -> dict:
    """The arrays of a small model from elsewhere that knows these people and items."""
    rng = np.random.default_rng(0)
    arrays = {
        "user_factors": rng.normal(size=(60, 3)).astype(np.float32),
        "item_factors": rng.normal(size=(40, 3)).astype(np.float32),
        "user_ids": np.array(DATA.user_ids),
        "item_ids": np.array(DATA.item_ids),
    }
    return {name: array for name, array in {**arrays, **changed}.items() if array is not None}


# Out, and in again


@pytest.mark.parametrize("algorithm", ["implicit_als", "als", "svd", "bpr", "lambdarank", "biases"])
@pytest.mark.parametrize("write", [model_as_npz, model_as_parquet])
def test_a_model_comes_back_with_the_last_bit_of_every_score(store, algorithm, write):
    run = run_of(store, algorithm)
    model = store.model(run.id)
    file = read_model(write(model, DATA, told(store, run)))
    back, matches = align_to_dataset(file, DATA)
    assert np.array_equal(back.scores(EVERYBODY), model.scores(EVERYBODY))
    assert back.predicts_ratings == model.predicts_ratings
    assert [match.n_only_in_data + match.n_only_in_file for match in matches] == [0, 0]
    assert imported_recipe(file, back, store.split_of(run)).of_this_split


def test_the_npz_file_is_what_numpy_opens_and_says_what_it_is(store):
    run = run_of(store, "bpr")
    with np.load(io.BytesIO(model_as_npz(store.model(run.id), DATA, told(store, run))), allow_pickle=False) as file:
        said = json.loads(file["model.json"])
        assert np.array_equal(file["item_factors"], store.model(run.id).item_factors)
        assert file["titles"].tolist() == list(DATA.titles)
    assert said["settings"] == run.recipe.settings() and said["seed"] == 3
    assert said["run_fingerprint"] == run.fingerprint and said["split"]["fingerprint"] == run.split_fingerprint
    assert said["metrics"][0]["value"] == store.evaluation(run.id, "validation").mean("ndcg", 10)
    assert {metric["part"] for metric in said["metrics"]} == {"validation"}


@pytest.mark.parametrize("algorithm", ["ease", "item_knn"])
def test_weights_between_items_leave_as_the_arrays_that_they_are(store, algorithm):
    run = run_of(store, algorithm)
    model = store.model(run.id)
    content = model_as_npz(model, DATA, told(store, run))
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        if isinstance(model.weights, np.ndarray):
            assert np.array_equal(file["weights"], model.weights)
        else:
            assert np.array_equal(file["weights_data"], model.weights.data)
    with pytest.raises(InputError, match="weights between items"):
        read_model(content)
    with pytest.raises(InputError, match="take the NPZ file"):
        model_as_parquet(model, DATA, {})


def test_the_tables_have_the_columns_of_spark(store):
    run = run_of(store, "implicit_als")
    content = model_as_parquet(store.model(run.id), DATA, told(store, run))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        table = pq.read_table(io.BytesIO(archive.read("user_factors.parquet")))
    assert table.column_names == ["id", "features"]
    assert table.column("id").to_pylist() == list(DATA.user_ids)
    assert np.array_equal(np.array(table.column("features").to_pylist(), np.float32), store.model(run.id).user_factors)


def test_an_imported_model_is_a_run_that_survives_and_has_the_numbers_of_the_original(store):
    run = run_of(store, "svd")
    split, original = store.split_of(run), store.model(run.id)
    file = read_model(model_as_npz(original, DATA, told(store, run)))
    model, _ = align_to_dataset(file, DATA)
    recipe = imported_recipe(file, model, split)
    scores, seconds = [evaluate(model, split, "validation")], recipe.training_seconds
    made = add_finished_run(store, split, recipe, model, scores, "from svd.npz", seconds=seconds)
    again = RunStore(store.url)
    assert again.run(made).recipe == recipe and again.run(made).notes == "from svd.npz"
    assert made in [each.id for each in again.runs_with("model", split.fingerprint)]
    theirs, ours = (again.evaluation(each, "validation").per_user("ndcg", 10) for each in (run.id, made))
    assert np.array_equal(theirs, ours)
    assert again.epochs(made)[0].seconds == store.epochs(run.id)[-1].seconds
    assert again.run(made).fingerprint != run.fingerprint
    with pytest.raises(InputError, match="came in a file"):
        next(recipe.epochs(split.train))


# From elsewhere


def test_a_foreign_model_is_not_trusted_and_two_of_them_are_two(store):
    split = store.split_of(run_of(store, "svd"))
    recipes = []
    for seed in range(2):
        file = read_model(npz(**foreign(user_factors=np.random.default_rng(seed).normal(size=(60, 3)))))
        recipes.append(imported_recipe(file, align_to_dataset(file, DATA)[0], split))
    assert all(recipe.label == "Trained elsewhere" and "may have seen" in recipe.caution for recipe in recipes)
    assert recipes[0] != recipes[1]


@pytest.mark.parametrize(
    "said", [{"split": {"fingerprint": "0" * 16}}, {"split": "this"}, {"split": {"fingerprint": 1}}]
)
def test_only_the_fingerprint_of_this_split_makes_a_file_trusted(store, said):
    file = read_model(with_about(npz(**foreign()), json.dumps(said).encode()))
    assert not imported_recipe(
        file, align_to_dataset(file, DATA)[0], store.split_of(run_of(store, "svd"))
    ).of_this_split


def test_of_what_a_file_says_at_too_great_length_the_short_entries_are_kept(store):
    said = {"settings": "x" * 30_000, "training_seconds": 3.5, "epoch_kept_why": "the highest NDCG@10 on validation"}
    file = read_model(with_about(npz(**foreign()), json.dumps(said).encode()))
    recipe = imported_recipe(file, align_to_dataset(file, DATA)[0], store.split_of(run_of(store, "svd")))
    assert recipe.training_seconds == 3.5 and recipe.comes_from_best_epoch and len(recipe.about) < 200


@pytest.mark.parametrize("recipe", [Imported(n_factors=3), Blend(n_factors=3)], ids=["foreign", "blend"])
def test_leaving_and_coming_back_does_not_make_a_model_trusted(store, recipe):
    run = run_of(store, "svd")
    split = store.split_of(run)
    said = json.dumps({**told(store, replace(run, recipe=recipe)), "n_factors": 3}).encode()
    file = read_model(with_about(npz(**foreign()), said))
    again = imported_recipe(file, align_to_dataset(file, DATA)[0], split)
    assert file.about["split"]["fingerprint"] == split.fingerprint
    assert again.possibly_leaked_subsets == ("validation", "test")


def test_ids_are_joined_as_text_and_whoever_is_missing_gets_the_mean():
    arrays = foreign()
    order = np.random.default_rng(1).permutation(60)[:50]
    arrays |= {"user_factors": arrays["user_factors"][order], "user_ids": arrays["user_ids"][order]}
    arrays["item_ids"] = np.where(np.arange(40) < 30, arrays["item_ids"], [f"new {place}" for place in range(40)])
    model, (people, items) = align_to_dataset(read_model(npz(**arrays)), DATA)
    assert (people.n_matched, people.n_only_in_data, people.n_only_in_file) == (50, 10, 0)
    assert (items.n_matched, items.n_only_in_data, items.n_only_in_file) == (30, 10, 10)
    for place, user in enumerate(DATA.user_ids):
        row = list(arrays["user_ids"]).index(user) if user in arrays["user_ids"] else None
        wanted = arrays["user_factors"].mean(axis=0, dtype=float) if row is None else arrays["user_factors"][row]
        assert model.user_factors[place] == pytest.approx(wanted, abs=1e-6)
    assert model.item_factors[35] == pytest.approx(arrays["item_factors"][:30].mean(axis=0, dtype=float), abs=1e-6)
    assert items.sentence() == (
        "30 of 40 items in the data are in the file; the other 10 get the mean of the file's; 10 in the file are not "
        "in the data and are left out."
    )


def test_a_model_of_other_people_is_refused():
    with pytest.raises(InputError, match="None of its ids is here"):
        align_to_dataset(read_model(npz(**foreign(user_ids=np.arange(60)))), DATA)


def spark(**tables) -> bytes:
    """A ZIP archive of folders as Spark writes them, with two parts each."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/userFactors/_SUCCESS", b"")
        for side, (ids, factors) in tables.items():
            for part, rows in enumerate(np.array_split(np.arange(len(ids)), 2)):
                part_file = io.BytesIO()
                columns = {"id": pa.array(ids[rows], pa.int32()), "features": pa.array(factors[rows].tolist())}
                pq.write_table(pa.table(columns), part_file)
                archive.writestr(f"model/{side}Factors/part-0000{part}.snappy.parquet", part_file.getvalue())
    return file.getvalue()


def test_the_folders_that_spark_writes_are_read_with_whole_numbers_as_ids():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(5, 2)).astype(np.float32), rng.normal(size=(4, 2)).astype(np.float32)
    file = read_model(spark(user=(np.arange(5), users), item=(np.arange(10, 14), items)))
    assert file.user_ids == ("0", "1", "2", "3", "4") and file.item_ids == ("10", "11", "12", "13")
    assert np.array_equal(file.model.user_factors, users) and np.array_equal(file.model.item_factors, items)


def huge_header() -> bytes:
    """An array that declares a thousand million rows and has none."""
    file, array = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 64)})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("user_factors.npy", array.getvalue())
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user_factors.npy", bytes(200 << 20))
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.savez(file, user_factors=np.array([{"a": 1}], object))
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: b"", "not a ZIP archive"),
        (lambda: b"PK\x03\x04 nothing more", "not a ZIP archive"),
        (huge_header, "declares the shape"),
        (bomb, "too large"),
        (pickled, "pickle"),
        (lambda: npz(**foreign())[:-200], "damaged"),
        (lambda: npz(**foreign(user_factors=None)), "lacks user_factors"),
        (lambda: npz(**foreign(item_ids=None)), "lacks item_ids"),
        (lambda: npz(**foreign(user_factors=np.zeros((59, 3)))), "for 60 ids"),
        (lambda: npz(**foreign(user_factors=np.zeros((60, 4)))), "Got 4 and 3"),
        (lambda: npz(**foreign(user_factors=np.zeros(60))), "for 60 ids"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), np.nan))), "finite numbers"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), 1e300))), "finite numbers"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), 1e30), item_factors=np.full((40, 3), 1e30))), "overflow"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), "1"))), "must be numbers"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), 1j))), "complex"),
        (lambda: npz(**foreign(user_ids=np.zeros(60, int))), "occur twice"),
        (lambda: npz(**foreign(user_ids=np.arange(60) + 0.5)), "fractions"),
        (lambda: npz(**foreign(user_bias=np.zeros(7))), "one bias"),
        (lambda: npz(**foreign(item_biases=np.ones(4), mu=np.array(3.5))), "This one has item_biases, mu: rename"),
        (lambda: with_about(npz(**foreign()), b"[" * 100_000), "JSON object"),
        (lambda: with_about(npz(**foreign()), b'{"a":' * 900 + b"1" + b"}" * 900), "50 levels"),
        (lambda: with_about(npz(**foreign()), b'{"offset": "much"}'), "must be a number"),
        (lambda: with_about(npz(**foreign()), b'{"offset": NaN}'), "finite"),
        (lambda: with_about(npz(**foreign()), b'{"offset": 1' + b"0" * 400 + b"}"), "finite"),
        (lambda: with_about(npz(**foreign()), b'{"n_factors": 64}'), "must be that of the arrays, 3. Got '64'"),
        (lambda: with_about(npz(**foreign()), b'{"n_users": "60"}'), "must be that of the arrays, 60"),
        (lambda: with_about(npz(**foreign()), b'{"n_items": 41}'), "must be that of the arrays, 40"),
        (lambda: npz(**foreign(user_factors=np.full((60, 3), 1e25), item_factors=np.ones((40, 3)))), "squares"),
        (lambda: spark(user=(np.arange(4), np.zeros((4, 2)))), "There are none of items"),
        (lambda: spark(user=(np.zeros(4, int), np.zeros((4, 2))), item=(np.arange(4), np.ones((4, 2)))), "occur twice"),
    ],
)
def test_a_file_that_is_no_model_is_refused_in_a_sentence(make, words):
    with pytest.raises(InputError, match=words) as refused:
        read_model(make())
    assert str(refused.value).count(". ") >= 1


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1, 10**400, "3 s", True, [], {}])
def test_training_seconds_that_are_no_number_are_left_out_and_that_is_said(store, seconds):
    split = store.split_of(run_of(store, "svd"))
    file = read_model(with_about(npz(**foreign()), json.dumps({"training_seconds": seconds}).encode()))
    assert imported_recipe(file, align_to_dataset(file, DATA)[0], split).training_seconds is None
    (sentence,) = describe_contradictions(file, split)
    assert "training time" in sentence


def test_a_file_that_claims_another_split_is_not_trusted_and_that_is_said(store):
    split = store.split_of(run_of(store, "svd"))
    own = {**split.recipe.settings(), "fingerprint": split.fingerprint}
    for said, is_trusted in (
        (own, True),
        ({**own, "fingerprint": "0" * 16}, False),
        ({**own, "seed": own["seed"] + 1}, False),  # this split's fingerprint, beside another split's settings
        ({"method": own["method"]}, False),
        ([own], False),
        ((own, "0" * 16), False),  # of other data
    ):
        about = {"split": said}
        if isinstance(said, tuple):
            about = {"split": said[0], "data": {"fingerprint": said[1]}}
        file = read_model(with_about(npz(**foreign()), json.dumps(about).encode()))
        recipe = imported_recipe(file, align_to_dataset(file, DATA)[0], split)
        assert recipe.of_this_split is is_trusted
        assert ("cannot be checked here" in recipe.caution) is is_trusted
        assert [("another split" in each) for each in describe_contradictions(file, split)] == [True] * (not is_trusted)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(10**400) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SAID = ("offset", "n_factors", "n_users", "training_seconds", "split", "settings", "algorithm", "predicts_ratings")
SIZES = st.sampled_from([0.0, 1e-45, 1e-30, 1.0, 1e10, 3e17, 1e19, 1e25, 3e38, 1e300, math.inf, math.nan])


@example(about={}, sizes=(1e-45, 1e-45, 0.0))
@example(about={}, sizes=(3e17, 3e17, 1e-45))
@given(
    about=st.dictionaries(st.sampled_from(SAID), ANYTHING, max_size=3) | ANYTHING,
    sizes=st.tuples(SIZES, SIZES, SIZES),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_refused_in_words_or_works_everywhere(store, about, sizes):
    """Every field of the description, and factors and biases of every size."""
    users, items, bias = sizes
    arrays, split = foreign(), store.split_of(run_of(store, "svd"))
    with np.errstate(all="ignore"):
        arrays |= {"user_factors": arrays["user_factors"] * users, "item_factors": arrays["item_factors"] * items}
        content = with_about(npz(**arrays, item_bias=np.full(40, bias)), json.dumps(about).encode())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            file = read_model(content)
        except InputError as refusal:
            assert refusal.__cause__ is None and "np." not in str(refusal)
            return
        model, _ = align_to_dataset(file, DATA)
        recipe = imported_recipe(file, model, split)
        assert all(isinstance(each, str) for each in describe_contradictions(file, split))
        assert recipe.training_seconds is None or math.isfinite(recipe.training_seconds)
        assert np.isfinite(evaluate(model, split, "validation").mean("ndcg", 10))
        axes, strengths = sort_by_strength(model)
        points = [*map_points(axes, strengths), varimax(axes).item_factors, axis_strengths(model)]
        assert all(np.isfinite(each).all() for each in (model.scores(EVERYBODY), axes.item_factors, *points))
        assert np.isfinite(nearest_by_cosine(model.item_factors, 0, 5)[1]).all()


def test_a_file_is_parsed_in_a_child():
    assert np.array_equal(read_model(npz(**foreign())).model.user_factors, foreign()["user_factors"])
    with pytest.raises(InputError, match="declares the shape"):
        read_model(huge_header())
