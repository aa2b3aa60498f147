"""Splits that somebody else made: kept as they are, with what is wrong with them named; windows of time."""

import numpy as np
import pytest

from recsys_core.data.corruption import AddBots, RemoveMostPopular
from recsys_core.data.dataset import Dataset
from recsys_core.data.given_split import combine_subsets
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_ratings
from recsys_core.data.reading.read_split import read_split_column, read_split_files
from recsys_core.data.split import GIVEN, METHODS, SplitRecipe, make_split, offered_methods
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.store.npz_codec import pack_dataset, unpack_dataset


def part(*rows) -> Dataset:
    text = "\n".join(["user,item,rating", *(f"{user},{item},{value}" for user, item, value in rows)])
    return read_ratings(text.encode(), "part.csv")[0]


def pairs(dataset, subset: Interactions) -> set:
    return {(dataset.user_ids[u], dataset.item_ids[i]) for u, i in zip(subset.users, subset.items, strict=True)}


TRAINING = [("a", "x", 1), ("a", "y", 2), ("b", "x", 3)]


def test_every_rating_stays_in_its_part():
    dataset, report = combine_subsets(
        {"training": part(*TRAINING), "validation": part(("a", "z", 4)), "test": part(("b", "y", 5), ("a", "w", 1))}
    )
    split = make_split(dataset, SplitRecipe(method=GIVEN))
    assert pairs(dataset, split.train) == {("a", "x"), ("a", "y"), ("b", "x")}
    assert pairs(dataset, split.validation) == {("a", "z")} and pairs(dataset, split.test) == {("b", "y"), ("a", "w")}
    assert split.n_overlaps() == 0 and report.n_ratings == {"training": 3, "validation": 1, "test": 2}
    assert report.n_unknown_items == 2 and report.n_unknown_users == 0
    assert sorted(split.test.values.tolist()) == [1, 5]


def test_leaks_overlaps_and_strangers_are_named_and_counted():
    dataset, report = combine_subsets(
        {
            "training": part(*TRAINING),
            "validation": part(("a", "x", 1), ("b", "y", 2)),
            "test": part(("b", "y", 2), ("stranger", "x", 5)),
        }
    )
    assert report.overlaps == {("training", "validation"): 1, ("training", "test"): 0, ("validation", "test"): 1}
    assert report.unknown_users == ("stranger",) and report.n_left_out == 1
    split = make_split(dataset, SplitRecipe(method=GIVEN))
    assert pairs(dataset, split.train) == {("a", "x"), ("a", "y"), ("b", "x")}, "a leak is no longer held out"
    assert pairs(dataset, split.validation) == {("b", "y")} and split.test.n_interactions == 0
    assert pairs(dataset, split.left_out) == {("stranger", "x")}
    text = " ".join(report.sentences())
    assert "1 rating is in training and in validation too: a leak" in text and "'stranger'" in text


@pytest.mark.parametrize(
    "parts, message",
    [
        ({"test": part(("a", "x", 1))}, "must have training ratings"),
        ({"training": part(("a", "x", 1))}, "at least one of validation and test"),
        ({"training": part(("a", "x", 1)), "test": read_ratings(b"user,item\na,y\nb,y\n", "t.csv")[0]}, "alike"),
    ],
)
def test_what_is_no_split_is_refused(parts, message):
    with pytest.raises(InputError, match=message):
        combine_subsets(parts)


def held_out_last(n_users=40, n_items=400) -> tuple[bytes, ...]:
    """The files of a leave-one-out split, in which each user in order has one line in the second."""
    rng = np.random.default_rng(0)
    train = [(user, item) for user in range(n_users) for item in range(user % 9, n_items, 9)]
    test = [(user, 9 * int(rng.integers(n_items // 9)) + (user + 1) % 9) for user in range(n_users)]
    contents = (
        "".join(f"{user}\t{item}\t{rng.integers(1, 6)}\t{978300000 + 977 * user + item}\n" for user, item in rows)
        for rows in (train, test)
    )
    return tuple(content.encode() for content in contents)


def test_a_part_is_read_like_training_where_its_columns_are_the_same():
    train, test = held_out_last()
    dataset, report, _ = read_split_files({"test": (test, "ml.test.rating"), "training": (train, "ml.train.rating")})
    assert dataset.feedback == "explicit" and report.n_unknown_users == 0
    assert len(dataset.user_ids) == 40 and report.n_ratings["test"] == 40


def test_the_header_again_is_nobody_in_any_part():
    """As where the parts are files that were put one after the other."""
    header = "user_id,item_id,when\n"
    rows = [f"u{n % 9},i{n % 7},2020-01-{1 + n % 28:02}\n" for n in range(60)]
    twice = header + "".join(rows[:20]) + header + "".join(rows[20:])
    files = {"training": (twice.encode(), "a.csv"), "test": ((header + rows[1] + header).encode(), "b.csv")}
    dataset, _, _ = read_split_files(files)
    assert set(dataset.user_ids) == {f"u{n}" for n in range(9)} and dataset.times is not None


def test_one_row_of_everybody_in_order_is_no_count_of_rows():
    dataset, _ = read_ratings(held_out_last()[1], "ml.test.rating")
    assert len(dataset.user_ids) == 40 and dataset.feedback == "explicit"


def test_the_column_that_says_the_part_is_neither_person_nor_item():
    rng = np.random.default_rng(0)
    rows = "".join(f"{n % 10},{n // 10},{rng.integers(1, 6)},{'test' if n % 4 else 'train'}\n" for n in range(150))
    dataset, report, _ = read_split_column(rows.encode(), "rows.csv")
    assert (len(dataset.user_ids), len(dataset.item_ids), dataset.feedback) == (10, 15, "explicit")
    assert sum(report.n_ratings.values()) == 150


def test_a_split_that_goes_out_in_parts_comes_back_the_same():
    dataset = generate(SyntheticRecipe(n_users=40, n_items=30, feedback="explicit"))
    split = make_split(dataset)
    rows = {"training": split.train, "validation": split.validation, "test": split.test}
    parts = {
        name: part(
            *((dataset.user_ids[u], dataset.item_ids[i], v) for u, i, v in zip(s.users, s.items, s.values, strict=True))
        )
        for name, s in rows.items()
    }
    back, report = combine_subsets(parts)
    again = make_split(back, SplitRecipe(method=GIVEN))
    for name, subset in (("training", again.train), ("validation", again.validation), ("test", again.test)):
        assert pairs(back, subset) == pairs(dataset, rows[name])
    assert not any(report.overlaps.values())


def test_the_split_is_part_of_the_data():
    """It changes the fingerprint, survives the store and damage, and is offered where it came with the data only."""
    dataset, _ = combine_subsets({"training": part(*TRAINING), "test": part(("b", "y", 5))})
    other, _ = combine_subsets({"training": part(*TRAINING[:2]), "test": part(("a", "z", 1), ("b", "x", 3))})
    assert offered_methods(dataset)[0] == GIVEN and GIVEN not in offered_methods(generate())
    assert len({dataset.fingerprint, other.fingerprint}) == 2
    kept = unpack_dataset(pack_dataset(dataset))
    assert kept.fingerprint == dataset.fingerprint
    np.testing.assert_array_equal(kept.given_subsets, dataset.given_subsets)
    for damage in (AddBots(share=0.5), RemoveMostPopular()):
        make_split(damage.apply(dataset), SplitRecipe(method=GIVEN))
    with pytest.raises(InputError, match="must have come with one"):
        make_split(generate(), SplitRecipe(method=GIVEN))


def timed(n=400) -> Dataset:
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 30, n), rng.integers(0, 40, n)
    data = Interactions.from_triples(users, items, np.ones(n), 30, 40)
    ids = tuple(map(str, range(40)))
    times = rng.permutation(data.n_interactions).astype(float)
    return Dataset("timed", data, ids[:30], ids, "implicit", ids, times=times)


def test_windows_roll_back_in_time_without_overlap():
    """Each earlier window is tested where the later one begins to learn; nothing later than a window is seen in it."""
    dataset = timed()
    times_of = dict(
        zip(zip(dataset.interactions.users, dataset.interactions.items, strict=True), dataset.times, strict=True)
    )
    tests = []
    for back in range(3):
        split = make_split(dataset, SplitRecipe("strictly by time", validation=0.1, test=0.2, windows_back=back))
        subsets = [
            [times_of[pair] for pair in zip(s.users, s.items, strict=True)]
            for s in (split.train, split.validation, split.test)
        ]
        assert max(subsets[0]) < min(subsets[1]) and max(subsets[1]) < min(subsets[2])
        total = sum(s.n_interactions for s in (split.train, split.validation, split.test, split.left_out))
        assert total == dataset.interactions.n_interactions and split.n_overlaps() == 0
        tests.append(subsets[2])
    assert max(tests[1]) < min(tests[0]) and max(tests[2]) < min(tests[1])


def test_a_recipe_without_windows_has_the_fingerprint_it_always_had():
    assert "windows_back" not in SplitRecipe("strictly by time").settings()
    assert SplitRecipe("strictly by time", windows_back=1).settings()["windows_back"] == 1
    assert GIVEN not in METHODS
