"""What is uncertain about a file, beside the column that it is about, with the answers that settle it."""

from dataclasses import dataclass, replace

from recsys_core.data.reading.layout import Layout


@dataclass(frozen=True)
class Answer:
    """A way to settle a doubt: the words on its button, and what it changes in the layout as (field, value).

    `unrated` is (a value, whether it means "not rated"), which leaves what other answers said of other values.
    """

    label: str
    changes: tuple[tuple[str, object], ...] = ()
    unrated: tuple[float, bool] | None = None

    def apply_to(self, layout: Layout) -> Layout:
        """The layout with these changes."""
        layout = replace(layout, **dict(self.changes))
        if self.unrated is None:
            return layout
        value, is_unrated = self.unrated
        others = tuple(other for other in layout.unrated if other != value)
        return replace(layout, unrated=(*others, value) if is_unrated else others)


@dataclass(frozen=True)
class Doubt:
    """A sentence on what is uncertain, about one `column` or the whole file (None).

    `must_answer`: another answer would change a number, and the file does not say which one is right.
    `key` names the doubt in `Layout.settled` once it is answered. `about` are the fields of the layout that were
    guessed, beside those that the answers change: whoever chooses another value has settled the doubt too.
    """

    key: str
    sentence: str
    column: int | None = None
    answers: tuple[Answer, ...] = ()
    must_answer: bool = False
    about: tuple[str, ...] = ()

    def holds_for(self, layout: Layout, guess: Layout) -> bool:
        """Whether the layout neither settles the doubt nor departs from the guess that it is about."""
        changed = {field for answer in self.answers for field, _ in answer.changes}
        return self.key not in layout.settled and all(
            getattr(layout, field) == getattr(guess, field) for field in {*changed, *self.about}
        )

    def settle(self, layout: Layout, answer: Answer) -> Layout:
        """The layout after this answer."""
        return replace(answer.apply_to(layout), settled=(*layout.settled, self.key))
