"""Text from outside shows as it is: no Markdown, no spreadsheet formula."""

import ast
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.shared.text import as_written, duration, escape, escape_formulas
from tests.pages.app import (
    IMAGE,
    PAGES,
    SCRIPT,
    assert_harmless,
    column_choice,
    each_tab,
    execute_all,
    go,
    texts,
    upload,
)
from tests.source_code import CORE, SCREEN, tree_of

# Every character that begins or ends a construct of CommonMark, of GitHub's tables and strikes, of maths, of
# Streamlit's directives and shortcodes. Where one stands behind a backslash, the parser takes it for itself.
SPECIAL = set("\\`*_{}[]()<>#+-.!|~$:&")

CONSTRUCTS = {
    "image": "![x](http://evil.example/a.png)",
    "link": "[x](http://evil.example)",
    "reference": "[x]: http://evil.example",
    "autolink in brackets": "<http://evil.example>",
    "emphasis": "*a* _b_ **c** __d__ ***e***",
    "strike": "~~a~~ ~b~",
    "code": "`a` ``b`` ```c``` ~~~",
    "heading": "# a",
    "deep heading": "###### a",
    "heading by underline": "a\n===\nb\n---",
    "list": "- a\n+ b\n* c",
    "numbered list": "1. a\n2) b",
    "indented code": "    a = 1",
    "quotation": "> a",
    "rule": "--- *** ___",
    "table": "| a | b |\n|---|---|\n| c | d |",
    "HTML": "<b onclick=alert(1)>a</b> <!-- c --> <img src=x>",
    "entity": "&amp; &lt; &#58; &copy;",
    "mathematics": "$x^2$ and $$y$$ \\(z\\) \\[w\\]",
    "colour": ":red[hot] :blue-background[b] :rainbow[c] :small[d]",
    "badge": ":red-badge[x]",
    "directive": ":::note ::a{b=c}",
    "footnote": "a[^1]",
    "task": "- [x] done",
    "backslash": "\\*a\\* \\",
    "hard break": "a  \nb\\\nc",
    "emoji": ":smile: :+1:",
    "icon": ":material/home:",
}


def parsed(markdown: str) -> str:
    """What a parser makes of text in which every special character is escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


def bare(markdown: str) -> set[str]:
    """Special characters that are not behind a backslash of their own."""
    return set(re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown)) & SPECIAL


@pytest.mark.parametrize("text", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_no_markdown_survives(text):
    escaped = escape(text)
    assert bare(escaped) == set()
    assert "\n" not in escaped and not escaped.startswith((" ", "\t"))


@given(st.text())
def test_whatever_comes_every_character_is_shown_and_none_is_markup(text):
    escaped = escape(text)
    assert bare(escaped) == set()
    shown = parsed(escaped).replace("\N{WORD JOINER}", "")
    assert shown == " ".join(re.sub("[\N{WORD JOINER}\u202a-\u202e\u2066-\u2069]", "", text).split())


def test_a_name_does_not_turn_the_sentence_around_it():
    assert escape("\u202e3 exe.png, שלום\u2066") == escape("3 exe.png, שלום")


@pytest.mark.parametrize(
    "text",
    ["NDCG@10 is 0.241.", "pip install 'optuna==4.*'", "NDCG@10, MAP@5. Next", "λ=0.1", "0.1 (−0.2 to 0.3)"],
)
def test_what_is_no_address_is_copied_as_it_stands(text):
    assert "\N{WORD JOINER}" not in escape(text)


def test_no_command_that_the_app_tells_carries_an_invisible_character():
    strings = {
        node.value
        for path in [*CORE, *SCREEN]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "pip install" in node.value
    }
    assert len(strings) >= 3
    for text in strings:
        command = text[text.index("pip install") :]
        assert "\N{WORD JOINER}" not in escape(command), command


def test_float32_is_written_with_its_own_digits():
    given = [2.77, -7.82, 0.1, 5, 99809265]
    shown = as_written(np.array(given, np.float32))
    assert shown.tolist() == [2.77, -7.82, 0.1, 5, 99809264] and shown.dtype == np.float64


def test_what_is_not_text_is_shown_as_text():
    assert parsed(escape(ValueError("a *b*"))) == "a *b*" and escape(3) == "3"


# Streamlit 1.67 rewrites text once more after parsing, when the backslashes are gone (seen in Chromium).
REWRITTEN = {
    "icon": (":material/home:", r":material/\w+:"),
    "logo": (":streamlit:", r":streamlit:"),
    "web address": ("see https://evil.example/x", r"https?://"),
    "web address in capitals": ("HTTPS://evil.example", r"https?://"),
    "address of a host": ("www.evil.example", r"www\."),
    "mail address": ("me@evil.example", r"[-.\w+]@[-\w]+\.[-\w]"),
    "arrows": ("a -> b <- c <-> d", r"->|<-"),
    "dash": ("a -- b", r"(?<!-)--(?!-)"),
    "comparisons": ("a <= b >= c ~= d", r"<=|>=|~="),
}


@pytest.mark.parametrize(("text", "pattern"), REWRITTEN.values(), ids=REWRITTEN)
def test_nothing_is_rewritten_after_parsing_either(text, pattern):
    assert re.search(pattern, text, re.IGNORECASE)
    assert not re.search(pattern, parsed(escape(text)), re.IGNORECASE)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 ms"), (0.04, "40 ms"), (1.44, "1.4 s"), (12.3, "12 s"), (119, "119 s"), (180, "3 min"), (7200, "120 min")],
)
def test_a_duration_is_said_shortly(seconds, words):
    assert duration(seconds) == words


# Tables for spreadsheets

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://evil.example")', "-"]
HARMLESS = ["", "a=b", "1-2", "x@y", " plain", "'quoted'", "Ørnen"]


def test_no_cell_is_a_formula_and_the_harmless_stay():
    table = escape_formulas(pd.DataFrame({"text": FORMULAS + HARMLESS}))
    assert table["text"].tolist() == ["'" + re.sub(r"(?<=[\t\r])=", "'=", cell) for cell in FORMULAS] + HARMLESS


def test_no_cell_is_a_formula_after_the_way_through_csv():
    shown = escape_formulas(pd.DataFrame({"text": FORMULAS, "other": FORMULAS[::-1]})).to_csv(index=False)
    for line in shown.replace("\r", " ").splitlines()[1:]:
        assert not re.search(r'(^|,)"?[=+\-@\t]', line)


@pytest.mark.parametrize("text", ["a;=1+1", 'a;"=1+1', "a; =1+1", "a\t=1+1", "a\r\n=1+1", "a;@SUM(A1)", ";=1;+1"])
def test_no_part_of_a_cell_is_a_formula_where_semicolons_or_tabs_end_cells(text):
    (shown,) = escape_formulas(pd.DataFrame({"text": [text]}))["text"]
    assert not any(re.match(r'[ "]*[=+\-@]', cell) for cell in re.split(r"[;\t\r\n]", shown))
    assert shown.replace("'", "") == text


def test_full_width_signs_begin_formulas_too():
    assert escape_formulas(pd.DataFrame({"text": ["＝1+1", "＠SUM(A1)"]}))["text"].tolist() == ["'＝1+1", "'＠SUM(A1)"]


@given(st.text())
def test_no_control_character_goes_out_and_no_character_is_lost(text):
    (shown,) = escape_formulas(pd.DataFrame({"text": [text]}, dtype=object))["text"]
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
    assert len(shown.replace("'", "")) == len(text.replace("'", ""))


def test_a_control_character_shows_as_its_picture():
    cells = pd.DataFrame({"a\x00": ["b\x1b[31m\x7f", "\x00=1+1", "line\nline\ttab"]})
    table = escape_formulas(cells)
    assert table.columns.tolist() == ["a␀"]
    assert table["a␀"].tolist() == ["b␛[31m␡", "␀=1+1", "line\nline\ttab"]


def test_numbers_and_gaps_are_left_alone():
    frame = pd.DataFrame(
        {
            "number": [-1.5, np.nan],
            "count": [-3, 2],
            "flag": [True, False],
            "mixed": pd.Series([-1, "=x"], dtype=object),
            "gap": pd.Series([None, "=x"], dtype=object),
            "kind": pd.Categorical(["=a", "b"]),
        }
    )
    before = frame.copy(deep=True)
    table = escape_formulas(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(table[["number", "count", "flag"]], before[["number", "count", "flag"]])
    assert table["mixed"].tolist() == [-1, "'=x"]
    assert pd.isna(table["gap"][0]) and table["gap"][1] == "'=x"
    assert table["kind"].tolist() == ["'=a", "b"]


def test_an_empty_table_stays_one():
    assert escape_formulas(pd.DataFrame({"a": pd.Series([], dtype=object)})).shape == (0, 1)


def test_a_heading_is_no_formula_either():
    assert not any(str(name).startswith("=") for name in escape_formulas(pd.DataFrame({"=1+1": ["a"]})).columns)


def test_titles_ids_and_names_never_become_markup(open_app, still_store):
    rng = np.random.default_rng(0)
    people, films = [f"{IMAGE} {u}" for u in range(30)], [f"{SCRIPT} {i}" for i in range(20)]
    rows = [[person, film, rng.integers(1, 6)] for person in people for film in rng.permutation(films)[:8]]
    rows.append([people[0], films[0], IMAGE])  # left out, and so quoted in the receipt
    ratings = pd.DataFrame(rows, columns=[f"user {IMAGE}", f"item {SCRIPT}", f"rating {IMAGE}"]).to_csv(index=False)
    items = pd.DataFrame({"item": films, "title": [IMAGE] * 20, "genres": [SCRIPT] * 20}).to_csv(index=False)
    seen: set[str] = set()
    app = upload(open_app("data"), f"{IMAGE}.csv".replace("/", "_"), ratings.encode(), ("items.csv", items.encode()))
    assert_harmless(app, seen)
    for label, place in (("Person", 0), ("Item", 1), ("Rating", 2)):
        column_choice(app, label).set_value(place)
    app.run()
    app.button(key="load").click().run()
    assert not app.error, texts(app.error)
    assert_harmless(app, seen)
    assert seen, "the text from outside must have been shown somewhere, or this test proves nothing"
    go(app, "compare")
    app.button(key="train_missing").click().run()
    assert_harmless(app, seen)
    execute_all(still_store)
    for page in PAGES:
        assert_harmless(go(app, page), seen)
        for _ in each_tab(app, page):
            assert_harmless(app, seen)


def test_an_error_that_quotes_the_file_is_escaped(open_app, still_store):
    app = upload(open_app("data"), f"![x]( {SCRIPT}.csv".replace("/", ""), b"")
    assert "![x](" in texts(app.error)
    assert_harmless(app, set())
