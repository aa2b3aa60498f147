"""Generate dirty files as people have them, with the ratings that each should give, and say how each was read.

A dirty file is a list of ratings written down in some way (delimiter, header, quotes, encoding, line ends, a matrix,
blocks, lists, JSON lines) with up to three troubles of the kinds that people have. `outcome` reads it and says whether
it was read as expected, differs with a warning about the trouble, was refused clearly, is silently wrong, or
crashed.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from hypothesis import strategies as st

from recsys_core.data.reading import read_ratings
from recsys_core.errors import InputError
from tests.dirty_troubles import TROUBLES, Context, Row

EXACT, WARNED, REFUSED, SILENT, CRASHED = (
    "as expected",
    "differs with a warning",
    "refused clearly",
    "silent",
    "crashed",
)
OUTCOMES = (EXACT, WARNED, REFUSED, SILENT, CRASHED)
# What the reader says where no header tells the columns, or where it may have taken one for another.
UNSURE = r"header|guessed|assumed|rating column was found|swapped|matrix|going by their ids|which is which"

WORDS = {
    "latin": ("Anna", "Bert", "Clara", "Dora", "Emil", "Fritz", "Gina", "Hugo", "Ida", "Jan", "Kim", "Lea"),
    "accents": ("Amélie", "Zoë", "Müller", "Señora", "Håkan", "Çelik", "Noël", "Jürgen", "Øystein", "Séverine"),
    "cyrillic": ("Иван", "Мария", "Ольга", "Сергей", "Анна", "Тарас", "Юрий", "Павел", "Дмитрий", "Лена"),
    "chinese": ("用户甲", "霸王别姬", "大话西游", "千与千寻", "阿甘正传", "泰坦尼克", "盗梦空间", "教父一"),
    "japanese": ("となりのトトロ", "もののけ姫", "ラーメン", "東京物語", "七人の侍", "君の名は", "ハウル"),
}  # fmt: skip
OLD_ENCODING = {"accents": "cp1252", "cyrillic": "cp1251", "chinese": "gb18030", "japanese": "shift_jis"}
HEADERS = (
    ("user", "item", "rating", "timestamp"),
    ("userId", "movieId", "rating", "timestamp"),
    ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
    ("customer", "product", "stars", "date"),
    ("Benutzer", "Film", "Bewertung", "Datum"),
    ("reviewerID", "asin", "overall", "unixReviewTime"),
)
SCALES = (tuple(range(1, 6)), tuple(value / 2 for value in range(1, 11)), tuple(range(1, 11)))
CLOCKS: dict[str, Callable[[int], str]] = {
    "seconds": str,
    "milliseconds": lambda second: str(second * 1000),
    "ISO": lambda second: datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S"),
    "UTC": lambda second: datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
    "zoned": lambda second: datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
}


@dataclass
class DirtyFile:
    """Bytes, the ratings hidden in them, and for each trouble the words one of which must tell of it."""

    name: str
    content: bytes
    expected: dict[tuple[str, str], float]
    times: dict[tuple[str, str], int] | None
    touched: set[tuple[str, str]]
    troubles: dict[str, str]
    how: str
    may_swap: bool

    def __repr__(self) -> str:
        content = gzip.decompress(self.content) if self.name.endswith(".gz") else self.content
        is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        text = content.decode("utf-16") if is_wide else content.decode("utf-8", "backslashreplace")
        return f"{self.name}: {self.how}; {', '.join(self.troubles) or 'clean'}\n{text[:2000]!r}"


def outcome(file: DirtyFile) -> tuple[str, str]:
    """(one of OUTCOMES, what happened)."""
    try:
        dataset, receipt = read_ratings(file.content, file.name)
    except InputError as error:
        # What only the guard at the edge caught was not foreseen.
        return (CRASHED, repr(error.__cause__)) if error.__cause__ else (REFUSED, str(error))
    except Exception as error:
        return CRASHED, repr(error)
    said = receipt.text()
    if receipt.n_read != receipt.n_kept + receipt.n_left_out + receipt.n_merged:
        return SILENT, f"the rows do not add up: {said}"
    if receipt.lines is not None and receipt.lines.n_unaccounted:
        return SILENT, f"the lines do not add up: {said}"
    data = dataset.interactions
    found = {
        (dataset.user_ids[user], dataset.item_ids[item]): float(value)
        for user, item, value in zip(data.users, data.items, data.values, strict=True)
    }
    times = None
    if dataset.times is not None:
        pairs = zip(data.users, data.items, strict=True)
        times = {
            (dataset.user_ids[u], dataset.item_ids[i]): int(t) for (u, i), t in zip(pairs, dataset.times, strict=True)
        }
    is_right = found.keys() == file.expected.keys() and all(
        abs(found[pair] - file.expected[pair]) < 1e-5 for pair in found
    )
    if is_right and file.times is not None and times is not None:
        is_right = all(times[pair] == file.times[pair] for pair in found if pair not in file.touched)
    if is_right and (file.times is None or times is not None or re.search(r"(?i)\btime", said)):
        return EXACT, said
    told = [name for name, words in file.troubles.items() if re.search(words, said, re.IGNORECASE)]
    # Rows that no trouble touches must be there as they are, whatever is said of the others.
    untouched = {pair: value for pair, value in file.expected.items() if pair not in file.touched}
    is_whole = _holds(found, untouched)
    if file.may_swap and re.search(UNSURE, said, re.IGNORECASE):
        # Without a header, who is the person may be open, if that is said.
        turned = {(item, user): value for (user, item), value in untouched.items()}
        if _holds(found, turned) or (is_whole and not file.troubles):
            return WARNED, said
    if "rating column was found" in said and _OF_RATINGS & file.troubles.keys():
        return WARNED, said
    if told and (is_whole or any(name in _WHOLE_FILE for name in told)):
        return WARNED, said
    missing, new = sorted(file.expected.keys() - found.keys())[:3], sorted(found.keys() - file.expected.keys())[:3]
    return SILENT, f"missing {missing}, new {new}: {said}"


def _holds(found: dict, rows: dict) -> bool:
    return all(abs(found.get(pair, float("nan")) - value) < 1e-5 for pair, value in rows.items())


_OF_RATINGS = {"bad rating", "blank cell", "sentinel", "first row NA", "comma"}
# Troubles that concern every row of a file.
_WHOLE_FILE = {"unrated", "old encoding", "sentinel", "decimal comma", "clock", "numbers of one word", "swallowed rows"}


@st.composite
def dirty_files(draw) -> DirtyFile:
    """A file of 8 to 60 ratings in some form with up to three troubles."""
    rng = Random(draw(st.integers(0, 2**32)))
    form = draw(st.sampled_from(["table"] * 8 + ["matrix", "matrix", "blocks", "lists", "JSON lines"]))
    script = draw(st.sampled_from(["numbers", "codes", "latin", *WORDS]))
    if form in ("blocks", "lists"):
        script = "numbers"
    is_list = form == "lists"  # a few short lines of numbers nobody can tell from a table
    n_users, n_items = draw(st.integers(6 if is_list else 3, 9)), draw(st.integers(8 if is_list else 4, 12))
    n_rows = 4 * n_users if is_list else draw(st.integers(8, 60))
    rows = _ratings(rng, script, n_users, n_items, draw(st.sampled_from(SCALES)), n_rows)
    make = {"table": _table, "matrix": _matrix, "blocks": _blocks, "lists": _lists, "JSON lines": _json_lines}[form]
    return make(draw, rng, rows, script)


def _ratings(rng: Random, script: str, n_users: int, n_items: int, scale: tuple, n_rows: int) -> list[Row]:
    users, items = _ids(rng, script, n_users, "u"), _ids(rng, script, n_items, "i")
    pairs = [(user, item) for user in users for item in items]
    chosen = rng.sample(pairs, min(len(pairs), n_rows))
    if rng.random() < 0.7:
        chosen.sort(key=lambda pair: (users.index(pair[0]), rng.random()))
    start = rng.randint(1_000_000_000, 1_500_000_000)
    return [Row(user, item, float(rng.choice(scale)), start + rng.randint(0, 10**7)) for user, item in chosen]


def _ids(rng: Random, script: str, n: int, letter: str) -> list[str]:
    if script == "numbers":
        return [str(number) for number in rng.sample(range(1, 9_000), n)]
    if script == "codes":
        return [f"{letter}{number}" for number in rng.sample(range(1, 900), n)]
    words = WORDS[script]
    return [f"{rng.choice(words)} {number}" if letter == "i" else f"{rng.choice(words)}{number}" for number in range(n)]


# Tables


def _table(draw, rng: Random, rows: list[Row], script: str) -> DirtyFile:
    delimiter = draw(st.sampled_from([",", ",", ";", "\t", "\t", "|", "::", "\t\t", " "]))
    header = draw(st.sampled_from([*HEADERS, None, None]))
    quoting = draw(st.sampled_from(["minimal", "minimal", "all", "none"]))
    if delimiter in ("::", "\t\t", " "):
        quoting = "none"
    if delimiter == " " and script not in ("numbers", "codes"):
        delimiter, quoting = ",", "minimal"
    clock = draw(st.sampled_from([None, *CLOCKS]))
    if delimiter in (" ", "::") and clock not in (None, "milliseconds"):
        clock = "seconds"
    roles = ["user", "item", "rating"] + (["time"] if clock else [])
    if header and draw(st.booleans()):
        rng.shuffle(roles)
    troubles: dict[str, str] = {}
    touched: set[tuple[str, str]] = set()
    n_troubles = draw(st.integers(0, 3))
    kinds = draw(st.lists(st.sampled_from(list(TROUBLES)), min_size=n_troubles, max_size=n_troubles, unique=True))
    context = Context(rng, delimiter, header is not None, quoting, roles, script)
    for kind in kinds:
        if (words := TROUBLES[kind](rows, touched, context)) is not None:
            troubles[kind] = words
    lines = [_line(row, roles, clock, context) for row in rows]
    if context.comma:
        troubles["decimal comma"] = "comma|decimal"
    for place, text in sorted(context.between, reverse=True):
        lines.insert(min(place, len(lines)), text)
    if header:
        names = dict(zip(("user", "item", "rating", "time"), header, strict=True))
        lines.insert(0, delimiter.join(_quoted(names[role], context) for role in roles) + context.header_end)
    lines = [*context.above, *lines, *context.below]
    content, name = _bytes(draw, lines, "r.tsv" if delimiter == "\t" else "r.csv", script, troubles)
    expected, seconds = _expected(rows)
    if clock:
        troubles.setdefault("clock", r"\btime")
    how = f"{delimiter!r}, {'header' if header else 'no header'}, quotes {quoting}, columns {roles}, clock {clock}"
    return DirtyFile(name, content, expected, seconds if clock else None, touched, troubles, how, header is None)


def _line(row: Row, roles: list[str], clock: str | None, context: Context) -> str:
    if row.text is not None:
        return row.text
    value = f"{row.value:g}"
    if context.comma:
        value = f"{row.value:.1f}".replace(".", ",")
    cells = {"user": row.user, "item": row.item, "rating": value}
    if clock:
        cells["time"] = CLOCKS[clock](row.second)
    cells |= row.written
    raw = {role for role in row.written if role.startswith("raw ")}
    texts = [cells.get(f"raw {role}") if f"raw {role}" in raw else _quoted(cells[role], context) for role in roles]
    return context.delimiter.join(texts) + context.row_end(id(row))


def _quoted(text: str, context: Context) -> str:
    if context.quoting == "none":
        return text
    file = io.StringIO()
    how = csv.QUOTE_ALL if context.quoting == "all" else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=context.delimiter, quoting=how, lineterminator="\n").writerow([text])
    written = file.getvalue()[:-1]
    return written if written != '""' or context.quoting == "all" else ""


# Other forms


def _matrix(draw, rng: Random, rows: list[Row], script: str) -> DirtyFile:
    """People × items; blank or 0 is unrated, and trailing cells may be missing."""
    delimiter = draw(st.sampled_from([",", ";", "\t"]))
    users, items = list(dict.fromkeys(row.user for row in rows)), list(dict.fromkeys(row.item for row in rows))
    values = {(row.user, row.item): f"{row.value:g}" for row in rows}
    blank = draw(st.sampled_from(["", "", "0", "99", "NA"]))
    troubles = {"unrated": "unrated|not rated|missing|no number|not a number"} if blank else {}
    is_cut = blank == "" and draw(st.booleans())
    lines = [delimiter.join([draw(st.sampled_from(["", "user", "userId"])), *items])]
    for user in users:
        line = delimiter.join([user, *(values.get((user, item), blank) for item in items)])
        lines.append(line.rstrip(delimiter) if is_cut else line)
    if is_cut:
        troubles["short rows"] = "shorter|fields"
    content, name = _bytes(draw, lines, "m.csv", script, troubles)
    expected, _ = _expected(rows)
    how = f"matrix, {delimiter!r}, unrated is {blank!r}, {'cut short' if is_cut else 'full rows'}"
    return DirtyFile(name, content, expected, None, set(), troubles, how, True)


def _blocks(draw, rng: Random, rows: list[Row], script: str) -> DirtyFile:
    lines = []
    for item in dict.fromkeys(row.item for row in rows):
        lines.append(f"{item}:")
        lines += [f"{row.user},{row.value:g},{_day(row.second)}" for row in rows if row.item == item]
    content, name = _bytes(draw, lines, "combined_data_1.txt", script, {})
    expected, _ = _expected(rows)
    return DirtyFile(name, content, expected, None, set(), {}, "blocks", False)


def _day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d")


def _lists(draw, rng: Random, rows: list[Row], script: str) -> DirtyFile:
    separator = draw(st.sampled_from([" ", " ", "\t"]))
    lines = [
        separator.join([user, *(row.item for row in rows if row.user == user)])
        for user in dict.fromkeys(row.user for row in rows)
    ]
    content, name = _bytes(draw, lines, "train.txt", script, {})
    expected = {(row.user, row.item): 1.0 for row in rows}
    return DirtyFile(
        name, content, expected, None, set(), {}, "lists", len({line.count(separator) for line in lines}) < 3
    )


def _json_lines(draw, rng: Random, rows: list[Row], script: str) -> DirtyFile:
    names = draw(st.sampled_from(HEADERS[:2] + HEADERS[5:]))
    more = draw(st.sampled_from([{}, {"helpful": [2, 3]}, {"style": {"Size": "L"}, "text": 'He said "no"'}]))
    lines = [
        json.dumps(
            dict(zip(names, (row.user, row.item, row.value, row.second), strict=True)) | more, ensure_ascii=False
        )
        for row in rows
    ]
    troubles = {"nested": "nested"} if more else {}
    name = draw(st.sampled_from(["r.jsonl", "r.json", "r.ndjson"]))
    content, name = _bytes(draw, lines, name, "", troubles)
    expected, seconds = _expected(rows)
    return DirtyFile(name, content, expected, seconds, set(), troubles, "JSON lines", False)


def _expected(rows: list[Row]) -> tuple[dict, dict]:
    expected, seconds = {}, {}
    for row in rows:
        if not row.is_lost and row.text is None:
            expected[row.user, row.item] = row.value
            seconds[row.user, row.item] = row.second
    return expected, seconds


def _bytes(draw, lines: list[str], name: str, script: str, troubles: dict) -> tuple[bytes, str]:
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = end.join(lines) + draw(st.sampled_from(["", end]))
    encodings = ["utf-8", "utf-8", "utf-8-sig", "utf-16"]
    if script in OLD_ENCODING:
        encodings += [OLD_ENCODING[script]] * 2
    encoding = draw(st.sampled_from(encodings))
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError:
        content, encoding = text.encode(), "utf-8"
    if encoding in OLD_ENCODING.values():
        troubles["old encoding"] = "not UTF-8|encoding"
    if draw(st.integers(0, 9)) == 0:
        return gzip.compress(content), f"{name}.gz"
    return content, name
