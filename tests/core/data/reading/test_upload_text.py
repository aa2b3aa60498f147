"""The five choices of how a file's text is read: found by default, changed at once, and named as messages name them."""

import ast
import re
from pathlib import Path

import pytest

from recsys_core.data.reading import Choices, guess_layout, read_ratings
from recsys_core.data.reading.choices import CONTROLS
from recsys_core.errors import InputError
from tests.pages.app import column_choice, first_fingerprint, texts, upload

READING = Path(__file__).resolve().parents[4] / "recsys_core" / "data" / "reading"
ROWS = [(f"u{n % 7}", f"i{n % 11}", n % 5 + 1) for n in range(40)]
CSV = "user,item,rating\n" + "".join(f"{user},{item},{rating}\n" for user, item, rating in ROWS)
CYRILLIC = "user;item;rating\n" + "".join(f"{user};Фильм {item};{rating}\n" for user, item, rating in ROWS)


def test_every_choice_is_drawn_with_what_was_found(open_app, still_store):
    app = upload(open_app("data"), "r.csv", CSV.encode())
    found = {label: column_choice(app, label).options[0] for label in CONTROLS.values()}
    assert found == {
        "Delimiter": "automatic: commas",
        "Encoding": "automatic: UTF-8",
        "Header": "automatic: the first row of the table",
        "One row is": "automatic: a rating",
        "Quotes": "automatic: enclose fields",
    }
    assert all(column_choice(app, label).value is None for label in CONTROLS.values())


def test_a_choice_reads_the_file_again_at_once_and_holds_when_it_is_loaded(open_app, still_store):
    app = upload(open_app("data"), "r.csv", CYRILLIC.encode("cp1251"))
    assert "Фильм i0" in texts(app.markdown)
    column_choice(app, "Encoding").set_value("koi8_r").run()
    assert "Фильм i0" not in texts(app.markdown)
    app.button(key="load").click().run()
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert "Фильм i0".encode("cp1251").decode("koi8_r") in dataset.item_ids


def test_how_texts_read_in_each_possible_encoding_is_shown(open_app, still_store):
    app = upload(open_app("data"), "r.csv", CYRILLIC.encode("cp1251"))
    table = next(table.value for table in app.dataframe if table.value.index.name == "Encoding")
    assert table.loc["Windows-1251 (Cyrillic)"].str.startswith("Фильм").all()
    assert len(table) > 2 and table.shape[1] == 5
    app = upload(open_app("data"), "u.csv", CYRILLIC.encode())
    assert not any(table.value.index.name == "Encoding" for table in app.dataframe)


def test_a_choice_helps_where_the_file_is_refused(open_app, still_store):
    app = upload(open_app("data"), "r.csv", CSV.encode("utf-16-le"))
    assert "UTF-16" in texts(app.error) and not any(button.key == "load" for button in app.button)
    column_choice(app, "Encoding").set_value("utf-16-le").run()
    assert not app.error
    app.button(key="load").click().run()
    assert still_store.dataset(first_fingerprint(still_store)).interactions.n_users == 7


def test_each_choice_changes_the_reading():
    def columns(content: str, **choices):
        return guess_layout(content.encode(), "r.csv", choices=Choices(**choices)).columns

    both = "user;item;a,user,item\n1;2;3,4,5\n2;2;4,5,6\n"
    assert columns(both) == ("user", "item", "a,user,item")
    assert columns(both, delimiter=",") == ("user;item;a", "user", "item")
    assert columns(CSV, header=False) == ("column 1", "column 2", "column 3")
    no_header = read_ratings(
        CSV.encode(), "r.csv", guess_layout(CSV.encode(), "r.csv", choices=Choices(header=False)).layout
    )[1]
    assert no_header.n_read == len(ROWS) + 1
    matrix = b"who,a,b,c,d\nx,1,2,3,4\ny,2,3,4,5\n"
    assert guess_layout(matrix, "m.csv").layout.orientation == "wide"
    assert guess_layout(matrix, "m.csv", choices=Choices(orientation="long")).layout.orientation == "long"
    assert guess_layout(CSV.encode(), "r.csv", choices=Choices(orientation="wide")).layout.orientation == "wide"
    quoted = b'user,item,rating\n1,"a, b",3\n2,"c, d",4\n1,"e, f",5\n'
    assert guess_layout(quoted, "q.csv").rows[0] == ("1", "a, b", "3")
    with pytest.raises(InputError, match="fields"):
        guess_layout(quoted, "q.csv", choices=Choices(quotes=False))
    letters = b'user\titem\trating\n1\t"a\t3\n2\tb"\t4\n'
    assert guess_layout(letters, "q.tsv").rows == (("1", '"a', "3"), ("2", 'b"', "4"))


def test_a_layout_that_was_guessed_reads_the_same_again():
    for content in (CSV.encode(), CYRILLIC.encode("cp1251"), b"# user,item,rating\n1,a,3,\n2,b,4,\n"):
        dataset, _ = read_ratings(content, "r.csv")
        again, _ = read_ratings(content, "r.csv", guess_layout(content, "r.csv").layout)
        assert again.fingerprint == dataset.fingerprint and again.item_ids == dataset.item_ids


def messages() -> list[tuple[str, str]]:
    """(file, text) of every text in the code that reads files, the parts of one message joined."""
    found = []
    for path in sorted(READING.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append((path.name, "".join(v.value for v in node.values if isinstance(v, ast.Constant))))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append((path.name, node.value))
    return found


def test_a_message_names_only_choices_that_are_drawn(open_app, still_store):
    """What stands in quotes after "choose" is the label of a widget or one of its options, letter by letter."""
    app = upload(open_app("data"), "r.csv", CSV.encode())
    boxes = [box for box in app.selectbox if box.label]
    drawn = {box.label for box in boxes} | {option for box in boxes for option in box.options}
    named = set()
    for file, message in messages():
        for first, second in re.findall(r"[Cc]hoose (?:another )?'([^']+)'(?: for '([^']+)')?", message):
            named |= {name for name in (first, second) if name and "{" not in name}
            missing = {name for name in (first, second) if name} - drawn
            assert not missing, f"{file}: {message!r} names {missing}, which the page does not draw"
        wild = re.search(r"[Cc]hoose (?:another |the )?(encoding|delimiter|separator|header|quotes|long|wide)", message)
        assert not wild, f"{file}: {message!r} speaks of a choice without its name"
    assert named >= {"Delimiter", "Encoding", "Quotes"}
