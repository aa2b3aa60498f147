"""The Compare page as its tests open and read it."""

import ast

import pandas as pd

from recsys_core.comparison.comparison import Comparison
from tests.pages.app import button_group, go, headline, pinned_ids, texts
from tests.source_code import ROOT, tree_of

(_VIEWS,) = [
    node.value
    for node in tree_of(ROOT / "pages" / "compare.py").body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "VIEWS"
]
VIEWS = [key.value for key in _VIEWS.keys]
"""The names of all views, as the page's script has them; to import it would run it."""


def compare_page(open_app, view: str = "", **query):
    app = go(open_app(**query), "compare")
    if view:
        button_group(app, "compare_view").set_value(view).run()
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
