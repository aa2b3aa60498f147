"""Record who changed what, in the rows of runs and of data sets, where people sign in."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, Table, select, update


def record_editor(
    connection: Connection,
    table: Table,
    edited: ColumnElement[bool],
    person: str,
    what: Iterable[str],
    *,
    instead_of: Iterable[str] = (),
) -> None:
    """Record in each of the edited rows of `table` that `person` changed `what`; what that takes back is forgotten.

    Nothing is recorded where `person` is "", since nobody signs in.
    """
    if not person:
        return
    (key,) = table.primary_key.columns
    for each, editors in connection.execute(select(key, table.c.editors).where(edited)).all():
        kept = {name: other for name, other in (editors or {}).items() if name not in instead_of}
        now = {**kept, **dict.fromkeys(what, person)}
        connection.execute(update(table).where(key == each).values(editors=now))


def describe_credits(made: str, author: str, words: Mapping[str, str], editors: Mapping[str, str]) -> str:
    """Return who did what, as "Started by ann. Named by bob."; "" where nobody signs in.

    `made` is the word for what the `author` did; `words` has one for each key of `editors`.
    """
    done = [(made, author), *((words[what], person) for what, person in sorted(editors.items()))]
    return " ".join(f"{what} by {person}." for what, person in done if person)
