"""Guess which columns hold user, item, rating and time, and what the values mean."""

from dataclasses import replace

import numpy as np

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.columns import sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.guess_events import guess_event_weights
from recsys_core.data.reading.guess_matrix import guess_wide, unrated_of_matrix
from recsys_core.data.reading.guess_roles import guess_roles
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import uses_decimal_comma
from recsys_core.data.reading.receipt import quote
from recsys_core.data.reading.sentinels import find_sentinels, find_strays
from recsys_core.data.reading.table import Table
from recsys_core.data.reading.values import LARGEST_OPINION, counted_values, value_texts
from recsys_core.percent import percent

# A scale of opinions ends on one of these; counts end anywhere.
USUAL_TOPS = (20, 50, 100)


def guess_columns(table: Table, layout: Layout, orientation: str | None = None) -> tuple[Layout, list[Doubt]]:
    """Fill in the columns of `layout`; return it with a doubt for each thing that is uncertain about them.

    `orientation` is "long" or "wide" where a person chose it.
    """
    doubts: list[Doubt] = []
    if not layout.header:
        doubts.append(
            Doubt("header", "No header line was found, so the columns are guessed from their content. Correct them if "
                  "they are wrong.")
        )  # fmt: skip
    guessed = guess_wide(table, layout) if orientation != "long" else None
    if orientation == "wide" and guessed is None:
        guessed = replace(layout, orientation="wide", user=0, item=None, rating=None), []
    layout, more = guessed or _guess_long(table, layout)
    doubts += more
    texts = value_texts(table, layout)
    if texts is None:
        return replace(layout, feedback="implicit", duplicates="sum" if layout.event is not None else "count"), doubts
    comma = uses_decimal_comma(texts[1])
    if comma and layout.delimiter == ",":
        doubts.append(Doubt("comma", "The comma in the ratings is read as a decimal comma.", layout.rating))
    values, counts = counted_values(*texts, comma)
    layout = replace(layout, decimal_comma=comma)
    layout, more = _guess_feedback(table, layout, values, counts)
    doubts += more
    if layout.orientation == "wide":
        layout = replace(layout, unrated=unrated_of_matrix(texts[1], values, counts))
    return layout, doubts


def _guess_long(table: Table, layout: Layout) -> tuple[Layout, list[Doubt]]:
    """Guess the columns of a file whose rows are ratings."""
    columns, date_parts, doubts = guess_roles(table, layout.header, is_movielens=layout.delimiter == "::")
    layout = replace(
        layout,
        orientation="long",
        user=columns.get(column_roles.USER),
        item=columns.get(column_roles.ITEM),
        rating=columns.get(column_roles.RATING),
        time=columns.get(column_roles.TIME),
        title=columns.get(column_roles.TITLE),
        event=columns.get(column_roles.EVENT),
        date_parts=date_parts,
    )
    if layout.event is not None:
        layout, more = guess_event_weights(table, layout, layout.event)
        doubts += more
    elif layout.rating is None:
        doubts.append(
            Doubt("no rating", "No rating column was found, so every row counts as one interaction (implicit).")
        )
    return layout, doubts


def _guess_feedback(table: Table, layout: Layout, values: np.ndarray, counts: np.ndarray) -> tuple[Layout, list[Doubt]]:
    """Guess whether the numbers are opinions or count use."""
    if layout.feedback == "implicit":
        return layout, []
    as_counts = replace(layout, feedback="implicit", duplicates="sum")
    name = table.names[layout.rating] if layout.header and layout.rating is not None else ""
    is_named = bool(name) and (column_roles.role_of(name) or column_roles.role_within(name)) is not None
    if is_named and column_roles.is_count(name):
        return as_counts, []
    if layout.orientation == "long" and layout.rating is not None and is_named:
        rating = sample_column(table, layout.rating)
        if rating.is_numeric and rating.is_time:
            return _read_as_times(table, layout, layout.rating)
    if layout.orientation == "wide" or not len(values) or values.min() < 0:
        return layout, []
    is_stray = np.isin(values, find_strays(values, counts))
    kept, n_kept = values[~is_stray], counts[~is_stray]
    far = [each.value for each in find_sentinels(kept, n_kept) if each.is_far]
    kept, n_kept = kept[~np.isin(kept, far)], n_kept[~np.isin(kept, far)]
    is_whole = bool(np.all(kept % 1 == 0))
    if is_named and not (is_whole and kept.max() > LARGEST_OPINION):
        return layout, []
    if not is_named and not _counts_use(kept, n_kept):
        return layout, []
    if kept.max() > LARGEST_OPINION and is_whole:
        reason = f"The values are whole numbers up to {kept.max():,.0f}"
    elif kept.max() > LARGEST_OPINION:
        reason = f"The values reach {kept.max():,.0f}"
    else:
        common = int(np.argmax(n_kept))
        share = percent(n_kept[common] / n_kept.sum())
        reason = (
            f"The values go from {kept.min():g} to {kept.max():g}, and {share} of them are {kept[common]:g}, as is "
            "usual for counts"
        )
    answers = (
        Answer("They count use (plays, purchases)"),
        Answer("They are ratings", (("feedback", "explicit"), ("duplicates", "last"))),
    )
    sentence = (
        f"{reason}, so they are read as counts of use (implicit). "
        "If they are ratings, choose 'ratings (opinions)' for 'The numbers are'."
    )
    doubt = Doubt("counts", sentence, layout.rating, answers, must_answer=bool(kept.max() <= LARGEST_OPINION))
    return as_counts, [doubt]


def _read_as_times(table: Table, layout: Layout, rating: int) -> tuple[Layout, list[Doubt]]:
    """Count the rows of a file whose column `rating` is called so but holds times, and ask what it is."""
    guess = replace(layout, rating=None, time=rating, date_parts=(), feedback="implicit", duplicates="count")
    answers = [Answer("They are times: every row counts as a use")]
    if layout.time is not None and sample_column(table, layout.time).may_be_rating:
        name = quote(table.names[layout.time], 30)
        swapped = {"rating": layout.time, "time": rating, "feedback": "explicit", "duplicates": "last"}
        answers.append(Answer(f"They are times, and {name} holds the ratings", tuple(swapped.items())))
    counted = {"rating": rating, "time": layout.time, "date_parts": layout.date_parts, "duplicates": "sum"}
    answers.append(Answer("They count use", tuple(counted.items())))
    name, example = quote(table.names[rating], 30), quote(str(table.frame.iloc[0, rating]).strip(), 30)
    sentence = f"The numbers in {name}, such as {example}, look like times and not like ratings. What are they?"
    return guess, [Doubt("times as ratings", sentence, rating, tuple(answers), must_answer=True)]


def _counts_use(values: np.ndarray, counts: np.ndarray) -> bool:
    """Tell whether numbers without a telling name count use: they are high, on no usual scale, or mostly the lowest."""
    top = values.max()
    if top > LARGEST_OPINION:
        return True
    if len(values) < 3 or not np.all(values % 1 == 0):
        return False
    half = values[np.searchsorted(np.cumsum(counts), counts.sum() / 2)]
    if top > 10 and (top not in USUAL_TOPS or half <= top / 10):
        return True
    is_falling = bool(np.all(np.diff(counts[:3]) <= 0))
    return bool(values[0] == 1 and counts[0] >= 0.5 * counts.sum()) and is_falling
