"""What a view of Compare waits for, on ML-1M with six pinned models: opening it, another metric, another N.

The pages run in this process as in a session, over a database of its own, without a browser. Genres are made up, since
this copy of ML-1M has none and views that describe items would be left out. Models train for two epochs: what is
timed does not depend on how good they are. Beside the clock stands the processor time of all threads, which a busy
machine changes less.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe
from recsys_core.parameters import parameters
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore
from tests.real_data import ml_1m

MODELS = ("implicit_als", "svd", "bpr", "lambdarank", "ease", "item_knn")
QUICK = {"n_factors": 64, "n_epochs": 2}
METRICS, LENGTHS = ("map", "ndcg_graded", "diversity", "gini"), (5, 20, 50)
MOST_TO_OPEN, MOST_TO_CHANGE = 2_000, 300  # ms


def main() -> list[dict]:
    """Print and return one row a view."""
    dataset = ml_1m()
    if dataset is None:
        print("ML-1M: left out, its data is not on this machine (RECSYS_DATA says where to look).")
        return []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'runs.sqlite'}"
        _fill(RunStore(url), _with_genres(dataset))
        return _time_views(url)


def _with_genres(dataset: Dataset) -> Dataset:
    rng = np.random.default_rng(0)
    drawn = (sorted(rng.choice(18, rng.integers(1, 4), replace=False)) for _ in dataset.titles)
    return replace(dataset, genres=tuple(tuple(f"Genre {genre + 1}" for genre in genres) for genres in drawn))


def _fill(store: RunStore, dataset: Dataset) -> None:
    split = store.split(store.add_dataset(dataset), SplitRecipe())
    for name in MODELS:
        known = parameters(ALGORITHMS[name])
        recipe = ALGORITHMS[name](**{key: value for key, value in QUICK.items() if key in known})
        store.queue.add_run(split, name, recipe, 0)
    while run := store.queue.claim("benchmark"):
        execute(store, run)


def _time_views(url: str) -> list[dict]:
    os.environ["RECSYS_DATABASE_URL"] = url
    from streamlit.testing.v1 import AppTest

    from pages.shared import server
    from tests.pages.compare import VIEWS, show_view
    from tests.processes import NoWorkers

    server.Workers = NoWorkers  # type: ignore[misc, assignment]
    app = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=600).run()
    opened = timed(lambda: app.switch_page("pages/compare.py").run())
    print(f"views of Compare on ML-1M, {len(MODELS)} models, load {os.getloadavg()[0]:.1f}; in ms, with processor time")
    print(f"  the page, of which nothing is computed yet: {opened[0]:.0f} ({opened[1]:.0f})")
    print(f"  {'view':20}{'first':>14}{'again':>14}{'slowest metric':>16}{'slowest N':>14}")
    rows = []
    first = {view: timed(lambda view=view: show_view(app, view)) for view in VIEWS}
    for view in VIEWS:
        times = {"first": first[view], "again": timed(lambda view=view: show_view(app, view))}
        metrics = [timed(lambda name=name: app.selectbox(key="metric").set_value(name).run()) for name in METRICS]
        app.selectbox(key="metric").set_value("ndcg").run()
        lengths = [timed(lambda k=k: app.slider(key="N").set_value(k).run()) for k in LENGTHS]
        app.slider(key="N").set_value(10).run()
        times |= {"metric": max(metrics), "N": max(lengths)}
        assert not app.exception, (view, app.exception[0].message)
        is_met = max(times["first"][0], times["again"][0]) < MOST_TO_OPEN
        is_met &= max(times["metric"][0], times["N"][0]) < MOST_TO_CHANGE
        rows.append({"view": view, **times})
        said = "".join(f"{clock:8.0f} ({processor:4.0f})" for clock, processor in times.values())
        print(f"  {view:20}{said}  {'met' if is_met else 'MISSED'}", flush=True)
    return rows


def timed(work: Callable) -> tuple[float, float]:
    """Return the milliseconds of `work` by the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


if __name__ == "__main__":
    main()
