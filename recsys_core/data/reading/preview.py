"""How a file would be read, for a person to look at and correct."""

from dataclasses import dataclass

from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.layout import Layout


@dataclass(frozen=True)
class Preview:
    """A guessed Layout with what a person needs to see whether it is right.

    `rows` are the first five rows as text; `sentence` says how the file is read, `doubts` what is uncertain.
    `readings` are (encoding, some texts as they read in it) where the encoding had to be guessed.
    """

    layout: Layout
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentence: str
    doubts: tuple[Doubt, ...] = ()
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()
