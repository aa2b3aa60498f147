"""Runs arrive at an MLflow server: MLflow's own client against a server that speaks the endpoints it uses."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from urllib.parse import parse_qs, urlparse

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.exchange.tracking import TrackedRun, send_runs
from recsys_core.runner.execute import execute
from recsys_core.store.history import annotate, list_history
from recsys_core.store.run import STOPPED
from recsys_core.store.store import RunStore

# Not imported here: every process that collects tests would do so, for seconds.
pytestmark = pytest.mark.skipif(find_spec("mlflow") is None, reason="sending runs needs mlflow-skinny")


class Tracking(BaseHTTPRequestHandler):
    """https://mlflow.org/docs/latest/rest-api.html, as far as it is asked for; everything is kept in `server.seen`."""

    def do_GET(self):
        self.answer(parse_qs(urlparse(self.path).query))

    def do_POST(self):
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, asked: dict) -> None:
        endpoint, seen = urlparse(self.path).path.split("/api/2.0/mlflow/")[-1], self.server.seen
        status, reply = 200, {}
        if endpoint == "experiments/get-by-name":
            status, reply = 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}
            if seen["experiments"]:
                status, reply = 200, {"experiment": {"experiment_id": "1", "name": seen["experiments"][0]}}
        elif endpoint == "experiments/create":
            seen["experiments"].append(asked["name"])
            reply = {"experiment_id": "1"}
        elif endpoint == "runs/search":
            names = ("recsys.run_fingerprint", "recsys.state")
            known = [run for run in seen["runs"] if all(f"'{run['tags'][name]}'" in asked["filter"] for name in names)]
            reply = {"runs": [{"info": run["info"], "data": {}} for run in known]}
        elif endpoint == "runs/create":
            info = {"run_id": f"{len(seen['runs']):032d}", "run_name": asked["run_name"], "status": "RUNNING"}
            seen["runs"].append({"info": info, "tags": {}, "params": {}, "metrics": []})
            reply = {"run": {"info": info, "data": {}}}
        elif endpoint == "runs/log-batch":
            run = seen["runs"][int(asked["run_id"])]
            assert len(asked.get("metrics", [])) <= 1000
            run["metrics"] += asked.get("metrics", [])
            for kind in ("params", "tags"):
                run[kind] |= {each["key"]: each["value"] for each in asked.get(kind, [])}
        elif endpoint == "runs/update":
            seen["runs"][int(asked["run_id"])]["info"]["status"] = asked["status"]
        else:
            status, reply = 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": endpoint}
        content = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tracking)
    server.seen = {"experiments": [], "runs": []}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'runs.sqlite'}")
    data = generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0))
    split = store.split(store.add_dataset(data), SplitRecipe())
    for key in ("bpr", "als"):
        store.queue.add_run(split, key, ALGORITHMS[key](n_epochs=3), 4)
        execute(store, store.queue.claim("test"))
    annotate(store, 1, name="the first", notes="for *the* board", tags=["talk", "old"])
    return store


def shipments(store):
    return [TrackedRun(entry.run, entry.data, store.epochs(entry.run.id)) for entry in list_history(store)]


def address(server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_everything_arrives_once_and_the_test_stays_sealed(server, store):
    assert list(send_runs(address(server), "recsys", shipments(store))) == [True, True]
    assert list(send_runs(address(server), "recsys", shipments(store))) == [False, False]
    assert server.seen["experiments"] == ["recsys"]
    als, bpr = server.seen["runs"]
    run, records = store.run(1), store.epochs(1)
    assert bpr["info"]["run_name"] == "#1 the first" and bpr["info"]["status"] == "FINISHED"
    assert bpr["params"]["learning_rate"] == str(run.recipe.learning_rate) and bpr["params"]["seed"] == "4"
    assert bpr["params"]["split_method"] == run.split.method
    assert bpr["tags"]["recsys.run_fingerprint"] == run.fingerprint
    assert bpr["tags"]["recsys.data_fingerprint"] == run.data_fingerprint
    assert bpr["tags"]["mlflow.note.content"] == "for *the* board" and bpr["tags"]["recsys.tags"] == "old, talk"
    sent = [(m["step"], m["value"]) for m in bpr["metrics"] if m["key"] == "validation_ndcg_at_10"]
    assert sent == [(record.number, record.validation) for record in records]
    assert {m["key"] for m in als["metrics"]} == {
        "objective", "validation_ndcg_at_10", "training_seconds",
    }  # fmt: skip


def test_a_run_that_was_stopped_is_not_taken_for_the_same_training_to_its_end(server, store):
    finished = shipments(store)[0]
    stopped = [
        replace(finished, run=replace(finished.run, state=STOPPED), records=finished.records[:n]) for n in (1, 2, 3)
    ]
    assert list(send_runs(address(server), "recsys", [*stopped, finished, *stopped])) == [True] * 4 + [False] * 3


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:1", "must answer at"), ("file:///here", "must begin with http"), ("", "must begin with http")],
)
def test_where_no_server_is_the_sentence_says_so_at_once(url, words, store):
    with pytest.raises(InputError, match=words):
        list(send_runs(url, "recsys", shipments(store)))


def test_a_server_of_another_kind_is_told_from_one_of_mlflow(server, store, monkeypatch):
    monkeypatch.setattr(Tracking, "answer", lambda self, asked: self.send_error(405))
    with pytest.raises(InputError, match="must answer at"):
        list(send_runs(address(server), "recsys", shipments(store)))
