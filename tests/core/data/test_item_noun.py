"""What items are called comes from the file: its columns, titles, genres or name, or from a person's choice."""

from dataclasses import replace

import pytest

from recsys_core.data.cleaning import KCore, SwapSides, clean
from recsys_core.data.item_noun import CALLED, NOUNS, item_noun, shorten_noun
from recsys_core.data.nouns import count_noun, join_words, singular
from recsys_core.data.reading import read_ratings
from recsys_core.data.reading.read_split import read_split_files
from recsys_core.data.synthetic import SyntheticRecipe, generate


def read(header: str, filename: str = "ratings.csv"):
    rows = "\n".join(f"{user},{item},{1 + (user * item) % 5}" for user in range(12) for item in range(9))
    return read_ratings(f"{header}\n{rows}".encode(), filename)[0]


@pytest.mark.parametrize(
    "header, filename, noun",
    [
        ("userId,movieId,rating", "ratings.csv", "films"),
        ("userid,movieid,rating", "ratings.csv", "films"),
        ("user,joke,rating", "r.csv", "jokes"),
        ("userID,artistID,weight", "user_artists.csv", "artists"),
        ("user,ISBN,rating", "BX-Book-Ratings.csv", "books"),
        ("user,item,rating", "netflix.csv", "films"),
        ("user,item,rating", "ratings.csv", "items"),
        ("user,item,rating", "gamete.csv", "items"),
        ("user,track_id,plays", "ratings.csv", "songs"),
    ],
)
def test_a_file_says_what_its_items_are(header, filename, noun):
    assert item_noun(read(header, filename)) == noun


def test_genres_and_years_of_films_say_so_and_planted_items_are_titles():
    dataset = replace(read("user,item,rating"), titles=tuple(f"T{n} (1999)" for n in range(9)))
    assert item_noun(dataset) == "films"
    genres = (("Comedy",), ("Drama", "Thriller"), ("Horror",)) * 3
    assert item_noun(replace(read("user,item,rating"), genres=genres)) == "films"
    assert item_noun(generate(SyntheticRecipe(n_users=20, n_items=20))) == "titles"


def test_a_choice_counts_first_and_cleaning_keeps_it_unless_sides_are_swapped():
    dataset = read("user,joke,rating")
    cleaned, _ = clean(dataset, [KCore(n=2)])
    assert item_noun(cleaned) == "jokes"
    chosen = replace(dataset, origin={**dataset.origin, CALLED: "anecdotes"})
    assert item_noun(chosen) == item_noun(clean(chosen, [KCore(n=2)])[0]) == "anecdotes"
    assert item_noun(clean(chosen, [SwapSides()])[0]) == "items"
    assert chosen.fingerprint == dataset.fingerprint


def test_a_given_split_knows_it_from_its_parts():
    rows = ("\n".join(f"u{user},s{user + at},{1 + user % 5}" for user in range(9)) for at in range(2))
    training, test = (f"user,song,rating\n{each}".encode() for each in rows)
    parts = {"training": (training, "train.csv"), "test": (test, "test.csv")}
    assert item_noun(read_split_files(parts)[0]) == "songs"


def test_every_noun_has_a_singular_and_a_long_or_marked_up_one_is_cut():
    assert (count_noun(1, "people"), count_noun(2000, "people")) == ("1 person", "2,000 people")
    assert all(singular(noun) == noun[:-1] for noun in NOUNS) and singular("stories") == "story"
    assert shorten_noun("  **fine\nwines** ") == "fine wines" and len(shorten_noun("x" * 99)) == 20


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["SVD"], "SVD"), (["SVD", "BPR"], "SVD and BPR"), (["SVD", "BPR", "EASE"], "SVD, BPR and EASE")],
)
def test_words_are_listed_as_in_a_sentence(words, text):
    assert join_words(words) == text
