"""Find doubts about the ratings of a layout: values that may mean "not rated", opinions in words, repeats."""

import numpy as np

from recsys_core.data.nouns import join_words
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import DUPLICATES, Layout
from recsys_core.data.reading.numbers import are_opinions, opinion_of, parse_ratings
from recsys_core.data.reading.receipt import N_EXAMPLES, list_examples, quote
from recsys_core.data.reading.sentinels import Sentinel, find_sentinels, find_strays
from recsys_core.data.reading.table import CodedTexts, Table
from recsys_core.data.reading.values import counted_values, item_columns, value_texts
from recsys_core.percent import percent

# Repeats are looked for in this many rows at the start.
HEAD = 50_000


def value_doubts(table: Table, layout: Layout) -> list[Doubt]:
    """Return the open doubts about values, whether the layout was guessed or chosen."""
    found = value_texts(table, layout)
    if found is None or layout.feedback != "explicit":
        return []
    codes, texts = found
    values, counts = counted_values(codes, texts, layout.decimal_comma)
    column = layout.rating if layout.orientation == "long" else min(item_columns(table, layout), default=None)
    doubts = _opinions(codes, texts, column)
    strays = find_strays(values, counts)
    doubts += _strays(strays, (codes, texts), table, layout, column) if len(strays) else []
    is_stray = np.isin(values, strays)
    sentinels = find_sentinels(values[~is_stray], counts[~is_stray])
    known = {*strays, *(sentinel.value for sentinel in sentinels)}
    zero = [each for each in layout.unrated if each not in known]
    doubts += [_sentinel(each, sentinels, texts, layout, column) for each in sentinels]
    doubts += [_filler(value, values, counts, layout, column) for value in zero if layout.orientation == "wide"]
    return [doubt for doubt in doubts if doubt.key not in layout.settled]


def repeats_doubt(table: Table, layout: Layout) -> Doubt | None:
    """Return the doubt about repeated pairs of a user and an item in rows that count use; None where none repeats."""
    if layout.orientation == "wide" or layout.feedback != "implicit" or layout.user == layout.item:
        return None
    if layout.user is None or layout.item is None:
        return None
    head = table.head(HEAD)
    (users, _), (items, texts) = head.column(layout.user), head.column(layout.item)
    n_rows, n_pairs = len(users), len(np.unique(users.astype(np.int64) * len(texts) + items))
    if n_pairs == n_rows:
        return None
    rows = f"{n_rows:,} rows" if n_rows == len(table.lines) else f"The first {n_rows:,} rows"
    has_amounts = layout.rating is not None or layout.event is not None
    rules = ("sum", "count", "highest") if has_amounts else ("count", "last")
    return Doubt(
        "repeats",
        f"{rows} have {n_pairs:,} different pairs of a person and an item. Rule for repeated pairs: "
        f"{DUPLICATES[layout.duplicates]}.",
        layout.item,
        tuple(
            Answer(DUPLICATES[rule].capitalize() if has_amounts or rule == "count" else "Count each pair as 1",
                   (("duplicates", rule),))
            for rule in rules if rule != layout.duplicates
        ),
    )  # fmt: skip


def _opinions(codes: np.ndarray, texts: np.ndarray, column: int | None) -> list[Doubt]:
    if not are_opinions(texts):
        return []
    counts = np.bincount(codes, minlength=len(texts))
    words: dict[float, list[str]] = {1.0: [], 0.5: [], 0.0: []}
    for text, count in zip(texts, counts, strict=True):
        if (value := opinion_of(text)) is not None:
            words[value].append(f"{quote(text.strip(), 20)} ({count:,} ×)")
    readings = join_words([f"{', '.join(some)} as {value:g}" for value, some in words.items() if some])
    return [Doubt("words", f"The ratings are words, read as numbers: {readings}.", column)]


def _strays(strays: np.ndarray, cells: CodedTexts, table: Table, layout: Layout, column: int | None) -> list[Doubt]:
    """Return the doubt about a few values far above all others; `cells` are (codes, texts) of all ratings."""
    codes, texts = cells
    is_stray = np.isin(parse_ratings(texts, layout.decimal_comma)[0], strays)
    found = np.flatnonzero(is_stray[codes])
    n_columns = 1 if layout.orientation == "long" else len(item_columns(table, layout))
    examples = [(int(table.lines[cell // n_columns]), quote(texts[codes[cell]].strip(), 20)) for cell in found]
    where = f"{list_examples(examples[:N_EXAMPLES], table.unit)}{', …' if len(examples) > N_EXAMPLES else ''}"
    one, some = ("row", "rows") if layout.orientation == "long" else ("cell", "cells")
    sentence = (
        f"1 {one} has a value far above all others: {where}. It counts as a rating, but may be a typing error or a "
        "total."
        if len(found) == 1
        else f"{len(found):,} {some} have values far above all others: {where}. They count as ratings, but may be "
        "typing errors or totals."
    )
    answers = [
        Answer(f"Leave out {'this' if len(found) == 1 else 'these'} {one if len(found) == 1 else some}",
               unrated=(tuple(strays.tolist()), True))
    ]  # fmt: skip
    if layout.orientation == "long":
        answers.append(Answer("All the numbers count use", (("feedback", "implicit"), ("duplicates", "sum"))))
    answers.append(Answer("They are ratings", unrated=(tuple(strays.tolist()), False)))
    return [Doubt("far above", sentence, column, tuple(answers), must_answer=True)]


def _sentinel(
    each: Sentinel, all_of_them: list[Sentinel], texts: np.ndarray, layout: Layout, column: int | None
) -> Doubt:
    """Return the doubt about a value that may mean "not rated"."""
    written = next((text.strip() for text in texts if _is(text, each.value)), f"{each.value:g}")
    apart = "far from" if each.is_far else "apart from"
    if each.value == 0 and not each.is_far and each.lowest > 0:
        apart = "below"
    others = join_words([_number(other.value) for other in all_of_them if other is not each])
    but = f" (but for {others})" if others else ""
    without = join_words(sorted(_number(other.value) for other in all_of_them)) if others else "it"
    where = "cells" if layout.orientation == "wide" else "rows"
    is_left_out = each.value in layout.unrated
    meaning = "is read as “not rated”" if is_left_out else "may mean “not rated”"
    sentence = (
        f"{quote(written, 20)} is in {each.count:,} {where} ({percent(each.share)}), {apart} all other ratings{but}, "
        f"{_number(each.lowest)} to {_number(each.highest)}, and {meaning}. The mean rating is "
        f"{_number(each.mean, 2)} with {'them' if others else 'it'} "
        f"and {_number(each.mean_without, 2)} without {without}."
    )
    answers = [Answer(f"Leave out these {each.count:,} (not rated)", unrated=((each.value,), True))]
    if layout.orientation == "long":
        answers.append(
            Answer("Ignore the ratings: count every row as a use",
                   (("rating", None), ("feedback", "implicit"), ("duplicates", "count")))
        )  # fmt: skip
    answers.append(Answer("They are ratings", unrated=((each.value,), False)))
    return Doubt(f"unrated {each.value:g}", sentence, column, tuple(answers), must_answer=True)


def _filler(value: float, values: np.ndarray, counts: np.ndarray, layout: Layout, column: int | None) -> Doubt:
    """Return the doubt about the 0 that fills the cells of a matrix without blanks."""
    count = int(counts[values == value].sum())
    mean, others = float(values @ counts / counts.sum()), values != value
    without = float(values[others] @ counts[others] / counts[others].sum())
    sentence = (
        f"No cell is blank, so the {value:g} in {count:,} cells is read as unrated (missing), not as a rating. The "
        f"mean rating is {_number(mean, 2)} with it and {_number(without, 2)} without it."
    )
    answers = (Answer(f"{value:g} means not rated"), Answer("It is a rating", unrated=((value,), False)))
    return Doubt(f"unrated {value:g}", sentence, column, answers, must_answer=True)


def _is(text: str, value: float) -> bool:
    """Tell whether the text is this number."""
    try:
        return float(text) == value
    except ValueError:
        return False


def _number(value: float, n_decimals: int | None = None) -> str:
    text = f"{value:g}" if n_decimals is None else f"{value:.{n_decimals}f}"
    return text.replace("-", "−")
