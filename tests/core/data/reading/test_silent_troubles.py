"""Troubles of files that changed numbers without a word: each is put right, or told."""

import re

import numpy as np
import pytest

from recsys_core.data.reading import dialect, guess_layout, read_ratings
from recsys_core.errors import InputError

ROWS = [(user, item, (3 * user + item) % 5 + 1) for user in range(1, 9) for item in range(1, 7) if (user + item) % 3]
TRUTH = {(str(user), f"i{item}"): float(value) for user, item, value in ROWS}


def rows(form="{},i{},{}", chosen=ROWS) -> str:
    return "".join(form.format(*row) + "\n" for row in chosen)


def read(text: str, name="r.csv"):
    dataset, receipt = read_ratings(text.encode(), name)
    data = dataset.interactions
    triples = zip(data.users, data.items, data.values.tolist(), strict=True)
    return {(dataset.user_ids[u], dataset.item_ids[i]): value for u, i, value in triples}, receipt, dataset


HEADER = "user,item,rating\n"


def test_files_that_were_put_one_after_the_other_with_their_marks_are_one():
    text = "\ufeff" + HEADER + rows(chosen=ROWS[:9]) + "\ufeff" + rows(chosen=ROWS[9:])
    assert read(text)[0] == TRUTH


def test_a_second_header_in_another_order_is_told_and_the_same_one_is_no_row():
    text = HEADER + rows(chosen=ROWS[:9])
    assert read(text + HEADER + rows(chosen=ROWS[9:]))[0] == TRUTH
    turned = rows("i{1},{0},{2}", ROWS[9:])
    assert (
        "Line 11 is the header again, with its columns in another order"
        in read(text + "item,user,rating\n" + turned)[1].text()
    )


@pytest.mark.parametrize("long", ["9" * 10_000, "4." + "0" * 10_000])
def test_a_number_of_ten_thousand_digits_does_not_make_ratings_disappear(long):
    found, receipt, _ = read(HEADER + rows(chosen=ROWS[1:]) + f"1,i1,{long}\n")
    others = {pair: value for pair, value in TRUTH.items() if pair != ("1", "i1")}
    assert {pair: value for pair, value in found.items() if pair != ("1", "i1")} == others
    assert max(map(len, receipt.text().splitlines())) < 1_000


def test_ids_with_and_without_decimals_are_told():
    _, receipt, _ = read(HEADER + rows(chosen=ROWS[:9]) + rows("{}.0,i{},{}", ROWS[9:]))
    assert "with and without decimals, such as" in receipt.text()


def matrix(total="", mean="", last="", corner="") -> str:
    items = sorted({item for _, item, _ in ROWS})
    values = {(user, item): value for user, item, value in ROWS}
    lines = [
        ",".join([corner, *(f"i{item}" for item in items), *([total] if total else []), *([mean] if mean else [])])
    ]
    for user in sorted({user for user, _, _ in ROWS}):
        rated = [values[user, item] for item in items if (user, item) in values]
        more = [str(sum(rated))] * bool(total) + [f"{np.mean(rated):.2f}"] * bool(mean)
        lines.append(",".join([f"u{user}", *(str(values.get((user, item), "")) for item in items), *more]))
    if last:
        sums = [str(sum(values.get((user, item), 0) for user in range(1, 9))) for item in items]
        lines.append(",".join([last, *sums]))
    return "\n".join(lines)


IN_A_MATRIX = {(f"u{user}", item): value for (user, item), value in TRUTH.items()}


@pytest.mark.parametrize(("total", "mean"), [("Total", ""), ("", "Average"), ("Summe", "Ø Mittelwert".split()[1])])
def test_columns_that_sum_up_a_matrix_are_no_items(total, mean):
    found, _, _ = read(matrix(total, mean), "m.csv")
    assert found == IN_A_MATRIX
    doubts = guess_layout(matrix(total, mean).encode(), "m.csv").doubts
    assert sum("sums up the others in its row" in doubt.sentence for doubt in doubts) == bool(total) + bool(mean)


def test_a_column_that_is_only_called_so_is_an_item():
    named = matrix().replace("i6", "Total")
    assert {item for _, item in read(named, "m.csv")[0]} == {"i1", "i2", "i3", "i4", "i5", "Total"}


@pytest.mark.parametrize("name", ["Total", "Grand Total", "Gesamtergebnis", "All", "Total général", "Общий итог"])
def test_what_sums_up_a_matrix_is_neither_a_person_nor_an_item(name):
    found, receipt, _ = read(matrix(total=name, last=name), "m.csv")
    assert found == IN_A_MATRIX
    assert f"1 left out because it sums up the rows above: line 10: '{name} | " in receipt.text()
    assert "sums up" not in read(matrix(), "m.csv")[1].text()


FOOTERS = ["Total,{n}\n", "Total,{n},{total}\nAverage,,{mean}\n", "Mean,Mean,{mean}\n", "Grand Total,,{total}\n"]


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_sums_up_the_rows_of_a_long_file_is_no_row(footer):
    values = [value for _, _, value in ROWS]
    text = footer.format(n=len(ROWS), total=sum(values), mean=f"{np.mean(values):.2f}")
    columns = slice(None, 1 + text.splitlines()[0].count(","))
    chosen = [row[columns] for row in ROWS]
    body = "".join(",".join([f"u{row[0]}", f"i{row[1]}", *map(str, row[2:])]) + "\n" for row in chosen)
    _, receipt, dataset = read(",".join(HEADER.strip().split(",")[columns]) + "\n" + body + text)
    assert dataset.interactions.n_users == 8 and receipt.n_kept == len(ROWS)
    assert f"because it sums up the rows above: line {len(ROWS) + 2}" in receipt.text()
    assert receipt.lines.n_unaccounted == 0


def test_a_person_who_is_only_called_so_stays():
    for name, value in (("Total", "2"), ("n", "3"), ("All", "5")):
        assert name in read(HEADER + rows("u{},i{},{}") + f"{name},i1,{value}\n")[2].user_ids


@pytest.mark.parametrize("header", ["user_id,item_id\n", "user_id,item_id,event\n", "user_id,item_id,timestamp\n"])
def test_the_header_again_is_no_person_where_nobody_rated(header):
    last = {"event\n": ",view", "timestamp\n": ",978300000"}.get(header.split(",")[-1], "")
    body = [f"u{user},i{item}{last}\n" for user, item, _ in ROWS]
    _, receipt, dataset = read(header + "".join(body[:9]) + header.replace(",", " , ") + "".join(body[9:]))
    assert dataset.interactions.n_users == 8 and receipt.n_kept == len(ROWS)
    assert "1 left out because it is the header again: line 11" in receipt.text() and receipt.lines.n_unaccounted == 0


@pytest.mark.parametrize("below", ["----,----", "======,=======", "string,string", "int64,object"])
def test_a_rule_or_the_types_below_the_header_are_no_person(below):
    body = "".join(f"u{user},i{item}\n" for user, item, _ in ROWS)
    _, receipt, dataset = read(f"user,item\n{below}\n{body}")
    assert dataset.interactions.n_users == 8 and receipt.n_kept == len(ROWS)
    assert "rules off the header or names the types of its columns: line 2" in receipt.text()


def test_a_matrix_whose_rows_are_called_items_is_told():
    assert "named like items, but each row is read as a person" in read(matrix(corner="movie"), "m.csv")[1].text()
    assert "named like items" not in read(matrix(corner="user"), "m.csv")[1].text()


def timed(write) -> str:
    return "user,item,rating,time\n" + "".join(
        f"{user},i{item},{value},{write(number)}\n" for number, (user, item, value) in enumerate(ROWS)
    )


@pytest.mark.parametrize("unknown", ["0", "-1", "253402214400"])
def test_times_at_which_nobody_rated_are_told(unknown):
    _, receipt, dataset = read(timed(lambda number: unknown if number % 5 == 0 else 1_400_000_000 + number))
    assert dataset.times is not None and "up to 1 January 1970 or after 2100: line 2: " in receipt.text()
    assert "1 January 1970" not in read(timed(lambda number: 1_400_000_000 + number))[1].text()


def test_years_of_two_digits_that_come_first_are_asked_for_and_days_are_not():
    _, receipt, dataset = read(timed(lambda number: f"{14 + number % 2}-0{1 + number % 9}-{10 + number % 19}"))
    assert dataset.times is None and "day-month-year or as year-month-day" in receipt.text()
    _, _, dataset = read(timed(lambda number: f"{13 + number % 19}-0{1 + number % 9}-{14 + number % 2}"))
    assert dataset.times is not None


def test_an_event_of_a_thousand_letters_is_told_in_a_few():
    long = "view" + "w" * 5_000
    text = "user,item,event\n" + "".join(f"{user},i{item},{[long, 'purchase'][item % 2]}\n" for user, item, _ in ROWS)
    assert max(map(len, read(text)[1].text().splitlines())) < 1_000


def test_too_many_columns_are_refused_before_their_cells_are_looked_at(monkeypatch):
    monkeypatch.setattr(dialect, "looks_like_header", None)
    lines = [",".join(f"i{n}" for n in range(20_001)), *["1," * 20_000 + "1"] * 3]
    with pytest.raises(InputError, match="at most 20,000 columns"):
        read("\n".join(lines))


@pytest.mark.parametrize("header", ["", HEADER, "user,item,stars,votes\n"])
@pytest.mark.parametrize("highest", [5, 1])
def test_a_few_words_do_not_hide_the_numbers_beside_them(header, highest):
    values = {9: "n/a", 20: "?", 21: "none of these"}
    pairs = [(f"u{user}", f"i{item}") for user in range(12) for item in range(9) if (user + item) % 4]
    cells = [str(values.get(number, number * 7 % (highest + 1))) for number in range(len(pairs))]
    more = ",7" if "votes" in header else ""
    text = header + "".join(f"{user},{item},{cell}{more}\n" for (user, item), cell in zip(pairs, cells, strict=True))
    found, receipt, dataset = read(text)
    numbers = {pair: float(cell) for pair, cell in zip(pairs, cells, strict=True) if cell.isdigit()}
    assert found == numbers and dataset.feedback == "explicit"
    assert f"line {10 + bool(header)}: 'n/a'" in receipt.text() and receipt.n_left_out == 3


def test_words_in_a_few_cells_do_not_hide_a_matrix():
    lines = matrix(corner="user").splitlines()
    lines[2:4] = [re.sub(r",\d", ",skipped", lines[2], count=1), re.sub(r",\d", ",not seen", lines[3], count=1)]
    found, receipt, _ = read("\n".join(lines), "m.csv")
    assert found.items() <= IN_A_MATRIX.items() and len(found) == len(IN_A_MATRIX) - 2
    assert "line 3: 'skipped', line 4: 'not seen'" in receipt.text()
