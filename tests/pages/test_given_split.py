"""A split that somebody else made, through AppTest: loaded as it is, offered as the split, with its faults named."""

import io
import zipfile

import pytest

from recsys_core.data.reading.read_split import read_split_column, read_split_files
from recsys_core.data.split import GIVEN, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.exchange.split_files import split_as_zip
from tests.pages.app import button_group, counts, go, open_tab, texts


def parts_of(dataset, split) -> dict[str, tuple[bytes, str]]:
    with zipfile.ZipFile(io.BytesIO(split_as_zip(dataset, split))) as archive:
        return {name: (archive.read(f"{name}.csv"), f"{name}.csv") for name in ("training", "validation", "test")}


def with_column(parts, words=("train", "valid", "test"), column="split") -> bytes:
    lines = [f"user,item,{column}"]
    for word, (content, _) in zip(words, parts.values(), strict=True):
        lines += [f"{line},{word}" for line in content.decode().splitlines()[1:]]
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def planted():
    dataset = generate(SyntheticRecipe(n_users=60, n_items=40))
    return dataset, make_split(dataset)


def test_the_exported_parts_and_one_file_with_a_column_are_the_same_split(planted):
    parts = parts_of(*planted)
    by_files, report, _ = read_split_files(parts)
    by_column, _, _ = read_split_column(with_column(parts), "ratings.csv")
    splits = [make_split(each, SplitRecipe(GIVEN)) for each in (by_files, by_column)]
    assert by_files.fingerprint == by_column.fingerprint and splits[0].fingerprint == splits[1].fingerprint
    original = planted[1]
    assert [s.n_interactions for s in (splits[0].train, splits[0].validation, splits[0].test)] == [
        s.n_interactions for s in (original.train, original.validation, original.test)
    ]
    assert not any(report.overlaps.values()) and report.n_unknown_users == 0


@pytest.mark.parametrize("words, column", [(("0", "0", "1"), "is_test"), (("TRAIN", "dev", "Test"), "Fold")])
def test_the_words_for_the_parts_may_be_others(planted, words, column):
    dataset, _, _ = read_split_column(with_column(parts_of(*planted), words, column), "ratings.csv")
    assert set(dataset.given_subsets.tolist()) == ({0, 2} if words[0] == "0" else {0, 1, 2})


def test_a_file_without_such_a_column_is_refused_in_words(planted):
    with pytest.raises(InputError, match="One column must say"):
        read_split_column(b"user,item,rating\n1,2,3\n4,5,1\n", "ratings.csv")
    with pytest.raises(InputError, match="'blue'"):
        read_split_column(with_column(parts_of(*planted), ("train", "blue", "test")), "ratings.csv")


@pytest.fixture
def app(still_store, open_app):
    return open_app()


def load(app, files: dict[str, tuple[bytes, str]], **more: tuple[bytes, str]):
    go(app, "data")
    button_group(app, "data_view").set_value("Given split").run()
    for name, (content, filename) in {**files, **more}.items():
        app.file_uploader(key=f"given_{name}").set_value((filename, content, "text/csv"))
    app.run()
    app.button(key="given_split_load").click().run()
    return app


def test_a_person_loads_a_split_and_every_page_uses_it(app, planted):
    load(app, parts_of(*planted))
    assert not app.exception and not app.error
    original = planted[1]
    assert counts(app) == [s.n_interactions for s in (original.train, original.validation, original.test)]
    assert app.sidebar.selectbox(key="split_method").value == GIVEN
    for page in ("train", "compare", "start"):
        assert not go(app, page).exception


def test_a_person_is_told_that_the_files_hold_no_threshold(app):
    go(app, "data")
    button_group(app, "data_view").set_value("Given split").run()
    assert "choose it after loading, under **Counts as relevant**" in texts(app.caption)


def test_files_of_items_and_people_come_with_a_split_and_a_wrong_one_loses_nothing(app, still_store, planted):
    dataset, _ = planted
    items = "item,brand\n" + "".join(f"{item},{'AB'[at % 2]}\n" for at, item in enumerate(dataset.item_ids))
    people = "user,sex\n" + "".join(f"{user},{'FM'[at % 2]}\n" for at, user in enumerate(dataset.user_ids))
    parts, before = parts_of(*planted), len(still_store.dataset_list())
    load(app, parts, items_file=(b"item,brand\nx,A\ny,B\nz,B\n", "items.csv"))
    assert " must be those of the ratings" in texts(app.error) and len(still_store.dataset_list()) == before
    load(app, parts, items_file=(items.encode(), "items.csv"), people_file=(people.encode(), "people.csv"))
    assert not app.exception and not app.error
    loaded = still_store.dataset(still_store.dataset_list()[0]["fingerprint"])
    assert loaded.item_attributes["brand"].counts == {"A": 20, "B": 20} and set(loaded.user_attributes) == {"sex"}
    told = texts(open_tab(app, "How the file was read").markdown)
    assert "categorical, 2 values; none missing" in told and "40 of 40 items got attributes" in told


def test_leaks_and_strangers_are_named_above_the_data(app, planted):
    parts = parts_of(*planted)
    leak = parts["training"][0].decode().splitlines()[1]
    parts["test"] = (parts["test"][0] + f"{leak}\nA stranger,{leak.split(',')[1]}\n".encode(), "test.csv")
    load(app, parts)
    told = texts(app.warning)
    assert "1 rating is in training and in test too: a leak" in told and "A stranger" in told
    assert "Not every row" in texts(app.caption), "the rating that is in both parts counts once"


def test_a_wrong_file_loses_nothing(app, planted):
    before = counts(go(app, "data"))
    load(app, {"training": (b"nothing", "a.csv"), "test": (b"", "b.csv")})
    assert "Training ratings:" in texts(app.error) and counts(app) == before


def test_the_split_can_be_downloaded(app):
    open_tab(go(app, "data"), "Train/test split")
    assert {button.key for button in app.get("download_button")} >= {"split_csv", "split_parquet"}
