"""Which column is what: by names in many languages and spellings, and without names by what the columns hold."""

import random

import pytest

from recsys_core.data.reading import column_roles, guess_layout, header_words, read_ratings

RNG = random.Random(0)
PAIRS = [(user, item) for user in range(40) for item in RNG.sample(range(50), 8)]


def table(*columns, sep: str = ",", head: str = "") -> bytes:
    """A file of the columns, each a list with a cell for each of PAIRS."""
    rows = [sep.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([head, *rows] if head else rows).encode()


USERS, ITEMS = [user for user, _ in PAIRS], [1000 + item for _, item in PAIRS]
STARS = [RNG.randrange(1, 6) for _ in PAIRS]
SECONDS = [1_400_000_000 + RNG.randrange(10**7) for _ in PAIRS]
DATES = [f"201{RNG.randrange(10)}-0{RNG.randrange(1, 10)}-1{RNG.randrange(10)}T10:30:00Z" for _ in PAIRS]
LATITUDES = [f"{30 + 30 * RNG.random():.6f}" for _ in PAIRS]
REVIEWERS = [f"A{user:09d}XYZ" for user, _ in PAIRS]
PRODUCTS = [f"B00{item:07d}" for _, item in PAIRS]


def found(content: bytes) -> dict:
    layout = guess_layout(content, "r.csv").layout
    names = ("user", "item", "rating", "time", "title", "event")
    return {name: getattr(layout, name) for name in names if getattr(layout, name) is not None}


def doubts(content: bytes) -> dict:
    return {doubt.key: doubt for doubt in guess_layout(content, "r.csv").doubts}


class TestNames:
    @pytest.mark.parametrize(
        ("names", "role"),
        [
            ("user_id:token|User ID|customer_id|Nutzer|Usuário|пользователь|用户|ユーザーID|사용자|müşteri", "user"),
            ("item_id:token|product_id|parent_asin|Film|película|товар|商品id|映画|영화|ürün", "item"),
            (
                "Rating (1-5)|star_rating|user_rating|Book-Rating|bewertung|note|puntuación|оценка|评分|評価|평점",
                "rating",
            ),
            ("timestamp:float|t_dat|review_date|unixReviewTime|Watched on|fecha|дата|时间戳|日付|날짜", "time"),
            ("product_title|Book-Title|название|标题|タイトル", "title"),
            ("event_type|action|behavior_type|событие|行为类型", "event"),
        ],
    )
    def test_a_role_has_many_words(self, names, role):
        assert {name: column_roles.role_of(name) for name in names.split("|")} == dict.fromkeys(names.split("|"), role)

    def test_a_word_has_one_role(self):
        """Of a word in two lists the first list would count, and the other be wrong without a word."""
        lists = {name: getattr(header_words, name) for name in ("USER", "ITEM", "COUNT", "TIME", "TITLE", "EVENT")}
        lists["RATING"] = header_words.RATING
        seen: dict[str, str] = {}
        for name, listed in lists.items():
            for word in listed.split():
                assert seen.setdefault(column_roles.normalise(word), name) == name, (
                    f"{word} is in {seen[column_roles.normalise(word)]} too"
                )

    @pytest.mark.parametrize(
        "name", ["average_rating", "rating_count", "ratings_count", "n_ratings", "user_age", "helpful_votes"]
    )
    def test_what_only_speaks_of_a_role_has_none(self, name):
        assert column_roles.role_of(name) is None and column_roles.role_within(name) is None

    def test_a_rating_within_a_question(self):
        content = table(USERS, ITEMS, STARS, head="your name,movie watched,How would you rate it: your rating?")
        assert found(content)["rating"] == 2

    def test_of_two_times_the_one_that_can_be_read_counts(self):
        odd = ["some day"] * len(PAIRS)
        assert found(table(USERS, ITEMS, odd, SECONDS, head="user,item,date,timestamp"))["time"] == 3

    def test_the_year_of_a_film_is_no_time(self):
        years = [1950 + item % 60 for item in ITEMS]
        assert "time" not in found(table(USERS, ITEMS, STARS, years, head="user,movie,rating,year"))
        seen = [RNG.randrange(2001, 2020) for _ in PAIRS]
        assert found(table(USERS, ITEMS, STARS, seen, head="user,movie,rating,year"))["time"] == 3

    def test_the_title_of_a_review_is_no_title_of_the_item(self):
        reviews = [f"review {n}" for n in range(len(PAIRS))]
        assert "title" not in found(table(USERS, ITEMS, STARS, reviews, head="user,item,rating,title"))

    def test_a_price_is_no_rating(self):
        prices = [f"{RNG.randrange(1, 9)}.99" for _ in PAIRS]
        assert found(table(USERS, ITEMS, prices, head="user,item,price")) == {"user": 0, "item": 1}


class TestContent:
    @pytest.mark.parametrize(
        ("columns", "expected"),
        [
            ((USERS, ITEMS, STARS, SECONDS), {"user": 0, "item": 1, "rating": 2, "time": 3}),
            ((SECONDS, USERS, ITEMS, STARS), {"time": 0, "user": 1, "item": 2, "rating": 3}),
            ((STARS, USERS, ITEMS), {"rating": 0, "user": 1, "item": 2}),
            ((range(len(PAIRS)), USERS, ITEMS, STARS), {"user": 1, "item": 2, "rating": 3}),
            ((USERS, DATES, LATITUDES, LATITUDES, ITEMS), {"user": 0, "time": 1, "item": 4}),
            ((PRODUCTS, REVIEWERS, STARS, SECONDS), {"user": 1, "item": 0, "rating": 2, "time": 3}),
            (([f"film {i}" for i in ITEMS], [f"user {u}" for u in USERS], STARS), {"user": 1, "item": 0, "rating": 2}),
            ((USERS, PRODUCTS, [f"Thing {i}" for i in ITEMS], STARS), {"user": 0, "item": 1, "title": 2, "rating": 3}),
        ],
        ids=["usual", "time first", "rating first", "row numbers", "check-ins", "products first", "words", "title"],
    )  # fmt: skip
    def test_roles_without_names(self, columns, expected):
        assert found(table(*columns)) == expected
        named = table(*columns, head=",".join("abcdefg"[: len(columns)]))
        assert found(named) == expected

    def test_which_of_two_is_the_person_is_asked_where_nothing_tells(self):
        question = doubts(table(ITEMS, USERS, STARS, SECONDS))["order"]
        assert question.must_answer and question.column == 0 and len(question.answers) == 2
        file = table(ITEMS, USERS, STARS, SECONDS)
        layout = question.settle(guess_layout(file, "r.csv").layout, question.answers[1])
        assert (layout.user, layout.item) == (1, 0)
        assert set(read_ratings(file, "r.csv", layout)[0].user_ids) == {str(user) for user in USERS}

    def test_it_is_not_asked_where_the_ids_or_the_format_tell(self):
        assert not doubts(table(PRODUCTS, REVIEWERS, STARS))["order"].must_answer
        assert not doubts(table(USERS, ITEMS, STARS, SECONDS, sep="::"))["order"].must_answer
        assert "order" not in doubts(table(USERS, ITEMS, STARS, head="user,item,rating"))

    def test_counts_are_told_from_ratings(self):
        plays = [min(14, 1 + int(RNG.expovariate(0.4))) for _ in PAIRS]
        layout = guess_layout(table(USERS, ITEMS, plays), "r.csv").layout
        assert (layout.rating, layout.feedback) == (2, "implicit")
        assert doubts(table(USERS, ITEMS, plays))["counts"].must_answer
        for scale in (range(1, 6), range(1, 11), range(101)):
            values = [RNG.choice(scale) for _ in PAIRS]
            assert guess_layout(table(USERS, ITEMS, values), "r.csv").layout.feedback == "explicit"

    def test_a_log_with_a_matrix_shape_is_no_matrix(self):
        events = ["purchase", "play"] * (len(PAIRS) // 2)
        zeros = [0] * len(PAIRS)
        content = table(USERS, [f"Game {i}" for i in ITEMS], events, STARS, zeros)
        assert guess_layout(content, "r.csv").layout.orientation == "long"


def test_a_column_that_counts_the_rated_is_no_item_of_the_matrix():
    rng = random.Random(1)
    rows = []
    for _ in range(30):
        cells = [99 if rng.random() < 0.5 else round(rng.uniform(-10, 10), 2) for _ in range(12)]
        rows.append([sum(cell != 99 for cell in cells), *cells])
    content = "\n".join(",".join(map(str, row)) for row in rows).encode()
    dataset, receipt = read_ratings(content, "m.csv")
    data = dataset.interactions
    assert (data.n_users, data.n_items, data.n_interactions) == (30, 12, sum(row[0] for row in rows))
    assert data.values.max() <= 10
    assert "how many items the person in the row has rated" in receipt.text()
