"""What Person calls the pinned models: by their algorithm where that tells which one, else by number and name."""

from pages.views.person.name_run import name_run
from recsys_core.store.history import annotate
from tests.pages.app import first_fingerprint, headline, set_pins, texts, train_here

NAME = "the house model"


def test_a_run_with_a_name_and_two_runs_of_one_algorithm_are_told_apart(open_app, still_store):
    (first,) = still_store.runs()
    other = train_here(still_store, first_fingerprint(still_store), "svd", n_factors=2)
    app = open_app("person")
    set_pins(app, [first.id, other.id])
    assert f"with {first.recipe.label}" in texts(app.main.markdown) and "#" not in headline(app)
    twin = train_here(still_store, first_fingerprint(still_store), "svd", n_factors=1)
    assert [name_run(run, [other, twin]) for run in (other, twin)] == [f"#{other.id} SVD", f"#{twin.id} SVD"]
    annotate(still_store, first.id, name=NAME, notes="", tags=[])
    set_pins(app, [first.id])
    assert f"#{first.id} {NAME} " in headline(app) and f"with #{first.id} {NAME}, " in texts(app.main.markdown)
    assert first.recipe.label not in texts(app.main.markdown) + headline(app)
