"""Recognise text files that are no table of columns by their shape; turn them into rows, or refuse with advice."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd

from recsys_core.data.reading.receipt import LeftOut, list_lines, quote
from recsys_core.data.reading.table import COMMENT_SIGNS, MAX_ROWS, Table, split_lines
from recsys_core.errors import InputError

SAMPLE = 400
BLOCK_HEAD = re.compile(r"[^\s,;|:\"]{1,60}:\s*")
USER = re.compile(r"[^\s,;|:\"]{1,60}")
DAY = re.compile(r"\d{4}-\d\d-\d\d.*")
FEATURE = re.compile(r"\d+:[-+0-9.eE]+")
IMPRESSION = re.compile(r"\S+-[01]( \S+-[01])*")
MSWEB = re.compile(r"[IATNCV],.*")
# Fewer numbers on lines of one length may well be a user, an item, a rating and a time.
FEWEST_IN_EQUAL_LISTS = 5


def read_shaped_table(lines: list[str]) -> Table | None:
    """Return the file as a table of user, item and what else it has, or None where it is an ordinary table.

    Raises InputError for a known kind that has no ratings by people.
    """
    filled = ((number, text) for number, text in enumerate(lines, 1) if text.strip())
    sample = [line for line in islice(filled, SAMPLE) if not line[1].startswith(COMMENT_SIGNS)]
    if len(sample) < 2:
        return None
    texts = [text for _, text in sample]
    _refuse_features(sample)
    _refuse_impressions(sample)
    for is_meant, read in _SHAPES.items():
        if is_meant(texts):
            return replace(read(lines), delimiter="")
    return None


def _refuse_features(sample: list[tuple[int, str]]) -> None:
    """Refuse LibSVM, SVMlight and LETOR: a label, perhaps qid:n, then pairs index:value."""

    def is_one(text: str) -> bool:
        pairs = text.split("#")[0].split()[1:]
        pairs = pairs[1:] if pairs and pairs[0].startswith("qid:") else pairs
        return len(pairs) > 0 and all(map(FEATURE.fullmatch, pairs))

    if sum(is_one(text) for _, text in sample) > 0.9 * len(sample):
        kind = "LETOR (SVMlight with qid:)" if any(" qid:" in text for _, text in sample) else "LibSVM (SVMlight)"
        raise InputError(
            "A rating file must say who rated what. This one is in the format "
            f"{kind}: each line is a label with the features of a document, such as {quote(sample[0][1])} on line "
            f"{sample[0][0]}, without people or items. Write a line 'user,item,rating' for each rating."
        )


def _refuse_impressions(sample: list[tuple[int, str]]) -> None:
    """Refuse the log of MIND (impression, user, time, history, news with 1 if clicked) and ranked lists of TREC."""
    rows = [text.split("\t") for _, text in sample]
    fits = [len(row) == 5 and IMPRESSION.fullmatch(row[4].strip()) is not None for row in rows]
    if sum(fits) > 0.9 * len(sample) and any(" " in row[4] or " " in row[3] for row in rows if len(row) == 5):
        raise InputError(
            "A rating file must have one rating or one interaction per line. This is a log of impressions as in MIND "
            f"(behaviors.tsv): line {sample[0][0]} lists several items, marked -1 if clicked and -0 if not. "
            "Write a line 'user,item' for each click."
        )
    if sum(len(text.split()) == 6 and text.split()[1] == "Q0" for _, text in sample) > 0.9 * len(sample):
        raise InputError(
            "A rating file must contain ratings. This is a TREC run, the ranked lists of a search system "
            f"(line {sample[0][0]}: {quote(sample[0][1])}). Choose the judgements (qrels) instead."
        )


def refuse_lists_of_items(texts: np.ndarray, name: str) -> None:
    """Raise InputError where nearly all the distinct `texts` of the items' column `name` are lists of items."""
    some = [text.strip() for text in texts[:SAMPLE] if text.strip()]
    bare = [text[1:-1] for text in some if text[0] + text[-1] in ("[]", "()", "{}")]
    is_enclosed = len(bare) > 0.9 * len(some)
    for separator in ",|; ":
        lists = [text.split(separator) for text in (bare if is_enclosed else some)]
        n_several = sum(len(each) > 1 for each in lists)
        if not is_enclosed and separator != "|":
            lists = [each for each in lists if all(_is_number(token.strip()) for token in each)]
        widths = set(map(len, lists))
        is_ragged = len(widths) > 1 and max(widths) > 2
        # Items that are pairs or triples, such as the cells of a grid, are all of one length.
        if (
            len(lists) > 0.9 * len(some)
            and n_several > 0.5 * len(some)
            and (is_ragged or max(widths) >= FEWEST_IN_EQUAL_LISTS)
        ):
            raise InputError(
                f"Every row must name one item. The column {quote(name, 30)} has several in a cell, such as "
                f"{quote(some[0])}: write a row for each item, or choose another column for the item."
            )


def _has_blocks(texts: list[str]) -> bool:
    heads = [BLOCK_HEAD.fullmatch(text) is not None for text in texts]
    return heads[0] and not all(heads) and not any(":" in text.split(",")[0] for text in texts[1:] if text[-1:] != ":")


def _blocks(lines: list[str]) -> Table:
    """Read blocks as of the Netflix Prize: a line `item:`, then a line `user,rating,date` for each rating."""
    numbers, body, heads, head = list[int](), list[str](), list[int](), ""
    for number, text in enumerate(lines, 1):
        if BLOCK_HEAD.fullmatch(text):
            head = text.strip()[:-1]
            heads.append(number)
        elif text.strip():
            numbers.append(number)
            body.append(f"{head},{text}")
    widths = np.array([text.count(",") + 1 for text in body[:SAMPLE]])
    n_fields = int(np.bincount(widths).argmax())
    done = split_lines(body, 0, n_fields, ",")
    second = done.frame.iloc[:SAMPLE, 2] if n_fields > 2 else ()
    is_dated = n_fields == 3 and all(DAY.fullmatch(text.strip()) for text in second)
    names = ("item", "user", "date") if is_dated else ("item", "user", "rating", "date", "column 5", "column 6")
    line_of = np.array(numbers)
    ragged = tuple((int(line_of[row - 1]), lines[line_of[row - 1] - 1], width - 1) for row, _, width in done.ragged)
    sentence = (
        f"The file has {len(heads):,} blocks as in the Netflix Prize: a line such as {quote(lines[heads[0] - 1])} "
        "names an item, and the lines below it are its ratings."
    )
    return Table(
        names=(*names[:n_fields], *(f"column {at + 1}" for at in range(len(names), n_fields)))[:n_fields],
        frame=done.frame,
        lines=line_of[done.lines - 1],
        ragged=ragged,
        sentences=(sentence,),
        understood=(("Kind", "text in blocks, one for each item (Netflix Prize)"),),
        misfit=f"the number of fields is not {n_fields - 1}",
        left_out=_renumbered(done.left_out, line_of),
        elsewhere=(
            ("heading of a block" if len(heads) == 1 else "headings of blocks", len(heads)),
            ("blank", sum(not text.strip() for text in lines)),
            ("comments", done.n_comments),
        ),
    )


def _list_signs(texts: list[str]) -> tuple[str, str] | None:
    """Return (what stands behind the user, what separates the items) if each line is a user and items, else None."""
    separator = _list_separator(texts)
    if separator is not None:
        return separator, separator
    for sign, separator in ((sign, separator) for sign in ":\t" for separator in (" ", ",", ";", "|", "\t")):
        rows = [row for row in (_split_list(text, sign, separator) for text in texts) if len(row) > 1]
        if sign == separator or len(rows) < max(2, 0.8 * len(texts)):
            continue
        if not all(USER.fullmatch(row[0]) and all(map(_is_number, row[1:])) for row in rows):
            continue
        if len({row[0] for row in rows}) < len(rows) or any(len(set(row[1:])) < len(row) - 1 for row in rows):
            continue
        widths = Counter(map(len, rows))
        if max(widths) > FEWEST_IN_EQUAL_LISTS or (len(widths) > 1 and max(widths) > 3):
            return sign, separator
    return None


def _split_list(text: str, sign: str, separator: str) -> list[str]:
    """Split a line into the user, who ends at the `sign`, and the items."""
    user, _, items = text.strip().partition(sign)
    return [user.strip(), *(item for each in items.split(separator) if (item := each.strip()))]


def _is_number(token: str) -> bool:
    return token.isascii() and token.isdigit() and len(token) < 12


def _list_separator(texts: list[str]) -> str | None:
    """Return what separates the numbers if each line is a user and their items, else None."""
    for separator in (" ", "\t", ","):
        rows = [text.strip().split(separator) for text in texts]
        rows = [row for row in rows if len(row) > 1]
        if len(rows) < max(2, 0.8 * len(texts)):
            continue
        if not all(_is_number(token) for row in rows for token in row):
            continue
        if len({row[0] for row in rows}) < len(rows) or any(len(set(row[1:])) < len(row) - 1 for row in rows):
            continue
        widths = Counter(len(row) for row in rows)
        is_ragged = len(widths) >= 3 and max(widths) > 3 and max(widths.values()) <= 0.6 * len(rows)
        # Pairs whose user never comes again, and other lines with more: the pairs are lists of one.
        is_ragged |= widths.most_common(1)[0][0] == 2 and len(rows) - widths[2] >= 2
        if is_ragged or (_are_ids_of_things(rows) and (len(widths) > 1 or min(widths) >= FEWEST_IN_EQUAL_LISTS)):
            return separator
    return None


def _are_ids_of_things(rows: list[list[str]]) -> bool:
    """Tell whether the numbers after the first are ids of one kind: many, large, and the same in any column.

    Ratings in a matrix are small; the columns of a table hold different kinds of values.
    """
    columns: dict[str, Counter[int]] = {}
    for row in rows:
        for index, token in enumerate(row[1:]):
            columns.setdefault(token, Counter())[index] += 1
    if max(map(int, columns)) <= 2 * max(map(len, rows)) or len(rows) < 3:
        return False
    shared = sum(sum(counts.values()) for counts in columns.values() if len(counts) > 1)
    n_tokens = sum(len(row) - 1 for row in rows)
    if shared >= 0.5 * n_tokens:
        return True
    users = [int(row[0]) for row in rows]
    ranges = [[int(row[index]) for row in rows if len(row) > index] for index in range(1, min(map(len, rows)))]
    middle = sorted(int(token) for row in rows for token in row[1:])[n_tokens // 2]
    is_alike = all(min(numbers) < middle < max(numbers) for numbers in ranges)
    return is_alike and users == sorted(users) and len(rows) >= 5


def _lists(lines: list[str]) -> Table:
    """Read adjacency lists as of LightGCN and NGCF: each line is a user and all of their items."""
    filled = [(number, text) for number, text in enumerate(lines, 1) if text.strip()]
    sign, separator = _list_signs([text for _, text in filled[:SAMPLE]]) or (" ", " ")
    users, items, numbers = list[str](), list[str](), list[int]()
    idle, damaged, n_rows = list[int](), list[tuple[int, str]](), 0
    for number, text in filled:
        user, *items_of_user = _split_list(text, sign, separator)
        is_user = user.isalnum() if sign == separator else USER.fullmatch(user) is not None
        if "\0" in text or not is_user or not all(map(str.isalnum, items_of_user)):
            damaged.append((number, text))
            continue
        n_rows += 1
        if not items_of_user:
            idle.append(number)
        users += [user] * len(items_of_user)
        items += items_of_user
        numbers += [number] * len(items_of_user)
    if len(users) > 4 * MAX_ROWS:
        raise InputError(f"A file must have at most {4 * MAX_ROWS:,} pairs. This one has more: take a sample.")
    warnings = []
    if idle:
        lines_name = "1 line names" if len(idle) == 1 else f"{len(idle):,} lines name"
        warnings.append(f"{lines_name} a user without an item, who is not in the data ({list_lines(idle)}).")
    name = {" ": "spaces", "\t": "tabs", ",": "commas", ";": "semicolons", "|": "'|'"}[separator]
    return Table(
        names=("user", "item"),
        frame=pd.DataFrame({0: pd.Series(users, dtype="str"), 1: pd.Series(items, dtype="str")}),
        lines=np.array(numbers, np.int64),
        sentences=(f"Each of {n_rows:,} lines is a user and then their items, separated by {name}.",),
        warnings=(*warnings, "Each line is read as a user and all of their items (as in LightGCN's train.txt)."),
        understood=(("Kind", "text with a line for each user: the user, then their items"),),
        left_out=_damaged("it is no list of ids", damaged),
        elsewhere=(("without an item", len(idle)), ("blank", len(lines) - len(filled))),
    )


def _is_qrels(texts: list[str]) -> bool:
    rows = [text.split() for text in texts]
    fits = [len(row) == 4 and row[1] in ("0", "Q0") and re.fullmatch(r"-?\d", row[3]) is not None for row in rows]
    return sum(fits) > 0.9 * len(rows) and len({row[0] for row in rows}) < len(rows)


def _qrels(lines: list[str]) -> Table:
    """Read judgements of TREC: topic, iteration (always 0), document, relevance."""
    done = split_lines([" ".join(text.split()) for text in lines], 0, 4, " ")
    return Table(
        names=("user", "iteration", "item", "rating"),
        frame=done.frame,
        lines=done.lines,
        ragged=done.ragged,
        sentences=("Judgements of TREC (qrels): topic, iteration, document and relevance.",),
        warnings=("Topics are read as people and documents as items. The relevance is the rating.",),
        understood=(("Kind", "judgements of TREC (qrels)"),),
        misfit="the number of fields is not 4",
        left_out=done.left_out,
        elsewhere=(("blank", done.n_blank), ("comments", done.n_comments)),
    )


def _is_msweb(texts: list[str]) -> bool:
    return (
        all(map(MSWEB.fullmatch, texts))
        and texts[0].startswith("I,")
        and bool({"A", "N"} & {text[0] for text in texts})
    )


def _msweb(lines: list[str]) -> Table:
    """Read the log of UCI's Anonymous Microsoft Web Data: A names an area, C a case (a person), V a visit."""
    titles, users, items, numbers = dict[str, str](), list[str](), list[str](), list[int]()
    user: str | None = None
    n_others, damaged = 0, list[tuple[int, str]]()
    for number, text in enumerate(lines, 1):
        parts = [part.strip('" ') for part in text.split(",")]
        if text.startswith("V,") and len(parts) >= 2 and user is not None:
            users.append(user)
            items.append(parts[1])
            numbers.append(number)
        elif text.startswith("C,") and len(parts) >= 2:
            user, n_others = parts[1], n_others + 1
        elif MSWEB.fullmatch(text) and not text.startswith("V,"):
            if text.startswith("A,") and len(parts) >= 4:
                titles[parts[1]] = parts[3]
            n_others += 1
        elif text.strip():
            damaged.append((number, text))
    columns = (users, items, [titles.get(item, "") for item in items])
    return Table(
        names=("user", "item", "title"),
        frame=pd.DataFrame({index: pd.Series(column, dtype="str") for index, column in enumerate(columns)}),
        lines=np.array(numbers, np.int64),
        sentences=(
            "The file is a log as in UCI's Microsoft Web Data: lines C name a person, lines V what they visited, lines "
            f"A the {len(titles):,} areas.",
        ),
        understood=(("Kind", "log as of UCI's Anonymous Microsoft Web Data"),),
        left_out=_damaged("it is no line of this format", damaged),
        elsewhere=(("lines on people and areas", n_others), ("blank", sum(not text.strip() for text in lines))),
    )


def _damaged(reason: str, lines: list[tuple[int, str]]) -> tuple[LeftOut, ...]:
    """Return the damaged lines (number, text) as a group, if there are any."""
    numbers, texts = np.array([number for number, _ in lines]), np.array([text for _, text in lines], object)
    return (LeftOut(reason, numbers, texts),) if lines else ()


def _renumbered(groups: tuple[LeftOut, ...], line_of: np.ndarray) -> tuple[LeftOut, ...]:
    """Return the groups with the line numbers of the whole file; `line_of` has that of each line they counted."""
    return tuple(replace(group, lines=line_of[group.lines - 1]) for group in groups)


_SHAPES: dict[Callable[[list[str]], bool], Callable[[list[str]], Table]] = {
    _has_blocks: _blocks,
    _is_msweb: _msweb,
    _is_qrels: _qrels,
    lambda texts: _list_signs(texts) is not None: _lists,
}
