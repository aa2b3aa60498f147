"""The receipt of a file: how it was understood, and where every row of it went."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.reading.layout import ADDING, DUPLICATES

N_EXAMPLES = 5


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Rows left out for one reason: the line number of each, in order, and its text."""

    reason: str
    lines: np.ndarray
    texts: np.ndarray
    unit: str = "line"

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.lines)

    @property
    def examples(self) -> tuple[tuple[int, str], ...]:
        """The first rows as (line number, quoted text)."""
        first = zip(self.lines[:N_EXAMPLES], self.texts[:N_EXAMPLES], strict=True)
        return tuple((int(line), quote(text)) for line, text in first)

    def sentence(self) -> str:
        """Say it as "2 left out because the rating is blank: line 3: '', line 9: ''."."""
        more = "" if self.count <= N_EXAMPLES else ", …"
        return f"{self.count:,} left out because {self.reason}: {list_examples(self.examples, self.unit)}{more}."


@dataclass(frozen=True, eq=False)
class Merged:
    """Rows merged into others of the same user and item, or of the same `what`; `lines` are theirs, in order.

    `rule` is a key of DUPLICATES; `n_conflicts` of these rows differ from the value that counts.
    """

    rule: str
    lines: np.ndarray
    n_conflicts: int
    unit: str = "line"
    what: str = "user and item"

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(self.lines)

    def sentence(self) -> str:
        """Say how many rows were merged, by which rule, and where they are."""
        where = ", ".join(f"{self.unit} {line}" for line in self.lines[:N_EXAMPLES])
        more = ", …" if self.count > N_EXAMPLES else ""
        if self.rule in ADDING:
            rows = "1 row was" if self.count == 1 else f"{self.count:,} rows were"
            how = {"count": "counted", "sum": "added up"}[self.rule]
            return f"{rows} {how} together with others of the same {self.what}: {where}{more}."
        rows = "1 duplicate row was" if self.count == 1 else f"{self.count:,} duplicate rows were"
        verb = "conflicts" if self.n_conflicts == 1 else "conflict"
        conflicts = f" {self.n_conflicts:,} of them {verb} in value." if self.n_conflicts else ""
        return (
            f"{rows} merged with others of the same {self.what} (rule: {DUPLICATES[self.rule]}): "
            f"{where}{more}.{conflicts}"
        )


@dataclass(frozen=True)
class LineCount:
    """All lines of a text file by what became of them, as (what they are, how many), with blank lines and header.

    `total` is counted in the file itself, `counts` where the lines are used, so that a lost line shows.
    """

    total: int
    counts: tuple[tuple[str, int], ...]
    unit: str = "line"

    @property
    def n_unaccounted(self) -> int:
        """The number of lines in the file that no count includes; negative where lines were counted twice."""
        return self.total - sum(count for _, count in self.counts)

    def sentence(self) -> str:
        """Say it as '22 lines in the file: 1 header, 1 blank, 20 rows.'"""
        counts = ", ".join(f"{count:,} {what}" for what, count in self.counts if count)
        return f"{self.total:,} {self.unit}{'' if self.total == 1 else 's'} in the file: {counts}."

    def warning(self) -> list[str]:
        """Return a warning where the counts do not add up to the total, else []."""
        if not self.n_unaccounted:
            return []
        n_counted = self.total - self.n_unaccounted
        return [
            f"The lines do not add up: the file has {self.total:,}, but {n_counted:,} are accounted for. "
            "Some rows were lost or read twice. Choose another 'Delimiter', or another option for 'Quotes'."
        ]


@dataclass(frozen=True, eq=False)
class Receipt:
    """What was read, and how. Always n_read = n_kept + n_left_out + n_merged.

    These count rows, or rated cells in wide files, where a line that cannot be split into cells counts once.
    `understood` are (label, value) of how the file was understood, `sentences` the same in prose. `warnings` tell what
    is doubtful in the file, then what the data is too poor for. `lines` counts the lines of a text file.
    """

    filename: str
    sentences: tuple[str, ...]
    n_read: int
    n_kept: int
    left_out: tuple[LeftOut, ...] = ()
    merged: Merged | None = None
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    lines: LineCount | None = None

    @property
    def n_left_out(self) -> int:
        """The number of rows left out, for any reason."""
        return sum(group.count for group in self.left_out)

    @property
    def n_merged(self) -> int:
        """The number of rows merged into others."""
        return self.merged.count if self.merged else 0

    def dropped_rows(self) -> pd.DataFrame:
        """Return every row that was not kept, in order: its line, what became of it, why, and its text."""
        tables = [
            pd.DataFrame({"line": group.lines, "what": "left out", "reason": group.reason, "text": group.texts})
            for group in self.left_out
        ]
        if self.merged:
            reason = f"same {self.merged.what} ({DUPLICATES[self.merged.rule]})"
            tables.append(pd.DataFrame({"line": self.merged.lines, "what": "merged", "reason": reason, "text": ""}))
        if not tables:
            return pd.DataFrame(columns=["line", "what", "reason", "text"])
        return pd.concat(tables, ignore_index=True).sort_values("line", kind="stable", ignore_index=True)

    def count_sentence(self) -> str:
        """Say it as '20 rows read: 18 kept, 1 left out, 1 merged.'"""
        counts = [f"{self.n_kept:,} kept"]
        counts += [f"{self.n_left_out:,} left out"] if self.left_out else []
        counts += [f"{self.n_merged:,} merged"] if self.n_merged else []
        return f"{self.n_read:,} {'row' if self.n_read == 1 else 'rows'} read: {', '.join(counts)}."

    def text(self) -> str:
        """Return the whole receipt, one sentence a line."""
        left_out = [group.sentence() for group in self.left_out]
        merged = [self.merged.sentence()] if self.merged else []
        lines = [self.lines.sentence()] if self.lines else []
        return "\n".join([*self.sentences, *lines, self.count_sentence(), *left_out, *merged, *self.warnings])


def quote(text: str, length: int = 60) -> str:
    """Quote a piece of a file on one line, with invisible characters spelt out; a long one is shortened."""
    return repr(str(text) if len(text) <= length else text[:length] + "…")  # of a text in an array, too


def list_examples(examples: Iterable[tuple[int, str]], unit: str = "line") -> str:
    """List (line number, text) as "line 3: 'four', line 7: 'x'"."""
    return ", ".join(f"{unit} {line}: {text}" for line, text in examples)


def list_lines(lines: Iterable[int], unit: str = "line", most: int = N_EXAMPLES) -> str:
    """List up to `most` of the line numbers as "line 3, line 7, …"."""
    lines = list(lines)
    text = ", ".join(f"{unit} {line}" for line in lines[:most])
    return text if len(lines) <= most else f"{text}, …"


def list_quoted(words: Iterable[str], most: int = N_EXAMPLES) -> str:
    """List up to `most` of the words in quotes, and say how many more there are."""
    words = list(words)
    text = ", ".join(quote(word, 30) for word in words[:most])
    return text if len(words) <= most else f"{text} and {len(words) - most:,} more"
