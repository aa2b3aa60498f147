"""What is uncertain about a file, beside the column that it is about, with the answers that settle it."""

from dataclasses import dataclass, replace

from recsys_core.data.reading.layout import Layout


@dataclass(frozen=True)
class Answer:
    """A way to settle a doubt: the words on its button, and what it changes in the layout as (field, value)."""

    label: str
    changes: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Doubt:
    """A sentence on what is uncertain, about one `column` or the whole file (None).

    `must_answer`: another answer would change a number, and the file does not say which one is right.
    `key` names the doubt in `Layout.settled` once it is answered.
    """

    key: str
    sentence: str
    column: int | None = None
    answers: tuple[Answer, ...] = ()
    must_answer: bool = False

    def settle(self, layout: Layout, answer: Answer) -> Layout:
        """The layout after this answer; the doubt is not raised again."""
        return replace(layout, **dict(answer.changes), settled=(*layout.settled, self.key))
