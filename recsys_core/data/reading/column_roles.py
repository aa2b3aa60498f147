"""Tell the role of a column from its name."""

import re
import unicodedata
from collections import Counter

from recsys_core.data.reading import header_words as words

USER, ITEM, RATING, TIME, TITLE, GENRE, EVENT = "user", "item", "rating", "time", "title", "genres", "event"
DATE_PARTS = tuple(words.DATE_PARTS)
_FILLER = set("id ids no nr num number key code index idx uuid hash name of the a your my given by on at".split())
_STATISTIC = set(
    "avg average mean median count counts n num number total sum min max std votes helpful predicted prediction "
    "durchschnitt anzahl moyenne nombre media promedio bayes weighted global".split()
)


def normalise(name: str) -> str:
    """Normalise a name: no case, accents or punctuation, nothing in brackets or after a colon.

    'user_id:token' and 'User ID' both become 'userid'; what follows ':' is the type in RecBole files.
    """
    name = re.sub(r"\(.*?\)|\[.*?\]|（.*?）", "", name.split(":")[0]) if name.isascii() or len(name) < 200 else name
    if not name.isascii():
        letters = unicodedata.normalize("NFKD", name)
        name = unicodedata.normalize("NFC", "".join(sign for sign in letters if unicodedata.category(sign) != "Mn"))
    return re.sub(r"[\W_]+", "", name).casefold()


def _ranked(role_words: str) -> dict[str, int]:
    """Map each normalised word to its rank, 0 for the most usual."""
    ranks: dict[str, int] = {}
    for word in role_words.split():
        ranks.setdefault(normalise(word), len(ranks))
    return ranks


_COUNTS = _ranked(words.COUNT)
_RANKS = {
    USER: _ranked(words.USER),
    ITEM: _ranked(words.ITEM),
    RATING: _ranked(words.RATING + words.COUNT),
    TIME: _ranked(words.TIME),
    TITLE: _ranked(words.TITLE),
    GENRE: _ranked(words.GENRE),
    EVENT: _ranked(words.EVENT),
}
_ROLE_OF = {word: role for role, ranks in reversed(_RANKS.items()) for word in ranks}
_PARTS = {normalise(word): part for part, listed in words.DATE_PARTS.items() for word in listed.split()}
_STATISTICS = set(map(normalise, words.STATISTIC.split()))
_BESIDE_STATISTIC = set(map(normalise, words.BESIDE_STATISTIC.split()))
_ATTRIBUTES = set(map(normalise, words.ATTRIBUTE.split()))
_INDEX = {"", *map(normalise, words.INDEX.split())}


def role_of(name: str) -> str | None:
    """Return the role that a column of this name usually has, or None."""
    return _ROLE_OF.get(normalise(name))


def rank_of(name: str) -> int:
    """Return how usual the name is for its role: 0 for the most usual."""
    word = normalise(name)
    return _RANKS[_ROLE_OF[word]][word]


def role_within(name: str) -> str | None:
    """Return USER, ITEM or RATING where one word in the name says so and the others say nothing: 'the rating given'.

    A statistic of ratings, such as 'average_rating', is no rating: None.
    """
    pieces = re.sub(r"([a-z])([A-Z])", r"\1 \2", re.sub(r"\(.*?\)|\[.*?\]", "", name))
    tokens = [normalise(token) for token in re.split(r"[\W_]+", pieces) if token]
    if not 1 < len(tokens) <= 8 or _STATISTIC & set(tokens) - _FILLER:
        return None
    for role in (RATING, USER, ITEM):
        known = {token for token in tokens if len(token) > 2 and _ROLE_OF.get(token) == role and token not in _COUNTS}
        if known and (role == RATING or set(tokens) - known <= _FILLER):
            return role
    return None


def is_count(name: str) -> bool:
    """Tell whether the name says that the values count use (plays, clicks) and are no opinions."""
    return normalise(name) in _COUNTS


def is_statistic(name: str) -> bool:
    """Tell whether a row or a column of this name sums up the others, as 'Grand Total' and 'Average rating' do."""
    tokens = {normalise(token) for token in re.split(r"[\W_]+", name) if token}
    is_whole = normalise(name) in _STATISTICS
    return is_whole or (bool(tokens & _STATISTICS) and tokens <= _STATISTICS | _BESIDE_STATISTIC)


def date_part(name: str) -> str | None:
    """Return 'year', 'month', 'day' and so on where the column holds this part of a date, or None."""
    return _PARTS.get(normalise(name))


def is_attribute(name: str) -> bool:
    """Tell whether the name is that of something known of people, such as their age."""
    return normalise(name) in _ATTRIBUTES


def is_index(name: str) -> bool:
    """Tell whether this is the column of row numbers that pandas and R write in front."""
    return normalise(name) in _INDEX


def n_known(names: list[str]) -> int:
    """Count the names that are known."""
    return sum(count for name, count in Counter(names).items() if role_of(name) is not None)
