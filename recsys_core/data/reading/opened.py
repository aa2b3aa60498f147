"""A file of ratings that is split into columns, before it is settled what they hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from recsys_core.data.dataset import Dataset
from recsys_core.data.long_texts import shorten
from recsys_core.data.reading import events
from recsys_core.data.reading.build_dataset import build_dataset
from recsys_core.data.reading.choices import NO_CHOICES, Choices
from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.guess_columns import guess_columns
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.open_table import open_table
from recsys_core.data.reading.preview import Preview, describe_row
from recsys_core.data.reading.rating_entries import extract_entries
from recsys_core.data.reading.receipt import Receipt
from recsys_core.data.reading.stray_rows import without_stray_rows
from recsys_core.data.reading.table import Table, with_short_rows
from recsys_core.data.reading.value_doubts import HEAD, repeats_doubt, value_doubts
from recsys_core.errors import InputError

N_ROWS = 5  # in a preview


@dataclass(frozen=True, eq=False)
class OpenedFile:
    """A table, the guess of its layout, and the doubts about that guess."""

    filename: str
    table: Table
    guess: Layout
    doubts: tuple[Doubt, ...] = ()

    def preview(self, layout: Layout | None = None) -> Preview:
        """Return how the file would be read by `layout`, or as guessed; doubts that no longer hold are left out."""
        with only_input_errors(self.filename):
            layout, table = self._complete(layout)
            doubts = [*self._open_doubts(layout), *value_doubts(table, layout)]
            try:
                doubts += extract_entries(table.head(HEAD), layout).doubts
                repeats = repeats_doubt(table, layout)
                doubts += [repeats] if repeats else []
            except InputError as error:
                doubts.append(Doubt("refused", str(error), must_answer=True))
            first = table.frame.head(N_ROWS).itertuples(index=False, name=None)
            rows, names = tuple(tuple(map(shorten, row)) for row in first), tuple(map(shorten, table.names))
            sentence = " ".join([describe_row(layout, table.names), *table.sentences, *table.warnings])
            unsettled = tuple(doubt for doubt in doubts if doubt.key not in layout.settled)
            return Preview(layout, names, rows, sentence, unsettled, table.readings)

    def read(self, layout: Layout | None = None) -> tuple[Dataset, Receipt]:
        """Read the ratings; return them and the receipt for every row. Raises InputError where none can be used."""
        with only_input_errors(self.filename):
            layout, table = self._complete(layout)
            doubts = [*self._open_doubts(layout), *value_doubts(table, layout)]
            return build_dataset(extract_entries(table, layout), table, layout, self.filename, doubts)

    def _complete(self, layout: Layout | None) -> tuple[Layout, Table]:
        """Return the layout with weights for its events, and the table with the short rows of a matrix."""
        layout = self.guess if layout is None else layout
        table = with_short_rows(self.table) if layout.orientation == "wide" else self.table
        if layout.event is not None and not layout.event_weights and 0 <= layout.event < table.n_columns:
            layout = replace(layout, event_weights=events.weights_of(table.column(layout.event)[1]))
        return layout, table

    def _open_doubts(self, layout: Layout) -> list[Doubt]:
        return [doubt for doubt in self.doubts if doubt.holds_for(layout, self.guess)]


def open_file(
    content: bytes,
    filename: str,
    choices: Choices = NO_CHOICES,
    layout: Layout | None = None,
    *,
    is_head: bool = False,
) -> OpenedFile:
    """Split a file, or its head, into columns and guess what they hold, except what `choices` or `layout` settle."""
    if layout is not None:
        table, layout = open_table(content, filename, layout)
        return OpenedFile(filename, without_stray_rows(table, layout.header), layout)
    table, found = open_table(content, filename, choices=choices, is_head=is_head)
    table = without_stray_rows(table, found.header)
    layout, doubts = guess_columns(table, found, choices.orientation)
    return OpenedFile(filename, table, layout, tuple(doubts))


@contextmanager
def only_input_errors(filename: str) -> Iterator[None]:
    """Turn every exception inside into an InputError, so that what the checks did not foresee is a sentence too."""
    try:
        yield
    except InputError:
        raise
    except (Exception, MemoryError) as error:
        raise InputError(
            f"A file must be a table that can be read. {filename[:60]!r} could not be read: it is damaged or of an "
            f"unknown kind ({type(error).__name__}). Export it again as CSV."
        ) from error
