"""Find ids that are easily mistaken for each other, or that a program has damaged, with their lines."""

import re
import unicodedata

import numpy as np

from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.numbers import MISSING, looks_numeric
from recsys_core.data.reading.receipt import N_EXAMPLES, list_examples, list_quoted, quote

LEADING_ZERO = re.compile(r"0[0-9]+")
WITH_DECIMALS = re.compile(r"[0-9]+\.0+")
SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})")
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"}
SPACES = re.compile(r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
MIXED_SCRIPTS = ({"LATIN", "CYRILLIC"}, {"LATIN", "GREEK"})
# Emoji are joined and coloured by invisible characters; without these they fall apart.
JOINING = re.compile("(?<=[\U0001f000-\U0001ffff\u2600-\u27bf\ufe0f])\u200d(?=[\U0001f000-\U0001ffff\u2600-\u27bf])")


def id_doubts(
    role: str, codes: np.ndarray, ids: np.ndarray, lines: np.ndarray, unit: str, column: int | None = None
) -> list[Doubt]:
    """Return the doubts about the ids of one role; `codes` (r,) is the index of the id on each of `lines`."""
    doubts = [
        *_leading_zeros(role, ids, column),
        *_decimals(role, ids, column),
        *_scientific(role, codes, ids, lines, unit, column),
    ]
    odd = np.zeros(0, np.int64)
    if not _is_plain("".join(ids)):
        odd = np.array([code for code, text in enumerate(ids) if not _is_plain(text)], np.int64)
    for name, is_meant, words in (
        ("hidden", has_hidden, "invisible (hidden) characters"),
        ("scripts", _mixes_scripts, "letters that look alike"),
    ):
        affected = [int(code) for code in odd if is_meant(ids[code])]
        if affected:
            sentence = (
                f"{len(affected):,} {role} {'id has' if len(affected) == 1 else 'ids have'} {words}: "
                f"{_examples(affected, codes, ids, lines, unit)}. They are kept as they are."
            )
            answers = (
                (Answer(_TIDY, _tidies(role)), Answer("Keep them apart"))
                if name == "hidden" and column is not None
                else ()
            )
            doubts.append(Doubt(f"{name} {role}", sentence, column, answers))
    return doubts + _twins(role, odd, codes, ids, lines, unit, column)


def _is_plain(text: str) -> bool:
    """Tell whether all characters of a text are printable ones of ASCII, as those of most ids are."""
    return text.isascii() and text.isprintable()


_TIDY = "Remove these characters, so that ids that look the same are the same"


def _tidies(role: str) -> tuple[tuple[str, bool], ...]:
    """Return the change of the layout that tidies the ids of a role."""
    return ((f"tidy_{role}s", True),)


def tidy_id(text: str) -> str:
    """Return the id in the composed Unicode form, with plain spaces and without invisible characters."""
    if _is_plain(text):
        return text
    text = SPACES.sub(" ", unicodedata.normalize("NFC", text))
    kept = {match.start() for match in JOINING.finditer(text)}
    return "".join(
        sign for index, sign in enumerate(text) if index in kept or unicodedata.category(sign) not in HIDDEN
    ).strip()


def has_hidden(text: str) -> bool:
    """Tell whether the text has an invisible character."""
    return any(unicodedata.category(sign) in HIDDEN for sign in JOINING.sub("", text))


def has_lost_digits(text: str) -> bool:
    """Tell whether the id is a number whose last digits a spreadsheet has rounded away, as 8.80123E+11."""
    match = SCIENTIFIC.fullmatch(text)
    return match is not None and int(match[2]) > len(match[1] or "")


def _without_last_digits(ids: np.ndarray) -> list[int]:
    """Return the indices of ids whose last digits are lost."""
    rounded = [code for code, text in enumerate(ids) if ("E" in text or "e" in text) and has_lost_digits(text)]
    # Among ids such as 3fa, 0e8 is no number.
    is_number = rounded and np.mean([looks_numeric(text) for text in ids if text]) >= 0.9
    return rounded if is_number else []


def without_missing(
    role: str, codes: np.ndarray, ids: np.ndarray, lines: np.ndarray, unit: str, column: int, are_none: bool
) -> tuple[np.ndarray, list[Doubt]]:
    """Return the ids with "" for NULL, n/a and the like, and the doubt where these may be ids after all.

    Nobody is called so where all others are numbers, or if `are_none`.
    """
    is_missing = np.array([bool(text) and text.casefold() in MISSING for text in ids], bool)
    named = ids[~is_missing]
    if not is_missing.any() or not any(named):
        return ids, []
    if are_none or all(looks_numeric(text) for text in named if text):
        return np.where(is_missing, "", ids), []
    named_by_it = "a person" if role == "user" else "an item"
    members = [int(code) for code in np.flatnonzero(is_missing)]
    n_rows = int(np.isin(codes, members).sum())
    rows = "1 row has" if n_rows == 1 else f"{n_rows:,} rows have"
    sentence = (
        f"{rows} {list_quoted(ids[is_missing])} for the {role} id, which usually marks a missing value: "
        f"{_examples(members, codes, ids, lines, unit)}. "
        f"{'It counts' if len(members) == 1 else 'Each counts'} as {named_by_it}."
    )
    answers = (
        Answer("Leave out this row" if n_rows == 1 else f"Leave out these {n_rows:,} rows",
               ((f"no_missing_{role}s", True),)),
        Answer(f"{'It names' if len(members) == 1 else 'Each names'} {named_by_it}"),
    )  # fmt: skip
    return ids, [Doubt(f"missing {role}", sentence, column, answers, must_answer=True)]


def _leading_zeros(role: str, ids: np.ndarray, column: int | None) -> list[Doubt]:
    zeros = [text for text in ids if text.startswith("0") and LEADING_ZERO.fullmatch(text)]
    if not zeros:
        return []
    known = set(ids)
    twin = next((text for text in zeros if (text.lstrip("0") or "0") in known), None)
    example = f": {quote(twin)} and {quote(twin.lstrip('0') or '0')} are two" if twin else f", as in {quote(zeros[0])}"
    sentence = f"Some {role} ids have leading zeros. Ids are text and keep them{example}."
    return [Doubt(f"zeros {role}", sentence, column)]


def _decimals(role: str, ids: np.ndarray, column: int | None) -> list[Doubt]:
    """Return the doubt about numbers that are there with and without decimals, as 1.0 and 1."""
    decimals = [text for text in ids if text.endswith("0") and WITH_DECIMALS.fullmatch(text)]
    known = set(ids) if decimals else set()
    both = [text for text in decimals if text.split(".")[0] in known]
    if not both:
        return []
    ids_are = "id is" if len(both) == 1 else "ids are"
    sentence = (
        f"{len(both):,} {role} {ids_are} there with and without decimals, such as {quote(both[0], 30)} and "
        f"{quote(both[0].split('.')[0], 30)}. They count as different {role}s: write them alike if they are not."
    )
    return [Doubt(f"decimals {role}", sentence, column)]


def _scientific(
    role: str, codes: np.ndarray, ids: np.ndarray, lines: np.ndarray, unit: str, column: int | None
) -> list[Doubt]:
    rounded = _without_last_digits(ids)
    if len(rounded) < max(1, 0.01 * len(ids)):
        return []
    ids_are = "id is" if len(rounded) == 1 else "ids are"
    sentence = (
        f"{len(rounded):,} {role} {ids_are} in scientific notation: a program that took them for numbers has rounded "
        f"away the last digits of {_examples(rounded, codes, ids, lines, unit)}. Different {role}s may have become "
        "one. Export the ids as text from their source; in this file the digits are lost."
    )
    return [Doubt(f"digits {role}", sentence, column, (Answer("Use these ids anyway"),), must_answer=True)]


def merged_by_rounding(role: str, ids: np.ndarray, codes: np.ndarray, others: np.ndarray) -> str | None:
    """Say how many different ids must have become one in scientific notation, since one user cannot have an item twice.

    `codes` (r,) and `others` (r,) are the ids of each row and of its other side, such as its item. None if there are
    none.
    """
    rounded = _without_last_digits(ids)
    if not rounded:
        return None
    rows = np.flatnonzero(np.isin(codes, rounded))
    pairs, times = np.unique(np.stack([codes[rows], others[rows]]), axis=1, return_counts=True)
    most = np.zeros(len(ids), np.int64)
    np.maximum.at(most, pairs[0], times)
    gone = int(np.sum(times - 1))
    if not gone:
        return None
    seen, real = int(np.sum(most > 0)), int(most.sum())
    return (
        f"Because the {role} ids lost digits, at least {real:,} different {role}s have become {seen:,}: "
        f"{gone:,} {'row repeats' if gone == 1 else 'rows repeat'} a user and an item for that reason only."
    )


def _twins(
    role: str,
    odd: np.ndarray,
    codes: np.ndarray,
    ids: np.ndarray,
    lines: np.ndarray,
    unit: str,
    column: int | None,
) -> list[Doubt]:
    """Return the doubt about ids that look the same but differ in Unicode form or invisible characters, if any."""
    looks: dict[str, list[int]] = {}
    for code in odd:
        looks.setdefault(tidy_id(ids[code]), []).append(int(code))
    plain = {text: code for code, text in enumerate(ids) if text in looks}
    for look, codes_of_look in looks.items():
        if look in plain and plain[look] not in codes_of_look:
            codes_of_look.append(plain[look])
    twins = [group for group in looks.values() if len(group) > 1]
    if not twins:
        return []
    members = [code for group in twins for code in group]
    sentence = (
        f"{len(members):,} {role} ids look the same as another but differ in their Unicode form or in invisible "
        f"characters, such as {list_quoted([ids[twins[0][0]]])}: {_examples(members, codes, ids, lines, unit)}. "
        f"They count as {len(members):,} different {role}s."
    )
    once = Answer(f"Merge them into {len(twins):,}", _tidies(role))
    keep = Answer(f"Keep all {len(members):,}")
    return [Doubt(f"look {role}", sentence, column, (once, keep), must_answer=True)]


def _examples(members: list[int], codes: np.ndarray, ids: np.ndarray, lines: np.ndarray, unit: str) -> str:
    """List the first lines of some ids, with invisible characters spelt out."""
    rows = np.flatnonzero(np.isin(codes, members))
    firsts = rows[np.sort(np.unique(codes[rows], return_index=True)[1])][:N_EXAMPLES]
    examples = [(int(lines[row]), _spelt_out(ids[codes[row]])) for row in firsts]
    return list_examples(examples, unit) + (", …" if len(members) > N_EXAMPLES else "")


def _spelt_out(text: str) -> str:
    return ascii(text if len(text) <= 60 else text[:60] + "…")


def _mixes_scripts(text: str) -> bool:
    scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in text[:1_000] if sign.isalpha()}
    return any(pair <= scripts for pair in MIXED_SCRIPTS)
