"""Where models are equal but for rounding, no view of Compare names one of them as the highest alone."""

from recsys_core.data.synthetic import SyntheticRecipe, generate
from tests.pages.app import read, set_pins, train_here
from tests.pages.compare import compare_page, sentence, show_view, table


def test_two_models_with_the_same_lists_share_every_place(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, picks=12)))
    twins = [train_here(still_store, fingerprint, "svd", n_factors=k, regularization=5) for k in (30, 31)]
    other = train_here(still_store, fingerprint, "bpr", n_epochs=1)
    app = compare_page(open_app)
    set_pins(app, [run.id for run in (*twins, other)])
    names = f"#{twins[0].id} SVD and #{twins[1].id} SVD"
    assert f"{names} have the highest NDCG@10." in read(sentence(show_view(app, "Table")))
    assert names in read(sentence(show_view(app, "Beyond accuracy")))
    assert "It is the highest under every convention, but shares that place under each of them." in read(
        sentence(show_view(app, "Conventions"))
    )
    assert set(table(app, 0)["highest"]) == {names}
    set_pins(app, [run.id for run in twins])
    assert "both models have the same value" in read(sentence(show_view(app, "Beyond accuracy")))
    assert not app.exception
