"""Files that people hit with other tools: each is read with the right values, or its question is asked."""

import csv
import os
from pathlib import Path

import pytest

from recsys_core.data.reading import guess_layout, open_ratings, read_ratings

ROOT = Path(__file__).resolve().parent.parent
CASES = Path(os.environ.get("RECSYS_DATA", ROOT / "../shared/data")).parent / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"the cases are not at {CASES} (set RECSYS_DATA)")

# The people, items, ratings, and sum of the values that a careful person gets; whether there are times; what must be
# asked, and a word that the receipt must hold.
EXPECTED = {
    "03_anime_minus_one.csv": (30, 357, 360, 1636, False, {"unrated -1"}, "6.95 without"),
    "04_jester_matrix.csv": (25, 20, 305, -82.34, False, {"unrated 99"}, "how many items the person"),
    "04b_jester_matrix.xlsx": (25, 20, 305, -82.34, False, {"unrated 99"}, "how many items the person"),
    "09_gowalla_checkins.txt": (12, 40, 157, 180, True, {"order"}, "counted together"),
    "11_hetrec_tagged_days.dat": (20, 56, 180, 180, True, set(), "'year', 'month', 'day'"),
    "12_amazon2018_item_first.csv": (120, 25, 207, 596, True, set(), "going by their ids"),
    "13b_amazon_us_reviews_no_quotes.tsv": (20, 24, 100, 310, True, set(), "title = 'product_title'"),
    "16_retailrocket_events.csv": (15, 20, 75, 254 + 5 * 22, True, {"events"}, "added up together"),
    "17_shop_utc_suffix.csv": (20, 29, 120, 35 + 3 * 46 + 5 * 39, True, {"events"}, "ISO dates in UTC"),
    "19b_numpy_savetxt.csv": (15, 35, 90, 251, False, set(), "read as '1'"),
    "24_chinese_header.csv": (12, 20, 60, 162, True, set(), "评分"),
    "25_russian_cp1251.csv": (12, 20, 60, 342, False, set(), "Оценка"),
    "29_excel_formula_ids.csv": (12, 25, 60, 187, False, set(), "read as '0010'"),
    "29b_excel_scientific_ids.csv": (40, 29, 200, 576, False, {"digits user"}, "scientific notation"),
    "29c_excel_scientific_neighbours.csv": (1, 29, 29, 87, False, {"digits user"}, "12 different users have become 1"),
    "30_float_user_ids.parquet": (11, 26, 55, 171, False, set(), "the user is blank"),
    "31_tz_times.parquet": (10, 20, 60, 169, True, set(), ""),
    "32_yyyymmdd.csv": (15, 37, 90, 283, True, set(), "YYYYMMDD"),
    "34_units_in_header.csv": (12, 18, 60, 183, True, set(), "rating = 'Rating (1-5)'"),
    "38_mixed_offsets.csv": (2, 4, 6, 24, True, set(), ""),
    "39_msd_triplets.txt": (20, 58, 140, 603, False, {"counts", "order"}, "counts of use"),
    "64_isbn_x_first_line.csv": (30, 30, 30, 92, True, set(), ""),
    "64c_isbn_5000.csv": (5001, 5001, 5001, 15101, True, set(), ""),
}


@needs_cases
@pytest.mark.parametrize("name", EXPECTED)
def test_a_case_is_read_right(name):
    n_users, n_items, n_kept, total, is_timed, asked, word = EXPECTED[name]
    content = (CASES / name).read_bytes()
    dataset, receipt = read_ratings(content, name)
    data = dataset.interactions
    assert (data.n_users, data.n_items, receipt.n_kept) == (n_users, n_items, n_kept)
    assert data.values.astype(float).sum() == pytest.approx(total, abs=0.01)
    assert (dataset.times is not None) == is_timed
    assert {doubt.key for doubt in guess_layout(content, name).doubts if doubt.must_answer} == asked
    assert word in receipt.text()


@needs_cases
def test_times_of_the_cases_lie_where_they_were_made():
    for name, first, last in (("32_yyyymmdd.csv", 2016, 2018), ("17_shop_utc_suffix.csv", 2019, 2019),
                              ("11_hetrec_tagged_days.dat", 2005, 2011)):  # fmt: skip
        times = read_ratings((CASES / name).read_bytes(), name)[0].times
        years = times.astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
        assert first <= years.min() <= years.max() <= last, name


@needs_cases
def test_answers_give_the_right_numbers():
    opened = open_ratings((CASES / "03_anime_minus_one.csv").read_bytes(), "a.csv")
    (question,) = opened.preview().doubts
    dataset, _ = opened.read(question.settle(opened.guess, question.answers[0]))
    assert dataset.interactions.values.mean() == pytest.approx(6.95, abs=0.005)


CLEAN = ("ml-100k/u.data", "ml-latest-small/ratings.csv", "filmtrust/ratings.tab", "jester5k/ratings.tsv",
         "lastfm/user_artists.dat")  # fmt: skip


@needs_cases
@pytest.mark.parametrize("name", CLEAN)
def test_clean_data_raise_no_false_alarm(name):
    """Of the five only MovieLens 100K has no header, and so the one question that nothing in it answers."""
    content = (CASES.parent / "data" / name).read_bytes()
    doubts = [doubt for doubt in guess_layout(content, name).doubts if doubt.must_answer]
    assert [doubt.key for doubt in doubts] == (["order"] if name.endswith("u.data") else [])


def test_bad_inputs_that_are_accepted_without_a_word_ask_nothing():
    corpus = CASES.parent / "bad_inputs"
    if not corpus.is_dir():
        pytest.skip(f"the corpus is not at {corpus}")
    for row in csv.DictReader((corpus / "index.csv").open(encoding="utf-8", newline="")):
        if row["expected"] == "accept" and Path(row["file"]).suffix in (".csv", ".dat"):
            doubts = guess_layout((corpus / row["file"]).read_bytes(), row["file"]).doubts
            assert [doubt.key for doubt in doubts if doubt.must_answer] == [], row["file"]
