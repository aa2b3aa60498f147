"""The receipt of a file: how it was understood and where every row of it went."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.reading.layout import ADDING, DUPLICATES

N_EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Rows that were left out for one reason: the line of each, in order, and what stood there."""

    reason: str
    lines: np.ndarray
    texts: np.ndarray
    unit: str = "line"

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def examples(self) -> tuple[tuple[int, str], ...]:
        """The first (line number, text in quotes)."""
        first = zip(self.lines[:N_EXAMPLES], self.texts[:N_EXAMPLES], strict=True)
        return tuple((int(line), quote(text)) for line, text in first)

    def sentence(self) -> str:
        more = "" if self.count <= N_EXAMPLES else ", …"
        return f"{self.count:,} left out because {self.reason}: {list_examples(self.examples, self.unit)}{more}."


@dataclass(frozen=True, eq=False)
class Merged:
    """Rows that repeat a user and an item (or `what` else): `lines` are those not kept in their own right, in order.

    `rule` is a key of DUPLICATES; `n_conflicts` of the rows differ in value from what counts.
    """

    rule: str
    lines: np.ndarray
    n_conflicts: int
    unit: str = "line"
    what: str = "user and item"

    @property
    def count(self) -> int:
        return len(self.lines)

    def sentence(self) -> str:
        where = ", ".join(f"{self.unit} {line}" for line in self.lines[:N_EXAMPLES])
        more = ", …" if self.count > N_EXAMPLES else ""
        if self.rule in ADDING:
            rows = "1 row was" if self.count == 1 else f"{self.count:,} rows were"
            how = {"count": "counted", "sum": "added up"}[self.rule]
            return f"{rows} {how} together with others of the same {self.what}: {where}{more}."
        rows = "1 duplicate row" if self.count == 1 else f"{self.count:,} duplicate rows"
        conflicts = f" {self.n_conflicts:,} of them conflict in value." if self.n_conflicts else ""
        return (
            f"{rows}: the same {self.what} stands there twice or more, and {DUPLICATES[self.rule]}. "
            f"Merged: {where}{more}.{conflicts}"
        )


@dataclass(frozen=True)
class LineCount:
    """All lines of a text file by what became of each: (what they are, how many), blank lines and header included.

    `total` is counted in the file itself, the parts where they are made; so a line that got lost on the way shows.
    """

    total: int
    parts: tuple[tuple[str, int], ...]
    unit: str = "line"

    @property
    def n_unaccounted(self) -> int:
        return self.total - sum(count for _, count in self.parts)

    def sentence(self) -> str:
        """Such as '22 lines: 1 header, 1 blank, 20 rows.'"""
        parts = ", ".join(f"{count:,} {what}" for what, count in self.parts if count)
        return f"{self.total:,} {self.unit}{'' if self.total == 1 else 's'} in the file: {parts}."

    def warning(self) -> list[str]:
        """A sentence where the parts do not add up to the total."""
        if not self.n_unaccounted:
            return []
        found = self.total - self.n_unaccounted
        return [
            f"The lines do not add up: the file has {self.total:,}, but {found:,} are accounted for. "
            "Some rows were lost or read twice: choose another 'Delimiter', or another reading of 'Quotes'."
        ]


@dataclass(frozen=True, eq=False)
class Receipt:
    """What was read, and how. Always n_read = n_kept + n_left_out + n_merged.

    What is counted are rows, in wide files rated cells (a line that cannot be cut into cells counts
    once). `understood` are (label, value) of how the file was taken, `sentences` the same in prose;
    `warnings` tell what is doubtful in the file, then what the data is too poor for. `lines` counts the lines of
    a text file.
    """

    filename: str
    sentences: tuple[str, ...]
    n_read: int
    n_kept: int
    left_out: tuple[LeftOut, ...] = ()
    merged: Merged | None = None
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    lines: "LineCount | None" = None

    @property
    def n_left_out(self) -> int:
        return sum(group.count for group in self.left_out)

    @property
    def n_merged(self) -> int:
        return self.merged.count if self.merged else 0

    def gone(self) -> pd.DataFrame:
        """Every row that was not kept, in order: its line, what became of it, why, and what stood there."""
        parts = [
            pd.DataFrame({"line": group.lines, "what": "left out", "reason": group.reason, "text": group.texts})
            for group in self.left_out
        ]
        if self.merged:
            reason = f"same {self.merged.what}: {DUPLICATES[self.merged.rule]}"
            parts.append(pd.DataFrame({"line": self.merged.lines, "what": "merged", "reason": reason, "text": ""}))
        if not parts:
            return pd.DataFrame(columns=["line", "what", "reason", "text"])
        return pd.concat(parts, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)

    def count_sentence(self) -> str:
        """Such as '20 rows read: 18 kept, 1 left out, 1 merged.'"""
        parts = [f"{self.n_kept:,} kept"]
        parts += [f"{self.n_left_out:,} left out"] if self.left_out else []
        parts += [f"{self.n_merged:,} merged"] if self.n_merged else []
        return f"{self.n_read:,} {'row' if self.n_read == 1 else 'rows'} read: {', '.join(parts)}."

    def text(self) -> str:
        """All of it, one sentence a line."""
        left_out = [group.sentence() for group in self.left_out]
        merged = [self.merged.sentence()] if self.merged else []
        lines = [self.lines.sentence()] if self.lines else []
        return "\n".join([*self.sentences, *lines, self.count_sentence(), *left_out, *merged, *self.warnings])


def quote(text: str, length: int = 60) -> str:
    """A piece of a file in quotes, on one line, with invisible characters spelt out."""
    return repr(text if len(text) <= length else text[:length] + "…")


def list_examples(examples: Iterable[tuple[int, str]], unit: str = "line") -> str:
    """The examples as "line 3: 'four', line 7: 'x'"."""
    return ", ".join(f"{unit} {line}: {text}" for line, text in examples)


def list_lines(lines: Iterable[int], unit: str = "line", most: int = N_EXAMPLES) -> str:
    """Up to `most` of the line numbers, as "line 3, line 7, …"."""
    lines = list(lines)
    text = ", ".join(f"{unit} {line}" for line in lines[:most])
    return text if len(lines) <= most else f"{text}, …"


def list_quoted(words: Iterable[str], most: int = N_EXAMPLES) -> str:
    """Up to `most` of the words in quotes, and how many more there are."""
    words = list(words)
    text = ", ".join(quote(word, 30) for word in words[:most])
    return text if len(words) <= most else f"{text} and {len(words) - most:,} more"
