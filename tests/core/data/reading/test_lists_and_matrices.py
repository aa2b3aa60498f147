"""Files with all items of a person in a line or a cell, and matrices with more in them than people and items."""

import pandas as pd
import pytest

from recsys_core.data.reading import guess_layout, read_ratings
from recsys_core.errors import InputError

LISTS = {user: sorted({(user * step) % 40 for step in range(1, 3 + user % 5)}) for user in range(1, 30)}


@pytest.mark.parametrize("sign, separator", [(": ", " "), (":", ","), ("\t", " "), ("\t", ","), ("\t", "|")])
@pytest.mark.parametrize("letter", ["", "u_"])
def test_a_person_and_all_their_items_on_a_line_are_no_matrix_and_no_single_item(letter, sign, separator):
    lines = [f"{letter}{user}{sign}{separator.join(map(str, items))}\n" for user, items in LISTS.items()]
    dataset, receipt = read_ratings("".join(lines).encode(), "lists.txt")
    assert dataset.interactions.n_interactions == sum(map(len, LISTS.values())) and not receipt.left_out
    assert set(dataset.user_ids) == {f"{letter}{user}" for user in LISTS}


@pytest.mark.parametrize("form", ['"{}"', '"[{}]"'])
@pytest.mark.parametrize("separator", [", ", "|", ";", " "])
def test_cells_with_lists_of_items_are_refused(form, separator):
    rows = [f"{user},{form.format(separator.join(map(str, items)))}" for user, items in LISTS.items() if len(items) > 1]
    with pytest.raises(InputError, match="must name one item"):
        read_ratings("\n".join(["user_id,item_id", *rows]).encode(), "lists.csv")


@pytest.mark.parametrize("item", ["({}, 3)", "{}|4", "{} 7", "[{}]"])
def test_items_whose_names_have_several_parts_are_items(item):
    rows = [f'u{n % 7},"{item.format(n // 7)}",{n % 5 + 1}\n' for n in range(70)]
    dataset, _ = read_ratings(("user,item,rating\n" + "".join(rows)).encode(), "r.csv")
    assert len(dataset.item_ids) == 10


def test_a_first_row_like_the_others_names_no_items_of_a_matrix():
    lines = "".join(f"u{user} {' '.join(map(str, items[::-1]))}\n" for user, items in reversed(LISTS.items()))
    with pytest.raises(InputError):
        read_ratings(lines.encode(), "lists.txt")


FILMS = [f"film {film}" for film in range(6)]
CELLS = pd.DataFrame([[(3 * user + film) % 5 + 1 for film in range(6)] for user in range(12)], columns=FILMS)
PEOPLE = [f"p{user}" for user in range(12)]


def written(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.parquet", CELLS.set_index(pd.Index(PEOPLE, name="user")).to_parquet()),
        ("m.parquet", CELLS.set_index(pd.Index(PEOPLE)).to_parquet()),
        ("m.csv", written(CELLS.assign(user=PEOPLE))),
    ],
)
def test_the_people_of_a_matrix_may_stand_behind_the_items_as_an_index_of_pandas_does(name, content):
    dataset, _ = read_ratings(content, name)
    assert set(dataset.user_ids) == set(PEOPLE) and set(dataset.item_ids) == set(FILMS)
    assert dataset.interactions.n_interactions == 72


@pytest.mark.parametrize(
    "more",
    [
        {"age": range(20, 32)},
        {"age": [1, 2, 3] * 4, "zip": range(10_000, 10_012)},
        {"name": [f"Jo {n}" for n in range(12)], "gender": ["M", "F"] * 6},
        {"steps": range(100, 112)},
    ],
)
@pytest.mark.parametrize("place", [1, 7])
def test_what_describes_people_is_no_item_of_a_matrix_unless_one_says_so(more, place):
    frame = pd.concat([pd.Series(PEOPLE, name="id"), CELLS], axis=1)
    for name, cells in more.items():
        frame.insert(place, name, list(cells))
    dataset, _ = read_ratings(written(frame), "m.csv")
    assert set(dataset.user_ids) == set(PEOPLE) and set(dataset.item_ids) == set(FILMS)
    doubt = next(each for each in guess_layout(written(frame), "m.csv").doubts if each.key == "describing")
    layout = doubt.settle(guess_layout(written(frame), "m.csv").layout, doubt.answers[1])
    if "name" not in more:
        assert {*more} <= set(read_ratings(written(frame), "m.csv", layout)[0].item_ids)


def test_items_that_are_high_or_called_like_people_stay_items():
    plays = pd.concat([2 * CELLS.rename(columns={"film 3": "Player"}), CELLS.add_suffix(" II")], axis=1)
    frame = pd.concat([pd.Series(PEOPLE, name="user"), plays], axis=1)
    dataset, _ = read_ratings(written(frame), "m.csv")
    assert len(dataset.item_ids) == 12 and set(dataset.user_ids) == set(PEOPLE)


def test_a_matrix_of_true_and_false_is_one():
    frame = pd.concat([pd.Series(PEOPLE, name="user"), CELLS > 2], axis=1)
    dataset, _ = read_ratings(written(frame), "m.csv")
    assert set(dataset.item_ids) == set(FILMS) and dataset.interactions.n_interactions == int((CELLS > 2).sum().sum())


def test_a_table_of_ratings_in_which_nobody_comes_twice_is_no_matrix():
    frame = pd.DataFrame({"user": PEOPLE, "gender": ["M", "F"] * 6, "age": range(20, 32), "film": FILMS * 2})
    frame = frame.assign(rating=[1, 2, 3, 4] * 3, a=1, b=2, c=3, d=4)
    layout = guess_layout(written(frame), "r.csv").layout
    assert (layout.orientation, layout.user, layout.item, layout.rating) == ("long", 0, 3, 4)


def test_a_table_without_columns_lacks_people():
    with pytest.raises(InputError, match="must have a column for the user"):
        read_ratings(b'{"columns": ["user", "item"], "data": [[1, 2]]}', "split.json")
