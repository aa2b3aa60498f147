"""Files that are written when their button is pressed: Streamlit does that where there is no session to ask."""

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager

from tests.pages.app import go, headline, open_tab, tick_in_history
from tests.pages.compare import VIEWS, compare_page, show_view


@pytest.fixture
def written_when_pressed(monkeypatch):
    """[(name of a file, what writes it)] of all such buttons that have been drawn."""
    noted, add = [], MediaFileManager.add_deferred

    def note(self, data_callable, mimetype, coordinates, file_name=None, **more):
        noted.append((file_name, data_callable))
        return add(self, data_callable, mimetype, coordinates, file_name, **more)

    monkeypatch.setattr(MediaFileManager, "add_deferred", note)
    return noted


def test_every_file_of_compare_is_written_without_a_session(open_app, three_runs, written_when_pressed):
    app = compare_page(open_app)
    for view in VIEWS:
        show_view(app, view)
        headline(app)
    last = dict(written_when_pressed)
    assert set(last) >= {
        *("report.html", "people.csv", "comparison.tex", "comparison.md", "verdicts.csv", "disagreement.csv"),
        *("for_whom.csv", "cost.csv", "curves.csv", "popularity.csv", "beyond accuracy.csv", "conventions.csv"),
        *("groups.csv", "ndcg.csv", "ways_to_test.csv"),
    }
    written = {name: write() for name, write in last.items()}
    assert {name for name, content in written.items() if len(content) < 50 or "No report" in content[:500]} == set()
    n_people = len(three_runs.evaluation(three_runs.runs()[0].id, "validation").users)
    for name in ("people.csv", "disagreement.csv"):
        assert written[name].count("\n") == 1 + n_people, name


def test_every_file_of_data_and_history_is_written_without_a_session(open_app, three_runs, written_when_pressed):
    app = open_tab(open_app("data"), "Train/test split")
    headline(app)
    assert [write()[:2] for _, write in written_when_pressed] == [b"PK", b"PK"]
    written_when_pressed.clear()
    headline(go(app, "history"))
    tick_in_history(app, 1)
    written = {name: write() for name, write in dict(written_when_pressed).items()}
    endings = {name.rpartition(".")[2] for name in written if name.startswith("run-1-")}
    assert endings == {"npz", "zip", "csv", "parquet"} and all(written.values())
    assert len(written["runs.csv"].splitlines()) == 1 + len(three_runs.runs())
