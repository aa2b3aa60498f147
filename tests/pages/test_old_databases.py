"""Databases of earlier versions show their runs on the pages."""

import pytest

from pages.shared import server
from tests.old_databases import NAMES, unpack_database
from tests.pages.app import PAGES, each_tab, figure, go, headline, runs_in_history, set_pins, texts, tick_in_history
from tests.processes import NoWorkers


@pytest.fixture(params=NAMES)
def old_store(request, tmp_path, monkeypatch):
    """The store that the pages use, on a copy of an old database, without workers."""
    monkeypatch.setattr(server, "Workers", NoWorkers)
    monkeypatch.setenv("RECSYS_DATABASE_URL", f"sqlite:///{unpack_database(request.param, tmp_path)}")
    return server.store()


def test_every_page_opens_and_shows_every_run_and_the_stored_scores(open_app, old_store):
    runs, first = old_store.runs(), old_store.run(1)
    app = open_app("history", data=first.data_fingerprint)
    app.multiselect(key="history_data").set_value([]).run()
    assert f"{len(runs)} runs" in headline(app)
    assert runs_in_history(app) == [run.id for run in runs]
    for run in {run.algorithm: run for run in runs}.values():
        tick_in_history(app, run.id)
        assert headline(app) and f"**#{run.id} " in texts(app.markdown)

    pins = [each.id for each in old_store.runs_with("validation", first.split_fingerprint)][:4]
    app = go(app, "compare")
    set_pins(app, pins)
    assert headline(app)
    drawn = [trace["x"][0] for trace in figure(app, "intervals_ndcg")["data"] if len(trace["x"]) == 1]
    assert drawn == pytest.approx([old_store.evaluation(each, "validation").mean("ndcg", 10) for each in pins])
    for page in PAGES:
        assert headline(go(app, page))
        for _ in each_tab(app, page):
            assert headline(app)
