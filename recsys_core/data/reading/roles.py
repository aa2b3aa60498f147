"""Which column is what? Told by its name."""

import re

USER, ITEM, RATING, TIME, TITLE, GENRE = "user", "item", "rating", "time", "title", "genres"

_WORDS = {
    USER: "user userid uid u username userindex useridx person personid people customer customerid client "
    "clientid reviewer reviewerid member memberid account accountid visitor visitorid viewer viewerid "
    "listener listenerid reader readerid buyer buyerid subscriber respondent rater raterid student "
    "profile profileid nutzer nutzerid benutzer kunde kundennummer usuario utilisateur",
    ITEM: "item itemid iid i itemindex itemidx movie movieid film filmid product productid asin parentasin sku "
    "article articleid artikel artist artistid track trackid song songid album albumid book bookid isbn "
    "joke jokeid game gameid appid anime animeid show showid series video videoid business businessid "
    "restaurant restaurantid place placeid venue venueid poi recipe recipeid course courseid content "
    "contentid podcast beer beerid hotel hotelid produkt pelicula",
    RATING: "rating ratings rate r score scores stars star value vote grade mark preference pref overall "
    "bookrating reviewscore userrating bewertung note nota puntuacion",
    TIME: "timestamp time ts t date datetime unixtime unixtimestamp unixreviewtime reviewtime createdat "
    "created when day ratedat zeit datum eventtime",
    TITLE: "title name titel movietitle itemtitle itemname itemdescription booktitle artistname trackname",
    GENRE: "genre genres category categories tag tags",
}
# These name an amount of use, not an opinion.
_COUNTS = (
    "weight plays play playcount playcounts count counts listens listencount views viewcount clicks purchases "
    "quantity freq frequency nplays hours watchtime minutes sessions visits interactions"
).split()

_ROLE_OF = {word: role for role, words in _WORDS.items() for word in words.split()}
_ROLE_OF |= dict.fromkeys(_COUNTS, RATING)


def _plain(name: str) -> str:
    """'user_id:token' and 'User ID' are both 'userid'; the part after ':' is the type in RecBole files."""
    return re.sub(r"[\W_]+", "", name.split(":")[0]).casefold()


def role_of(name: str) -> str | None:
    """The role that a column of this name usually has, or None."""
    return _ROLE_OF.get(_plain(name))


def is_count(name: str) -> bool:
    """Whether the name says that the values count use (plays, clicks) and are no opinions."""
    return _plain(name) in _COUNTS


def is_index(name: str) -> bool:
    """Whether this is the unnamed column that pandas and R write in front."""
    return _plain(name) in ("", "unnamed0", "index", "rownames")


def n_known(names: list[str]) -> int:
    """How many of the names are known."""
    return sum(role_of(name) is not None for name in names)
