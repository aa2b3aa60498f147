"""The Compare page as its tests open and read it."""

import ast

import pandas as pd

from recsys_core.comparison.comparison import Comparison
from tests.pages.app import headline, pinned_ids, texts
from tests.source_code import ROOT, tree_of

(_VIEWS,) = [
    node.value
    for node in tree_of(ROOT / "pages" / "compare.py").body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "VIEWS"
]
VIEWS = {
    view.value: group.value for group, views in zip(_VIEWS.keys, _VIEWS.values, strict=True) for view in views.keys
}
"""The names of the views, each with its group, as the page's script has them; to import it would run it."""
KEYS = {
    "Verdict": "compare_verdict",
    "Lists": "compare_lists",
    "Details": "compare_details",
    "How metrics work": "compare_metrics",
}


def show_view(app, view: str, **state):
    """Open a view by its name, in its group, with other session state."""
    group = VIEWS[view]
    chosen = {"compare_view": group, **({KEYS[group]: view} if group in KEYS else {})}
    for key, value in {**chosen, **state}.items():
        app.session_state[key] = value
    app.run()
    return app


def compare_page(open_app, view: str = "", **query):
    """Open the page, with a view as a link names it."""
    app = open_app("compare", **({"compare_view": view} if view else {}), **query)
    headline(app)
    return app


def table(app, place: int) -> pd.DataFrame:
    return app.dataframe[place].value


def sentence(app) -> str:
    """The sentence of the view: the first text in bold."""
    return next(text for text in texts(app.main.markdown).split("\n") if text.startswith("**"))


def shown_runs(app, store):
    return [store.run(run_id) for run_id in pinned_ids(app)]


def evaluations(app, store, subset="validation"):
    return [store.evaluation(run.id, subset) for run in shown_runs(app, store)]


def intervals(scored):
    return Comparison([""] * len(scored), scored).intervals("ndcg")
