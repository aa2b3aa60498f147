"""Times in the forms that people have, times that say nothing, and ids that look alike or were damaged."""

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.reading import Layout, guess_layout, open_ratings, read_items, read_ratings, read_users
from recsys_core.exchange.read_lists import read_lists


def timed(texts, head: str = "user,item,rating,date", sep: str = ",") -> bytes:
    rows = (sep.join([f"u{n}", f"i{n % 3}", str(n % 5 + 1), text]) for n, text in enumerate(texts))
    return "\n".join([head.replace(",", sep), *rows]).encode()


def times_of(content: bytes, layout: Layout | None = None):
    dataset, _ = read_ratings(content, "r.csv", layout)
    by_user = sorted(zip(dataset.interactions.users.tolist(), range(dataset.interactions.n_interactions), strict=True))
    return None if dataset.times is None else [float(dataset.times[row]) for _, row in by_user]


def seconds(*moments: str) -> list[float]:
    return [pd.Timestamp(moment, tz="UTC").timestamp() for moment in moments]


class TestTimes:
    @pytest.mark.parametrize(
        ("texts", "moments"),
        [
            (("20180707", "20161231"), ("2018-07-07", "2016-12-31")),
            (("20180707134157", "20161231000000"), ("2018-07-07 13:41:57", "2016-12-31")),
            (("201807071341", "201612310000"), ("2018-07-07 13:41", "2016-12-31")),
            (("636665677170000000", "636188256000000000"), ("2018-07-07 13:41:57", "2017-01-01")),
            (("43101", "43831.5"), ("2018-01-01", "2020-01-01 12:00")),
            (("2019-11-01 00:00:07 UTC", "2019-11-02 10:00:00 UTC"), ("2019-11-01 00:00:07", "2019-11-02 10:00")),
            (("Mon Aug 01 13:41:57 -0700 2011", "Tue Aug 02 00:00:00 +0000 2011"),
             ("2011-08-01 20:41:57", "2011-08-02")),
            (("1564666917123456", "1564666918000000"), ("2019-08-01 13:41:57.123456", "2019-08-01 13:41:58")),
            (("1564666917123", "1564666918000"), ("2019-08-01 13:41:57.123", "2019-08-01 13:41:58")),
            (("7/14/2017 2:40 PM", "7/4/2017 12:05 AM"), ("2017-07-14 14:40", "2017-07-04 00:05")),
            (("14/07/2017 2:40:01 pm", "04/07/2017 12:05:00 a.m."), ("2017-07-14 14:40:01", "2017-07-04 00:05")),
            (("2019", "2004"), ("2019-01-01", "2004-01-01")),
            (("14 Jul 2017", "4 July 2017"), None),
            (("14 July 2017", "4 May 2017"), ("2017-07-14", "2017-05-04")),
            (("2018年7月7日", "2016年12月31日"), ("2018-07-07", "2016-12-31")),
            (("14.07.17 13:41", "04.07.17 00:00"), ("2017-07-14 13:41", "2017-07-04")),
            (("2018-07-07T13:41:57+02:00", "2018-07-07T13:41:57Z"), ("2018-07-07 11:41:57", "2018-07-07 13:41:57")),
        ],
    )  # fmt: skip
    def test_a_form_is_read(self, texts, moments):
        assert times_of(timed(texts)) == (moments if moments is None else seconds(*moments))

    def test_a_comma_inside_a_date(self):
        content = timed(("Jul 14, 2017", "August 1, 2017"), sep=";")
        assert times_of(timed(("Jul 14, 2017", "Aug 1, 2017"), sep=";")) == seconds("2017-07-14", "2017-08-01")
        assert times_of(content) is None
        assert times_of(timed(("09 13, 2009", "12 1, 2010"), sep="\t")) == seconds("2009-09-13", "2010-12-01")

    def test_day_or_month_first_is_asked_and_the_answer_holds(self):
        content = timed(("09/06/2019", "01/02/2018"))
        opened = open_ratings(content, "r.csv")
        (question,) = (one for one in opened.preview().doubts if one.key == "time order")
        assert question.must_answer and question.column == 3
        assert [answer.label for answer in question.answers] == [
            "Day first: 9 June 2019", "Month first: 6 September 2019", "Do not use the times",
        ]  # fmt: skip
        day, month, none = (question.settle(opened.guess, answer) for answer in question.answers)
        assert times_of(content) is None
        assert times_of(content, day) == seconds("2019-06-09", "2018-02-01")
        assert times_of(content, month) == seconds("2019-09-06", "2018-01-02")
        assert times_of(content, none) is None

    def test_a_date_in_columns_of_its_own(self):
        rows = [f"u{n}\ti{n}\t{n % 28 + 1}\t{n % 12 + 1}\t{2003 + n % 6}" for n in range(40)]
        for head in ("userID\tartistID\tday\tmonth\tyear", "userID\titemID\tdate_day\tdate_month\tdate_year"):
            content = "\n".join([head, *rows]).encode()
            assert set(seconds("2004-02-26", "2003-01-01")) <= set(times_of(content))
        wrong = "\n".join([head, *rows, "u1\ti9\t31\t2\t2004"]).encode()
        dataset, receipt = read_ratings(wrong, "r.dat")
        assert dataset.times is None and "no date in the columns" in receipt.text() and "line 42" in receipt.text()

    @pytest.mark.parametrize(
        ("texts", "words"),
        [
            (["1500000000"] * 8, "all timestamps are equal (2017-07-14 02:40:00)"),
            (["0"] * 8, "all timestamps are equal (1970-01-01)"),
            (["2017-07-14"] * 8, "all timestamps are equal (2017-07-14)"),
            ([str(n) for n in range(8)], "one day in 1970"),
        ],
    )
    def test_times_that_say_nothing_are_said_and_no_split_goes_by_them(self, texts, words):
        dataset, receipt = read_ratings(timed(texts), "r.csv")
        assert dataset.times is None and words in receipt.text()
        (doubt,) = (one for one in guess_layout(timed(texts), "r.csv").doubts if one.key == "time")
        assert doubt.column == 3

    def test_the_order_of_numbers_from_1970_still_tells_the_latest(self):
        content = b"user,item,rating,timestamp\na,x,1,20\na,x,5,10\nb,y,2,30\n"
        dataset, _ = read_ratings(content, "r.csv")
        assert dataset.interactions.values.tolist() == [1, 2] and dataset.times is None

    @pytest.mark.parametrize(
        ("start", "step", "name", "first", "place"),
        [
            (25_000_000, 60, "minutes since 1970", "2017-07-14 02:40", "1970-10"),
            (420_000, 24, "hours since 1970", "2017-11-30", "1970-01"),
            (17_000, 1, "days since 1970", "2016-07-18", "one day in 1970"),
            (520_000_000, 60, "seconds since 2001", "2017-06-24 12:26:40", "1986-06"),
            (2_458_000, 1, "Julian days", "2017-09-03 12:00", "1970-01"),
            (131_400_000_000_000_000, 10**10, "100 nanoseconds since 1601", "2017-05-23 08:00", "6133-11"),
        ],
    )
    def test_numbers_in_another_unit_are_asked_about_and_only_their_order_is_used(
        self, start, step, name, first, place
    ):
        content = timed([str(start + number * step) for number in range(8)])
        opened = open_ratings(content, "r.csv")
        (question,) = (one for one in opened.preview().doubts if one.key in ("time", "time unit"))
        assert place in question.sentence and question.column == 3 and times_of(content) is None
        answer = next(one for one in question.answers if name in one.label)
        assert times_of(content, question.settle(opened.guess, answer))[0] == seconds(first)[0]

    def test_seconds_long_ago_stay_if_a_person_says_so_and_written_dates_are_not_asked_about(self):
        content = timed([str(100_000_000 + number) for number in range(8)])
        opened = open_ratings(content, "r.csv")
        (question,) = (one for one in opened.preview().doubts if one.key == "time unit")
        layout = question.settle(opened.guess, question.answers[-1])
        assert times_of(content, layout)[0] == 100_000_000 and not opened.preview(layout).doubts
        assert times_of(timed(("1985-03-01", "1986-01-01"))) == seconds("1985-03-01", "1986-01-01")

    def test_times_that_lost_their_last_digits_are_said(self):
        rounded = timed([f"9.7{number}E+08" for number in range(8)])
        (doubt,) = (one for one in guess_layout(rounded, "r.csv").doubts if one.key == "digits time")
        assert "8 times are in scientific notation" in doubt.sentence and "line 2: '9.70E+08'" in doubt.sentence
        whole = timed([f"9.783001{number}0E8" for number in range(10, 18)])
        assert "digits time" not in {one.key for one in guess_layout(whole, "r.csv").doubts}


def ids_file(users, items=None) -> bytes:
    items = items or [f"i{n}" for n in range(len(users))]
    rows = (f"{user},{item},{n % 5 + 1}" for n, (user, item) in enumerate(zip(users, items, strict=True)))
    return "\n".join(["user,item,rating", *rows]).encode()


class TestIds:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            (['="0010"', '="0011"', "12"], {"0010", "0011", "12"}),
            (["1.000000000000000000e+00", "1.200000000000000000e+01"], {"1", "12"}),
            (["1.0", "12.0"], {"1", "12"}),
            (["1.5", "2.0"], {"1.5", "2.0"}),
            (["1.0", "1"], {"1.0", "1"}),
            (["1e5", "u7"], {"1e5", "u7"}),
        ],
    )
    def test_what_programs_write_around_ids_is_undone_where_nothing_is_lost(self, written, meant):
        assert set(read_ratings(ids_file(written), "r.csv")[0].user_ids) == meant

    def test_lost_digits_are_said_with_lines_and_asked(self):
        content = ids_file([f"8.80{n}E+11" for n in range(10, 40)])
        (question,) = (one for one in guess_layout(content, "r.csv").doubts if one.key == "digits user")
        assert question.must_answer and question.column == 0
        text = read_ratings(content, "r.csv")[1].text()
        assert "30 user ids are in scientific notation" in text and "line 2: '8.8010E+11'" in text

    def test_hexadecimal_ids_have_lost_nothing(self):
        content = ids_file([f"{n % 10}{'abcdef'[n % 6]}{n % 7}" for n in range(30)] + ["0e8"] * 9, ["i1"] * 39)
        assert "digits user" not in {one.key for one in guess_layout(content, "r.csv").doubts}
        assert "lost digits" not in read_ratings(content, "r.csv")[1].text()

    @pytest.mark.parametrize("mark", ["#N/A", "<NA>", "undefined", "#REF!", "NaT", "NULL", "nan"])
    def test_a_mark_of_a_missing_value_is_nobody_beside_numbers_and_is_asked_about_beside_names(self, mark):
        dataset, receipt = read_ratings(ids_file(["7", mark, "8", mark]), "r.csv")
        assert dataset.user_ids == ("7", "8") and receipt.n_left_out == 2
        opened = open_ratings(ids_file(["u7", mark, "u8", mark], [f"i{n}" for n in range(4)]), "r.csv")
        (question,) = opened.preview().doubts
        assert question.must_answer and f"2 rows have '{mark}'" in question.sentence and "line 3" in question.sentence
        out, kept = (opened.read(question.settle(opened.guess, answer)) for answer in question.answers)
        assert out[0].user_ids == ("u7", "u8") and out[1].n_left_out == 2
        assert mark in kept[0].user_ids and kept[1].n_left_out == 0

    def test_how_many_people_became_one_at_least(self):
        """Twelve people rate the same three films; as one they have each film twelve times."""
        content = ids_file(["8.80123E+11"] * 36, [f"i{n % 3}" for n in range(36)])
        text = read_ratings(content, "r.csv")[1].text()
        assert "at least 12 different users have become 1: 33 rows repeat" in text

    def test_two_unicode_forms_are_asked_about_and_can_be_one(self):
        content = ids_file(["José", "Jose\u0301", "Ann"], ["x", "x", "y"])
        opened = open_ratings(content, "r.csv")
        (question,) = (one for one in opened.preview().doubts if one.key == "look user")
        assert question.must_answer and "line 2" in question.sentence and "line 3" in question.sentence
        assert opened.read()[0].interactions.n_users == 3
        dataset, receipt = opened.read(question.settle(opened.guess, question.answers[0]))
        assert dataset.user_ids == ("Ann", "José") and receipt.n_merged == 1

    @pytest.mark.parametrize("mark", ["\u200b", "\u200f", "\u202e", "\ufeff", "\u2060", "\u00ad"])
    def test_marks_that_cannot_be_seen(self, mark):
        content = ids_file(["ann", f"a{mark}nn", "ben"])
        text = read_ratings(content, "r.csv")[1].text()
        assert "invisible" in text and "line 3" in text
        dataset, _ = read_ratings(content, "r.csv", Layout(tidy_users=True))
        assert dataset.user_ids == ("ann", "ben")

    def test_an_emoji_is_not_taken_apart(self):
        family = "👨\u200d👩\u200d👧"
        dataset, receipt = read_ratings(ids_file([family, "ann"]), "r.csv", Layout(tidy_users=True))
        assert family in dataset.user_ids and "invisible" not in receipt.text()

    def test_an_id_of_60000_letters_costs_little(self):
        content = ids_file(["x" * 60_000, *(f"u{n}" for n in range(3_000))])
        dataset, receipt = read_ratings(content, "r.csv")
        assert dataset.interactions.n_users == 3_001
        assert max(map(len, receipt.warnings), default=0) < 1_000

    def test_long_ids_are_kept_whole_and_shown_short_and_apart(self):
        long = ["x" * 1_001, "x" * 60_000]
        dataset, _ = read_ratings(ids_file([*long, "y" * 1_000]), "r.csv")
        assert set(long) <= set(dataset.user_ids)
        assert "y" * 1_000 in dataset.user_names
        assert len(set(dataset.user_names)) == 3 and max(map(len, dataset.user_names)) == 1_000
        assert read_ratings(ids_file(["ann", "ben"]), "r.csv")[0].user_names == ("ann", "ben")

    def test_plain_ids_raise_nothing(self):
        keys = {one.key for one in guess_layout(ids_file([str(n) for n in range(50)]), "r.csv").doubts}
        assert keys == set()
        assert np.all([one.column is not None for one in guess_layout(ids_file(["a ", "b"]), "r.csv").doubts])


@pytest.mark.parametrize("written", ["{}.0", '"=""00{}"""', "'@{}", "'=1+{}"])
def test_ids_that_a_program_wrote_around_are_the_same_in_every_file(written):
    one, two, three = map(written.format, (1, 2, 3))
    dataset, _ = read_ratings(f"user,item,rating\n{one},{two},5\n{one},{three},3\n{two},{two},4\n".encode(), "r.csv")
    items, receipt = read_items(f"item,title\n{two},Alien\n{three},Brazil\n".encode(), "items.csv")
    people = read_users(f"user,age\n{one},20\n{two},30\n".encode(), "users.csv")
    lists = read_lists(f"user,item,rank\n{one},{two},1\n{two},{three},1\n".encode(), "lists.csv")
    assert set(items.ids) == set(dataset.item_ids) and set(people.ids) == set(dataset.user_ids)
    assert set(lists.users) == set(dataset.user_ids) and set(lists.items) == set(dataset.item_ids)
    for told in (receipt.warnings, people.warnings, lists.remarks):
        assert any("ids are written as" in sentence for sentence in told)
