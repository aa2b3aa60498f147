"""What a person settles about the text of a file, instead of what was found in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Choices:
    """None is what shall be found out. `quotes`: whether quotes may enclose fields, or are letters."""

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    orientation: str | None = None
    quotes: bool | None = None


NO_CHOICES = Choices()
# The names on the screen, for messages that say what to do.
CONTROLS = {
    "delimiter": "Delimiter",
    "encoding": "Encoding",
    "header": "Header",
    "orientation": "One row is",
    "quotes": "Quotes",
}
ORIENTATIONS = {"long": "a rating", "wide": "a person (matrix)"}
QUOTES = {True: "enclose fields", False: "letters"}
