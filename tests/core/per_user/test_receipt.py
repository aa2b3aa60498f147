"""The receipt: every line is found again, duplicates go by the rule chosen, and what is odd about the data is said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.reading import DUPLICATES, SUFFIXES, Layout, read_items, read_ratings
from recsys_core.data.reading.build_dataset import merge_duplicates
from recsys_core.errors import InputError


def text(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def csv_of(rows) -> bytes:
    return text("user,item,rating", *(f"{u},{i},{r}" for u, i, r in rows))


def warned(content: bytes, words: str, name: str = "r.csv") -> bool:
    return words in " ".join(read_ratings(content, name)[1].warnings)


class TestLines:
    def test_all_that_is_gone_is_listed_in_order_with_line_reason_and_text(self):
        content = text("user,item,rating", "1,a,4", "1,a,5", "2,b", ",c,3", "2,c,x", "2,d,y", "3,a,1", "3,a,1")
        _, receipt = read_ratings(content, "r.csv")
        assert receipt.dropped_rows()[["line", "what", "text"]].to_numpy().tolist() == [
            [2, "merged", ""],
            [4, "left out", "2 fields in '2,b'"],
            [5, "left out", " | c | 3"],
            [6, "left out", "x"],
            [7, "left out", "y"],
            [8, "merged", ""],
        ]
        assert (receipt.n_read, receipt.n_kept, receipt.n_left_out, receipt.n_merged) == (8, 2, 4, 2)
        assert (receipt.merged.lines.tolist(), receipt.merged.n_conflicts) == ([2, 8], 1)

    def test_more_left_out_than_are_shown_are_still_all_there(self):
        content = text("user,item,rating", *(f"1,{n},bad" for n in range(40)), "1,a,4")
        [group] = read_ratings(content, "r.csv")[1].left_out
        assert group.lines.tolist() == [*range(2, 42)]
        assert len(group.examples) == 5 and group.sentence().endswith(", ….")

    def test_nothing_gone_is_an_empty_table(self):
        gone = read_ratings(csv_of([(1, "a", 4)]), "r.csv")[1].dropped_rows()
        assert list(gone.columns) == ["line", "what", "reason", "text"] and gone.empty

    def test_repeated_items_are_merged_with_their_lines(self):
        _, receipt = read_items(text("item,title", "a,A", "b,B", "a,C"), "i.csv")
        assert (receipt.merged.lines.tolist(), receipt.merged.n_conflicts) == ([2], 1)
        assert "others of the same item" in receipt.merged.sentence()

    def test_how_it_was_understood_is_told_in_labels(self):
        understood = dict(read_ratings(text("user;item;rating", "1;a;4,5", "2;b;3,0"), "r.csv")[1].understood)
        assert understood == {
            "Kind": "text in UTF-8",
            "Delimiter": "semicolons",
            "Header": "line 1",
            "One row is": "a rating",
            "Columns": "user = 'user', item = 'item', rating = 'rating' (explicit)",
            "The numbers are": "ratings (explicit)",
            "Decimal sign": "comma",
        }


class TestHeader:
    def test_two_columns_of_one_name_are_said(self):
        content = text("user,user,item,rating", "1,9,a,4", "2,9,a,5", "2,9,b,1")
        assert warned(content, "More than one column is called 'user'. The first is used")


class TestDuplicates:
    ROWS = text("user,item,rating,timestamp", "1,a,5,200", "1,a,2,100", "1,a,2,300", "2,a,1,50")

    @pytest.mark.parametrize(("rule", "value"), [("last", 2), ("first", 2), ("mean", 3), ("highest", 5)])
    def test_the_rule_decides_and_time_says_what_is_earlier(self, rule, value):
        dataset, receipt = read_ratings(self.ROWS, "r.csv", Layout(time=3, duplicates=rule))
        assert dataset.interactions.values.tolist() == [value, 1]
        assert receipt.n_merged == 2
        assert DUPLICATES[rule] in receipt.text()

    def test_another_rule_is_refused(self):
        with pytest.raises(InputError, match="duplicates must be one of last, first, mean, highest, count, sum"):
            read_ratings(self.ROWS, "r.csv", Layout(duplicates="median"))

    @given(
        rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=20),
        timed=st.booleans(),
        rule=st.sampled_from(list(DUPLICATES)),
    )
    @settings(deadline=None)
    def test_it_agrees_with_a_plain_loop(self, rows, timed, rule):
        pairs, values, times = map(np.array, zip(*rows, strict=True))
        kept, counted, gone, n_conflicts = merge_duplicates(pairs, values.astype(float), times if timed else None, rule)
        conflicts, expected = 0, {}
        for pair in sorted(set(pairs)):
            group = [row for row in range(len(rows)) if pairs[row] == pair]
            group.sort(key=lambda row: (times[row] if timed else 0, row))
            of_rule = {
                "last": values[group[-1]],
                "first": values[group[0]],
                "mean": np.mean(values[group]),
                "highest": max(values[group]),
                "count": len(group),
                "sum": sum(values[group]),
            }
            expected[pair] = of_rule[rule]
        assert dict(zip(pairs[kept], counted, strict=True)) == pytest.approx(expected)
        conflicts = sum(values[row] != pytest.approx(expected[pairs[row]]) for row in gone)
        assert n_conflicts == conflicts
        assert sorted([*kept, *gone]) == list(range(len(rows)))


class TestIds:
    def test_spaces_around_ids_are_trimmed(self):
        dataset, receipt = read_ratings(text("user,item,rating", "12,a,3", " 12,b ,4", "13,b,1"), "r.csv")
        assert (dataset.user_ids, dataset.item_ids) == (("12", "13"), ("a", "b"))
        assert "trimmed" in receipt.text()

    def test_a_row_keeps_its_spaces_where_they_alone_make_it_another_pair(self):
        dataset, receipt = read_ratings(text("user,item,rating", "12,a,3", " 12,a,4", " 12,b,4"), "r.csv")
        assert receipt.n_kept == 3
        assert set(dataset.user_ids) == {"12", " 12"}
        assert "keeps the spaces around an id" in receipt.text() and "(line 3)" in receipt.text()

    def test_a_style_with_spaces_everywhere_is_no_reason_to_keep_them(self):
        dataset, receipt = read_ratings(text("user, item, rating", "1, a, 3", "1, a, 4", "2, a, 4"), "r.csv")
        assert (dataset.item_ids, receipt.n_merged) == (("a",), 1)


class TestSuspicions:
    def test_few_ratings_for_nearly_everyone(self):
        rows = [(u, (u + j) % 50, 1 + j) for u in range(100) for j in range(2 if u else 20)]
        assert warned(csv_of(rows), "99% of people have fewer than 5 ratings")
        rows = [(u, (u + j) % 50, 1 + j) for u in range(300) for j in range(2 if u else 20)]
        assert warned(csv_of(rows), "More than 99% of people have fewer than 5 ratings")
        assert not warned(csv_of([(u, (u + j) % 50, 1 + j % 5) for u in range(100) for j in range(5)]), "fewer than")

    def test_one_item_with_most_of_the_ratings(self):
        rows = [(u, "hit", 1 + u % 5) for u in range(30)] + [(u, f"i{u % 7}", 3) for u in range(20)]
        assert warned(csv_of(rows), "'hit', has 60% of all ratings")
        assert not warned(csv_of(rows[::-1][:25]), "of all ratings")

    def test_people_with_more_ratings_than_people_give(self):
        rows = [(u, i, 1 + (u + i) % 5) for u in range(3) for i in range(1200)]
        assert warned(csv_of(rows), "Perhaps people and items are swapped")
        assert not warned(csv_of([(i, u, r) for u, i, r in rows]), "swapped")

    def test_titles_that_belong_to_the_user(self):
        header = "user,item,rating,title"
        rows = [("m1", "p1", 5, "Heat"), ("m1", "p2", 4, "Heat"), ("m2", "p1", 3, "Up"), ("m2", "p2", 2, "Up")]
        swapped = text(header, *(f"{u},{i},{r},{t}" for u, i, r, t in rows))
        right = text(header, *(f"{i},{u},{r},{t}" for u, i, r, t in rows))
        assert warned(swapped, "seem swapped") and not warned(right, "swapped")

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([(u, u % 3, 1 + u % 5) for u in range(9)], "only one rating"),
            ([(u, i, 3) for u in range(5) for i in range(2)], "All values are equal (3)"),
            ([(u, i, 1 + i if u % 2 else 20 * i + 20) for u in range(8) for i in range(4)], "mix of two scales"),
            ([(u, i, -1 - (u + i) % 3) for u in range(8) for i in range(4)], "All values are below 0"),
        ],
    )
    def test_the_rest(self, rows, words):
        assert warned(csv_of(rows), words)


class TestTextKinds:
    MTX = ("%%MatrixMarket matrix coordinate real general", "% by hand", "3 4 3", "1 1 4.5", "  2   4 3", "3 4 1e0")

    def test_matrix_market(self):
        dataset, receipt = read_ratings(text(*self.MTX), "m.mtx")
        assert (dataset.user_ids, dataset.item_ids) == (("1", "2", "3"), ("1", "4"))
        assert dataset.interactions.values.tolist() == [4.5, 3, 1]
        assert (receipt.n_kept, receipt.left_out) == (3, ())

    def test_a_pattern_is_implicit(self):
        dataset, _ = read_ratings(text("%%MatrixMarket matrix coordinate pattern general", "2 2 2", "1 1", "2 2"), "m")
        assert dataset.feedback == "implicit"

    @pytest.mark.parametrize(
        ("line", "text_there", "words"),
        [
            (0, "%%MatrixMarket matrix coordinate real symmetric", "general matrix"),
            (0, "%%MatrixMarket matrix array real general", "coordinates"),
            (0, "%%MatrixMarket matrix coordinate complex general", "real numbers"),
            (2, "3 4 9", "declares 9 entries but has 3"),
            (2, "3 x 3", "damaged"),
            (4, "2 5 3", "Line 5 has '5', which is out of range"),
            (4, "0 4 3", "out of range"),
        ],
    )
    def test_a_matrix_market_file_that_contradicts_itself_is_refused(self, line, text_there, words):
        with pytest.raises(InputError, match=words):
            read_ratings(text(*self.MTX[:line], text_there, *self.MTX[line + 1 :]), "m.mtx")

    def test_a_bad_entry_of_matrix_market_is_named_with_its_line(self):
        _, receipt = read_ratings(text(*self.MTX[:4], "2 4 four", self.MTX[5]), "m.mtx")
        assert receipt.left_out[0].examples == ((5, "'four'"),)

    def test_json_lines(self):
        lines = (
            '{"user": 1, "item": "a", "rating": 4.50}',
            "",
            '{"item": "b", "rating": 3, "user": "é"}',
            '{"user": 2, "item": ["a"], "rating": 3}',
            '{"user": 2, "user": 3, "item": "a", "rating": 3}',
            '{"user": 2, "item": "a", "rating": null}',
        )
        dataset, receipt = read_ratings(text(*lines), "r.jsonl")
        assert (dataset.user_ids, dataset.item_ids) == (("1", "é"), ("a", "b"))
        assert [(group.reason, group.lines.tolist()) for group in receipt.left_out] == [
            ("the line is not a JSON object of plain values", [4, 5]),
            ("the rating is blank (empty)", [6]),
        ]

    def test_a_gzipped_json_lines_file_and_an_upper_case_ending(self):
        content = b'{"user": 1, "item": "a", "rating": 4}\n{"user": 2, "item": "a", "rating": 5}\n'
        assert read_ratings(content, "R.JSONL")[1].n_kept == 2

    def test_every_ending_offered_is_one_word(self):
        assert len(set(SUFFIXES)) == len(SUFFIXES) and all(suffix.isalpha() for suffix in SUFFIXES)
