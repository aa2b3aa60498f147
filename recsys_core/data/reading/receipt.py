"""The receipt of a file: how it was understood and where every row of it went."""

from collections.abc import Iterable
from dataclasses import dataclass

N_EXAMPLES = 5


@dataclass(frozen=True)
class LeftOut:
    """Rows that were left out for one reason; `examples` are the first (line number, text) of them."""

    reason: str
    count: int
    examples: tuple[tuple[int, str], ...]
    unit: str = "line"

    def sentence(self) -> str:
        more = "" if self.count <= len(self.examples) else ", …"
        return f"{self.count:,} left out because {self.reason}: {places(self.examples, self.unit)}{more}."


@dataclass(frozen=True)
class Receipt:
    """What was read, and how. Always n_read = n_kept + all that was left out + n_merged.

    What is counted are rows, in wide files rated cells (a line that cannot be cut into cells counts
    once). `n_merged` rows repeat a person and an item; of these the latest counts.
    """

    filename: str
    sentences: tuple[str, ...]
    n_read: int
    n_kept: int
    left_out: tuple[LeftOut, ...] = ()
    n_merged: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def n_left_out(self) -> int:
        return sum(group.count for group in self.left_out)

    def count_sentence(self) -> str:
        """Such as '20 rows read: 18 kept, 1 left out, 1 merged.'"""
        parts = [f"{self.n_kept:,} kept"]
        parts += [f"{self.n_left_out:,} left out"] if self.left_out else []
        parts += [f"{self.n_merged:,} merged"] if self.n_merged else []
        return f"{self.n_read:,} {'row' if self.n_read == 1 else 'rows'} read: {', '.join(parts)}."

    def text(self) -> str:
        """All of it, one sentence a line."""
        left_out = [group.sentence() for group in self.left_out]
        return "\n".join([*self.sentences, self.count_sentence(), *left_out, *self.warnings])


def shown(text: str, length: int = 60) -> str:
    """A piece of a file in quotes, on one line, with invisible characters spelt out."""
    return repr(text if len(text) <= length else text[:length] + "…")


def places(examples: Iterable[tuple[int, str]], unit: str = "line") -> str:
    """The examples as "line 3: 'four', line 7: 'x'"."""
    return ", ".join(f"{unit} {line}: {text}" for line, text in examples)


def listed(words: Iterable[str], most: int = N_EXAMPLES) -> str:
    """Up to `most` of the words in quotes, and how many more there are."""
    words = list(words)
    text = ", ".join(shown(word, 30) for word in words[:most])
    return text if len(words) <= most else f"{text} and {len(words) - most:,} more"
