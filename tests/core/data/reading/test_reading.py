"""Rating files: whatever the bytes, every row is kept, merged or named with its line, or the file is refused."""

import csv
import io
import os
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.reading import (
    Layout,
    guess_layout,
    read_items,
    read_ratings,
    with_items,
)
from recsys_core.data.reading.ids import WHOLE_IN_DECIMALS
from recsys_core.data.reading.quotes import Quoting
from recsys_core.data.reading.table import split_lines
from recsys_core.errors import InputError
from tests.core.data.reading.contents import ratings_of, text

ROOT = Path(__file__).resolve().parents[4]
DATA = Path(os.environ.get("RECSYS_DATA", ROOT / "../shared/data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA} (set RECSYS_DATA)")


def account(receipt) -> None:
    assert receipt.n_read == receipt.n_kept + receipt.n_left_out + receipt.n_merged


@needs_data
class TestRealFiles:
    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            ("ml-100k/u.data", "943 people × 1,682 items, 100,000 ratings from 1 to 5, 6.3% filled"),
            ("ml-latest-small/ratings.csv", "610 people × 9,724 items, 100,836 ratings from 0.5 to 5, 1.7% filled"),
            ("lastfm/user_artists.dat", "1,892 people × 17,632 items, 92,834 interactions, 0.28% filled"),
            ("jester5k/ratings.tsv", "5,000 people × 100 items, 363,209 ratings from −9.95 to 9.9, 73% filled"),
            ("filmtrust/ratings.tab", "1,508 people × 2,071 items, 35,494 ratings from 0.5 to 4, 1.1% filled"),
        ],
    )
    def test_a_known_file_is_read_whole(self, file, sentence):
        dataset, receipt = read_ratings((DATA / file).read_bytes(), file)
        assert dataset.sentence() == sentence
        assert f"{sentence}." in receipt.sentences
        account(receipt)
        assert receipt.left_out == ()

    @pytest.mark.parametrize(
        ("ratings", "items", "raw_id", "title", "genres"),
        [
            ("ml-100k/u.data", "ml-100k/u.item", "1", "Toy Story (1995)", ("Animation", "Children's", "Comedy")),
            ("ml-latest-small/ratings.csv", "ml-latest-small/movies.csv", "6", "Heat (1995)",
             ("Action", "Crime", "Thriller")),
        ],
    )  # fmt: skip
    def test_titles_and_genres_come_from_the_items_file(self, ratings, items, raw_id, title, genres):
        dataset, _ = read_ratings((DATA / ratings).read_bytes(), ratings)
        table, receipt = read_items((DATA / items).read_bytes(), items)
        account(receipt)
        named, sentence = with_items(dataset, table)
        item = named.item_ids.index(raw_id)
        assert (named.titles[item], named.genres[item]) == (title, genres)
        assert sentence.startswith(f"{len(dataset.item_ids):,} of {len(dataset.item_ids):,} items got a title.")


class TestReading:
    def test_ids_are_text_and_in_natural_order(self):
        dataset, _ = read_ratings(text("user,item,rating", "10,b,1", "9,a,2", "x,a,3", "007,b,4", "7,a,5"), "r.csv")
        assert dataset.user_ids == ("007", "7", "9", "10", "x")

    def test_a_bad_row_is_named_with_its_line_and_the_rest_is_kept(self):
        _, receipt = read_ratings(text("user,item,rating", "1,a,4", "1,b,four", "2,a,5"), "r.csv")
        [group] = receipt.left_out
        assert (group.reason, group.count, group.examples) == ("the rating is not a number", 1, ((3, "'four'"),))
        assert receipt.count_sentence() == "3 rows read: 2 kept, 1 left out."

    def test_a_quoted_line_break_does_not_shift_line_numbers(self):
        content = text("user,item,rating,title", '1,a,5,"one', 'two"', "2,a,x,t", "2,b,3,t")
        dataset, receipt = read_ratings(content, "r.csv")
        assert receipt.left_out[0].examples[0][0] == 4
        assert dataset.titles == ("one\ntwo", "t")

    def test_quotes_inside_a_field_belong_to_it(self):
        dataset, _ = read_ratings(text("user,item,rating", '1,"Weird Al" Y,5', '1,12" vinyl,4'), "r.csv")
        assert dataset.item_ids == ('"Weird Al" Y', '12" vinyl')

    def test_the_latest_of_a_repeated_pair_counts_and_nothing_is_summed(self):
        content = text("user,item,rating,timestamp", "1,a,5,1500000200", "1,a,3,1500000100", "2,a,1,1500000050")
        dataset, receipt = read_ratings(content, "r.csv")
        assert ratings_of(dataset) == {("1", "a"): 5, ("2", "a"): 1}
        assert receipt.n_merged == 1
        assert dataset.times.tolist() == [1500000200, 1500000050]

    def test_without_times_the_last_line_counts(self):
        dataset, _ = read_ratings(text("user,item,rating", "1,a,5", "1,a,3", "2,a,1"), "r.csv")
        assert ratings_of(dataset) == {("1", "a"): 3, ("2", "a"): 1}

    def test_a_person_can_correct_the_guess(self):
        content = text("a,b,c", "5,x,1", "4,y,1", "3,x,2")
        preview = guess_layout(content, "r.csv")
        assert preview.layout.user == 0
        assert preview.rows[0] == ("5", "x", "1")
        assert any("assumed" in doubt.sentence.lower() for doubt in preview.doubts)
        dataset, receipt = read_ratings(content, "r.csv", Layout(user=2, item=1, rating=0))
        assert ratings_of(dataset) == {("1", "x"): 5, ("1", "y"): 4, ("2", "x"): 3}
        assert receipt.warnings == ()

    @pytest.mark.parametrize("change", [{"user": 9}, {"delimiter": ""}, {"encoding": "rot13"}, {"first_line": 99}])
    def test_a_layout_that_cannot_be_is_refused(self, change):
        with pytest.raises(InputError):
            read_ratings(text("user,item,rating", "1,a,5"), "r.csv", Layout(**change))

    def test_play_counts_are_implicit(self):
        by_name, _ = read_ratings(text("user,item,plays", "1,a,5", "2,a,3"), "r.csv")
        by_tail, receipt = read_ratings(text("user,item,value", "1,a,5", "2,a,3000"), "r.csv")
        assert (by_name.feedback, by_tail.feedback) == ("implicit", "implicit")
        assert "counts of use" in receipt.text()

    @pytest.mark.parametrize(
        ("times", "seconds"),
        [
            (("1500000000000", "1500000001000"), [1500000000, 1500000001]),
            (("2017-07-14T02:40:00Z", "2017-07-14 02:40:01"), [1500000000, 1500000001]),
            (("14/07/2017", "01/07/2017"), [1499990400, 1498867200]),
            (("01/07/2017", "02/07/2017"), None),
        ],
    )
    def test_times_are_seconds_or_not_used(self, times, seconds):
        content = text("user,item,rating,date", f"1,a,5,{times[0]}", f"2,a,3,{times[1]}")
        dataset, _ = read_ratings(content, "r.csv")
        assert (None if dataset.times is None else dataset.times.tolist()) == seconds

    def test_a_pandas_pivot_is_a_wide_matrix(self):
        dataset, receipt = read_ratings(text("userId,1,2,3", "7,5,,1", "8,,2,", "9,4,4,x"), "r.csv")
        assert ratings_of(dataset) == {
            ("7", "1"): 5, ("7", "3"): 1, ("8", "2"): 2, ("9", "1"): 4, ("9", "2"): 4,
        }  # fmt: skip
        assert receipt.left_out[0].examples == ((4, "'x'"),)

    def test_two_undecodable_ids_do_not_become_one(self):
        content = "user,item,rating\né,a,3\nç,a,3\n".encode() + b"\xff,a,4\n\xfe,a,5\n"
        dataset, receipt = read_ratings(content, "r.csv")
        assert dataset.user_ids == ("\\xfe", "\\xff", "ç", "é")
        assert "line 4, line 5" in receipt.text()

    @pytest.mark.parametrize("word", ["m", "item", "Q_"])
    @pytest.mark.parametrize("who", ["ann,bob,cy,dee", "1,2,3,4"])
    def test_numbered_items_above_a_matrix_are_its_header(self, word, who):
        header = ",".join(["who", *(f"{word}{place}" for place in range(12))])
        rows = [",".join([name, *(str(1 + (row + place) % 5) for place in range(12))])
                for row, name in enumerate(who.split(","))]  # fmt: skip
        dataset, _ = read_ratings("\n".join([header, *rows]).encode(), "matrix.csv")
        assert set(dataset.user_ids) == set(who.split(","))
        assert dataset.item_ids[0] == f"{word}0" and dataset.interactions.n_interactions == 48

    def test_a_row_with_a_letter_in_some_numbers_is_no_header(self):
        lines = ["ann,3a,1", "bob,4,2", "cy,5,3", "ann,5,1", "bob,3,1"]
        assert not guess_layout("\n".join(lines).encode(), "r.csv").layout.header

    def test_a_header_that_names_too_few_columns_is_refused(self):
        with pytest.raises(InputError, match="decimal comma"):
            read_ratings(text("user,item,rating", "1,a,4,5", "2,a,3,5"), "r.csv")

    def test_items_that_match_nothing_are_refused(self):
        dataset, _ = read_ratings(text("user,item,rating", "1,a,5", "2,a,4"), "r.csv")
        items, _ = read_items(text("id,title", "b,B", "c,C"), "i.csv")
        with pytest.raises(InputError, match="belongs to these ratings"):
            with_items(dataset, items)

    def test_the_data_remembers_its_file(self):
        dataset, _ = read_ratings(text("user,item,rating", "1,a,5", "2,a,4"), "mine.csv")
        assert dataset.name == "mine"
        assert (dataset.origin["kind"], dataset.origin["filename"]) == ("file", "mine.csv")


plain_id = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6).filter(
    lambda word: word == word.strip() and not WHOLE_IN_DECIMALS.fullmatch(word)  # '1.' is read as '1', and told
)
triples = st.dictionaries(st.tuples(plain_id, plain_id), st.integers(-20, 20).map(lambda v: v / 2), min_size=1)


class TestLaws:
    @given(ratings=triples, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
    @settings(deadline=None, max_examples=60)
    def test_what_is_written_is_read(self, ratings, delimiter, end):
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
        writer.writerow(["user", "item", "rating"])
        writer.writerows([user, item, value] for (user, item), value in ratings.items())
        dataset, receipt = read_ratings(file.getvalue().encode(), "r.csv")
        assert ratings_of(dataset) == ratings
        assert receipt.n_read == receipt.n_kept == len(ratings)

    @given(ratings=triples)
    @settings(deadline=None, max_examples=8)
    def test_parquet_written_is_read(self, ratings):
        frame = pd.DataFrame(
            [(user, item, value) for (user, item), value in ratings.items()], columns=["user", "item", "rating"]
        )
        dataset, _ = read_ratings(frame.to_parquet(), "r.parquet")
        assert ratings_of(dataset) == ratings

    @given(
        lines=st.lists(st.text(alphabet="ab1, ", max_size=8), min_size=1, max_size=12),
        delimiter=st.sampled_from([",", " "]),
    )
    @settings(deadline=None, max_examples=60)
    def test_the_fast_and_the_careful_cut_agree(self, lines, delimiter):
        fast = split_lines(lines, 0, 3, delimiter)
        careful = split_lines(lines, 0, 3, delimiter, Quoting(encloses=True))
        assert fast.frame.to_numpy(object).tolist() == careful.frame.to_numpy(object).tolist()
        assert fast.lines.tolist() == careful.lines.tolist()
        assert (fast.ragged, fast.n_blank) == (careful.ragged, careful.n_blank)
