"""Read the files of a data set and store it: in a child process, or in the server where the files are small."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.reading import Choices, Layout, OpenedFile, open_ratings
from recsys_core.data.reading.choices import NO_CHOICES
from recsys_core.data.reading.layout import restore_layout
from recsys_core.data.reading.read_split import read_split_column, read_split_files
from recsys_core.data.reading.stored_receipt import (
    File,
    describe_with,
    receipt_as_json,
    split_receipt_as_json,
    with_dropped_rows,
)
from recsys_core.data.split import SplitRecipe

if TYPE_CHECKING:  # which takes a while to import, and only what is stored needs
    from recsys_core.store.store import RunStore

RATINGS, SPLIT_FILES, SPLIT_COLUMN, CLEANED = "ratings", "split_files", "split_column", "cleaned"
"""What is loaded: a file of ratings, a split with a file for each part, one file whose column says the part, or a data
set of the store after cleaning steps."""
ITEMS, PEOPLE = "items", "people"
"""The roles of the files that describe items and people; other files have the name of their part, or RATINGS."""
_TOLD = {
    "delimiter": "the delimiter",
    "encoding": "the encoding",
    "header": "the header",
    "orientation": "what a row is",
    "user": "the column of the person",
    "item": "the column of the item",
    "rating": "the column of the rating",
    "time": "the column of the time",
    "event": "the column of the event",
    "decimal_comma": "the decimal sign",
    "feedback": "what the numbers are",
    "duplicates": "the rule for duplicates",
    "unrated": "the values that are no ratings",
    "quotes": "what quotes mean",
}


@dataclass(frozen=True)
class LoadJob:
    """What to load, under which name, and how a person wants it read.

    `guess` is the layout that was guessed from the head of the file, `layout` the one that the person chose in its
    place; None means: guess. `split` is how large data are split at once, for the page that shows them. What is CLEANED
    is the data set with the fingerprint `source`, by `steps`, their settings as JSON.
    """

    kind: str
    name: str
    choices: Choices = NO_CHOICES
    guess: Layout | None = None
    layout: Layout | None = None
    split: SplitRecipe = field(default_factory=SplitRecipe)
    source: str = ""
    steps: str = "[]"

    def as_json(self) -> dict[str, Any]:
        """Return the job as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LoadJob":
        """Return the job that `as_json` described."""
        layouts = {name: restore_layout(values[name]) if values[name] else None for name in ("guess", "layout")}
        whole = {"choices": Choices(**values["choices"]), "split": SplitRecipe(**values["split"]), **layouts}
        return cls(**{**values, **whole})


def load_data(store: "RunStore", job: LoadJob, files: Mapping[str, File], opened: OpenedFile | None = None) -> str:
    """Read the files as `read_data` does, store the data set and return its fingerprint."""
    return store.add_dataset(*read_data(job, files, opened))


def read_data(
    job: LoadJob,
    files: Mapping[str, File],
    opened: OpenedFile | None = None,
    progress: Callable[[float, str], None] = lambda share, stage: None,
) -> tuple[Dataset, dict[str, Any]]:
    """Read the files by their roles, and return the data set and its receipt as plain JSON.

    `opened` is the whole file of ratings where it has been opened before; `progress` is called with the share that is
    done and what comes next. Raises InputError for files that cannot be used.
    """
    beside = {role: files.get(role) for role in (ITEMS, PEOPLE)}
    progress(0.05, "Reading the file")
    if job.kind == RATINGS:
        content, filename = files[RATINGS]
        remarks: tuple[str, ...] = ()
        layout = job.layout
        if opened is None:
            opened = open_ratings(content, filename, job.choices)
            layout, remarks = _apply_changes(job, opened.guess)
        progress(0.4, "Checking every row")
        dataset, receipt = opened.read(layout)
        receipt = replace(receipt, warnings=(*remarks, *receipt.warnings))
        progress(0.7, "Packing the data")
        dataset, described = describe_with(dataset, **beside)
        dataset = with_dropped_rows(dataset, receipt)
        told = receipt_as_json(receipt, described)
    else:
        parts = {role: file for role, file in files.items() if role not in beside}
        read = read_split_column(*parts[RATINGS]) if job.kind == SPLIT_COLUMN else read_split_files(parts)
        dataset, report, receipts = read
        progress(0.7, "Packing the data")
        dataset, described = describe_with(dataset, **beside)
        told = split_receipt_as_json(dataset, report, receipts, described)
    return replace(dataset, name=job.name), told


def _apply_changes(job: LoadJob, guess: Layout) -> tuple[Layout, tuple[str, ...]]:
    """Return the guess from the whole file with the person's changes, and a remark where the head read differently."""
    if job.guess is None or job.layout is None:
        return guess, ()
    names = [each.name for each in fields(Layout)]
    changes = {name: each for name in names if (each := getattr(job.layout, name)) != getattr(job.guess, name)}
    differing = [words for name, words in _TOLD.items() if getattr(guess, name) != getattr(job.guess, name)]
    if not differing:
        return replace(guess, **changes), ()
    remark = (
        "The whole file reads differently from its beginning, which the preview showed: see under “How the file was "
        f"read” {', '.join(differing)}."
    )
    return replace(guess, **changes), (remark,)
