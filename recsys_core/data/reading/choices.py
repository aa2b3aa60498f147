"""Choices about the text of a file that a person makes instead of the guess."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choices:
    """How to read the text of a file. None means: guess. `quotes` says whether quotes enclose fields or are letters."""

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    orientation: str | None = None
    quotes: bool | None = None


NO_CHOICES = Choices()
# The labels on the screen, for messages that say what to do.
CONTROLS = {
    "delimiter": "Delimiter",
    "encoding": "Encoding",
    "header": "Header",
    "orientation": "One row is",
    "quotes": "Quotes",
}
ORIENTATIONS = {"long": "a rating", "wide": "a person (matrix)"}
QUOTES = {True: "enclose fields", False: "letters"}
