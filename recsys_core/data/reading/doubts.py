"""Doubts about a file, each with the column that it is about and the answers that settle it."""

from dataclasses import dataclass, replace
from typing import Any

from recsys_core.data.reading.layout import Layout


@dataclass(frozen=True)
class Answer:
    """A way to settle a doubt: the label of its button, and the changes to the layout as (field, value).

    `unrated` is (values, whether they are no ratings); it leaves alone what other answers said of other values.
    """

    label: str
    changes: tuple[tuple[str, Any], ...] = ()  # each of its field's type
    unrated: tuple[tuple[float, ...], bool] | None = None

    def apply_to(self, layout: Layout) -> Layout:
        """Return the layout with these changes."""
        layout = replace(layout, **dict(self.changes))
        if self.unrated is None:
            return layout
        values, are_unrated = self.unrated
        others = tuple(other for other in layout.unrated if other not in values)
        return replace(layout, unrated=(*others, *values) if are_unrated else others)


@dataclass(frozen=True)
class Doubt:
    """A sentence on what is uncertain about one `column`, or about the whole file (None).

    `must_answer` is True where another answer would change a number and the file does not say which is right. `key`
    names the doubt in `Layout.settled` once it is answered. `about` are the fields of the layout that were guessed,
    besides those that the answers change: choosing another value for one of them settles the doubt too.
    """

    key: str
    sentence: str
    column: int | None = None
    answers: tuple[Answer, ...] = ()
    must_answer: bool = False
    about: tuple[str, ...] = ()

    def holds_for(self, layout: Layout, guess: Layout) -> bool:
        """Tell whether the doubt is open: `layout` neither settles it nor departs from the guess that it is about."""
        changed = {field for answer in self.answers for field, _ in answer.changes}
        return self.key not in layout.settled and all(
            getattr(layout, field) == getattr(guess, field) for field in {*changed, *self.about}
        )

    def settle(self, layout: Layout, answer: Answer) -> Layout:
        """Return the layout after this answer."""
        return replace(answer.apply_to(layout), settled=(*layout.settled, self.key))
