"""Values that may mean 'not rated', opinions in words, events: what is said, what is asked, and what an answer does."""

import numpy as np
import pytest

from recsys_core.data.reading import Layout, guess_layout, open_ratings, read_ratings
from recsys_core.data.reading.sentinels import find_sentinels

RNG = np.random.default_rng(0)


def values_file(values, name: str = "rating") -> bytes:
    rows = (f"u{n // 20},i{n % 20},{value}" for n, value in enumerate(values))
    return "\n".join([f"user,item,{name}", *rows]).encode()


def sentinels(values) -> list[float]:
    return [each.value for each in find_sentinels(*np.unique(np.asarray(values, float), return_counts=True))]


def doubt(content: bytes, key: str):
    return next(doubt for doubt in guess_layout(content, "r.csv").doubts if doubt.key == key)


def mixed(n: int, value: float, others) -> np.ndarray:
    return RNG.permutation(np.concatenate([np.full(n, value), others]))


class TestSentinels:
    @pytest.mark.parametrize(
        ("value", "n", "others"),
        [
            (-1, 109, RNG.integers(4, 11, 251)),
            (-1, 20, RNG.integers(1, 6, 980)),
            (-1, 60, RNG.integers(0, 6, 400)),
            (0, 600, RNG.integers(1, 11, 400)),
            (0, 60, RNG.integers(1, 6, 400)),
            (0, 60, RNG.integers(1, 11, 400) / 2),
            (0, 60, RNG.integers(55, 101, 400)),
            (99, 400, RNG.integers(-1000, 1001, 800) / 100),
            (255, 100, RNG.integers(1, 6, 400)),
            (-99, 60, RNG.integers(-5, 6, 400)),
            (9999, 60, RNG.integers(0, 101, 900)),
            (77, 30, RNG.integers(1, 8, 900)),
        ],
    )
    def test_a_value_apart_is_found(self, value, n, others):
        values = mixed(n, value, others)
        assert sentinels(values)[:1] == [value]
        sentence = doubt(values_file([f"{each:g}" for each in values]), f"unrated {value}").sentence
        assert f"'{value}' is in {n:,} rows" in sentence
        for mean in (values.mean(), np.mean(others[others != value])):
            assert f"{mean:.2f}".replace("-", "−") in sentence or value == -1

    def test_several_are_found(self):
        values = np.concatenate([np.full(50, 999), np.full(50, -1), RNG.integers(1, 6, 300)])
        assert sentinels(values) == [999, -1]

    @pytest.mark.parametrize(
        "values",
        [
            RNG.integers(1, 6, 1000),
            RNG.integers(1, 11, 1000) / 2,
            RNG.integers(-1000, 1001, 5000) / 100,
            RNG.integers(-10, 11, 1000),
            RNG.integers(0, 11, 2000),
            RNG.integers(0, 101, 3000),
            RNG.choice(11, 2000, p=np.array([6, 1, 1, 1, 2, 6, 4, 7, 12, 9, 20]) / 69),
            RNG.choice([-1, 1], 400),
            RNG.choice([-1, 0, 1], 400),
            RNG.choice([0, 1], 400),
            RNG.integers(-2, 3, 400),
            RNG.choice([1, 3, 5], 400),
            RNG.choice([1, 2, 4, 8, 16], 400),
            RNG.random(3000).round(2),
            np.append(RNG.integers(1, 6, 3000), 55),
        ],
    )
    def test_clean_ratings_raise_none(self, values):
        assert sentinels(values) == []

    def test_false_alarms_are_rare_on_clean_scales(self):
        """1,000 data sets of 100 to 2,000 ratings, of random shape on usual scales without a 0 below 1."""
        rng = np.random.default_rng(7)
        scales = [np.arange(1, 6), np.arange(1, 11) / 2, np.arange(1, 11), np.arange(-10, 11), np.arange(1, 101)]
        alarms = 0
        for _ in range(1000):
            scale = scales[rng.integers(len(scales))]
            shares = rng.dirichlet(np.full(len(scale), rng.choice([0.7, 2.0, 10.0])))
            alarms += len(sentinels(rng.choice(scale, rng.integers(100, 2000), p=shares))) > 0
        assert alarms <= 20

    def test_the_three_answers(self):
        content = values_file(mixed(100, -1, RNG.integers(4, 11, 260)))
        opened = open_ratings(content, "r.csv")
        question = next(one for one in opened.preview().doubts if one.key == "unrated -1")
        assert question.must_answer and question.column == 2
        out, used, ratings = (opened.read(question.settle(opened.guess, answer)) for answer in question.answers)
        assert (out[1].n_kept, out[1].n_left_out) == (260, 100) and out[0].interactions.values.min() == 4
        assert used[0].feedback == "implicit" and set(used[0].interactions.values.tolist()) == {1.0}
        assert used[1].n_kept == 360
        assert ratings[1].n_kept == 360 and ratings[0].interactions.values.min() == -1
        for _, receipt in (out, used, ratings):
            assert "may mean" not in receipt.text()

    def test_it_is_told_where_nobody_answered_and_to_who_gives_a_layout(self):
        content = values_file(mixed(100, -1, RNG.integers(4, 11, 260)))
        for layout in (None, Layout()):
            dataset, receipt = read_ratings(content, "r.csv", layout)
            assert "'-1' is in 100 rows (28%)" in receipt.text()
            assert dataset.interactions.n_interactions == 360

    def test_in_a_matrix_it_fills_cells(self):
        rows = [",".join(["who", *(f"film {n}" for n in range(9))])]
        cells = RNG.integers(1, 6, (20, 9))
        cells[RNG.random((20, 9)) < 0.4] = 99
        rows += [",".join([f"p{n}", *map(str, row)]) for n, row in enumerate(cells)]
        content = "\n".join(rows).encode()
        dataset, _ = read_ratings(content, "m.csv")
        assert dataset.interactions.n_interactions == np.sum(cells != 99)
        opened = open_ratings(content, "m.csv")
        question = next(one for one in opened.preview().doubts if one.key == "unrated 99")
        kept, _ = opened.read(question.settle(opened.guess, question.answers[-1]))
        assert kept.interactions.n_interactions == cells.size


class TestStrayValues:
    RATINGS = [*"12345"] * 300

    @pytest.mark.parametrize("strays", [["555"], ["55"], ["555", "4523"]])
    @pytest.mark.parametrize("has_header", [True, False])
    def test_a_few_large_numbers_do_not_turn_ratings_into_counts_and_are_asked_about(self, strays, has_header):
        content = values_file([*self.RATINGS, *strays])
        opened = open_ratings(content if has_header else content.partition(b"\n")[2], "r.csv")
        question = next(one for one in opened.preview().doubts if one.key == "far above")
        assert opened.guess.feedback == "explicit" and question.must_answer and question.column == 2
        assert f"line {1501 + has_header}: '{strays[0]}'" in question.sentence
        out, used, kept = (opened.read(question.settle(opened.guess, answer)) for answer in question.answers)
        assert (out[1].n_left_out, out[0].interactions.values.max()) == (len(strays), 5)
        assert used[0].feedback == "implicit" and used[0].interactions.values.max() == float(strays[-1])
        assert kept[0].feedback == "explicit" and kept[1].n_left_out == 0
        assert "far above" in opened.read()[1].text() and "far above" not in kept[1].text()

    @pytest.mark.parametrize("values", [RATINGS, RNG.geometric(0.01, 900), [*"123", "500"], [*RATINGS, *["555"] * 40]])
    def test_none_are_on_a_scale_among_counts_or_where_they_are_frequent(self, values):
        assert "far above" not in {one.key for one in guess_layout(values_file(values), "r.csv").doubts}

    def test_in_a_matrix_the_line_is_named(self):
        cells = np.tile(RNG.integers(1, 6, 9), (20, 1))
        cells[7, 3] = 55
        rows = [",".join([f"p{n}", *map(str, row)]) for n, row in enumerate(cells)]
        content = "\n".join([",".join(["who", *(f"film {n}" for n in range(9))]), *rows]).encode()
        assert "1 cell has a value far above all others: line 9: '55'" in doubt(content, "far above").sentence

    def test_times_in_a_column_that_is_called_rating_are_asked_about(self):
        rows = [f"u{n % 7},i{n},{978_300_000 + 997 * n},{n % 5 + 1}" for n in range(40)]
        opened = open_ratings("\n".join(["user,item,rating,timestamp", *rows]).encode(), "r.csv")
        question = next(one for one in opened.preview().doubts if one.key == "times as ratings")
        assert question.must_answer and question.column == 2
        rows_count, swapped, used = (opened.read(question.settle(opened.guess, answer)) for answer in question.answers)
        assert set(rows_count[0].interactions.values.tolist()) == {1.0} and rows_count[0].times.min() == 978_300_000
        assert swapped[0].feedback == "explicit" and swapped[0].interactions.values.max() == 5
        assert used[0].feedback == "implicit" and used[0].interactions.values.min() == 978_300_000


class TestOpinions:
    @pytest.mark.parametrize(
        ("yes", "no"),
        [
            ("True", "False"), ("yes", "no"), ("Y", "N"), ("like", "dislike"), ("👍", "👎🏽"),
            ("thumbs up", "Thumbs-Down"),
            ("gefällt mir", "gefällt mir nicht"), ("oui", "non"), ("да", "нет"), ("喜欢", "不喜欢"), ("はい", "いいえ"),
        ],
    )  # fmt: skip
    def test_they_are_1_and_0(self, yes, no):
        values = [yes, no, yes] * 20
        dataset, receipt = read_ratings(values_file(values), "r.csv")
        assert sorted(dataset.interactions.values.tolist()) == [0.0] * 20 + [1.0] * 40
        assert yes in receipt.text() and "as 1" in receipt.text() and receipt.n_left_out == 0

    def test_between_them(self):
        dataset, _ = read_ratings(values_file(["like", "neutral", "dislike"] * 10), "r.csv")
        assert set(dataset.interactions.values.tolist()) == {0.0, 0.5, 1.0}

    def test_a_word_among_numbers_is_none(self):
        _, receipt = read_ratings(values_file(["1", "2", "3", "yes", "4", "5"] * 5), "r.csv")
        assert receipt.n_left_out == 5


class TestEvents:
    ROWS = [("a", "x", "view")] * 3 + [
        ("a", "x", "addtocart"),
        ("a", "x", "purchase"),
        ("a", "y", "view"),
        ("b", "x", "view"),
    ]

    def log(self, rows=ROWS, head: str = "visitor,item,event") -> bytes:
        return "\n".join([head, *map(",".join, rows)]).encode()

    def values(self, dataset) -> dict:
        data = dataset.interactions
        return {
            (dataset.user_ids[user], dataset.item_ids[item]): value
            for user, item, value in zip(data.users, data.items, data.values.tolist(), strict=True)
        }

    def test_they_are_weighed_and_added_up(self):
        dataset, receipt = read_ratings(self.log(), "log.csv")
        assert self.values(dataset) == {("a", "x"): 3 + 3 + 5, ("a", "y"): 1, ("b", "x"): 1}
        assert (receipt.n_read, receipt.n_kept, receipt.n_merged) == (7, 3, 4)
        assert "duplicate" not in receipt.text() and "added up together" in receipt.text()
        assert "weights: 'view' 1, 'addtocart' 3, 'purchase' 5" in receipt.text()
        assert dataset.origin["layout"]["event_weights"] == (("view", 1.0), ("addtocart", 3.0), ("purchase", 5.0))

    def test_the_weights_can_be_changed_and_0_leaves_out(self):
        layout = Layout(user=0, item=1, rating=None, event=2, feedback="implicit", duplicates="sum",
                        event_weights=(("view", 0.0), ("addtocart", 2.0), ("purchase", 10.0)))  # fmt: skip
        dataset, receipt = read_ratings(self.log(), "log.csv", layout)
        assert self.values(dataset) == {("a", "x"): 12}
        assert receipt.n_left_out == 5 and "weighs 0" in receipt.text()

    def test_without_an_event_rows_are_counted(self):
        dataset, receipt = read_ratings(self.log([row[:2] for row in self.ROWS], "user,song"), "log.csv")
        assert self.values(dataset) == {("a", "x"): 5, ("a", "y"): 1, ("b", "x"): 1}
        assert "4 rows were counted together" in receipt.text()

    def test_amounts_are_added_up(self):
        rows = [("a", "x", "2"), ("a", "x", "5"), ("b", "x", "1")]
        dataset, _ = read_ratings(self.log(rows, "customer,product,quantity"), "log.csv")
        assert self.values(dataset) == {("a", "x"): 7, ("b", "x"): 1}

    def test_purchases_and_hours_in_one_column_are_seen(self):
        rows = [
            (f"p{n % 30}", f"game {n % 23}", *what)
            for n in range(300)
            for what in (("purchase", "1.0"), ("play", f"{n % 37 + 0.5}"))
        ]
        for head in ("user,game,action,value", ""):
            content = self.log(rows, head) if head else "\n".join(map(",".join, rows)).encode()
            opened = open_ratings(content, "steam.csv")
            question = next(one for one in opened.preview().doubts if one.key == "two things")
            assert question.must_answer and question.column == 3
            counted, _ = opened.read(question.settle(opened.guess, question.answers[0]))
            hours, receipt = opened.read(question.settle(opened.guess, question.answers[1]))
            assert counted.interactions.values.sum() == 300 * 5 + 300 * 1
            assert hours.interactions.values.sum() == sum(n % 37 + 0.5 for n in range(300))
            assert receipt.n_left_out == 300

    def test_the_id_of_a_transaction_is_no_amount(self):
        rows = [
            ("a", "x", "view", ""),
            ("a", "x", "transaction", "7"),
            ("b", "y", "view", ""),
            ("b", "y", "transaction", "8"),
        ]
        keys = {one.key for one in guess_layout(self.log(rows, "visitor,item,event,transactionid"), "l.csv").doubts}
        assert "events" in keys and "two things" not in keys
