"""What Person says of a score: where the item stands, and which of the terms are worth a word."""

from dataclasses import replace

import numpy as np
import pytest

from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.per_user.ranked_list import select_user
from recsys_core.per_user.score_terms import rating_terms
from tests.pages.app import texts, train_here

STARS = SyntheticRecipe(n_users=80, n_items=60, picks=15, feedback="explicit")


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_rounding_is_no_later_change_of_the_items(unit, open_app, still_store):
    """The SVD changes no items after its users, whatever the unit of the ratings is."""
    data = generate(STARS)
    values = (data.interactions.values * unit).astype(np.float32)
    fingerprint = still_store.add_dataset(replace(data, interactions=replace(data.interactions, values=values)))
    train_here(still_store, fingerprint, "svd", n_factors=8, centering="user mean", regularization=0.5)
    app = open_app("person")
    for person in range(5):
        app.selectbox(key=PERSON_KEY).set_value(person).run()
        (chart,) = (each for each in app.get("plotly_chart") if each.key == "score_by_rating")
        assert not app.exception and "later changes" not in chart.proto.spec, app.selectbox(key=ITEM_KEY).value


def test_the_strongest_reason_is_looked_for_among_all_terms(open_app, still_store):
    """It may be smaller than the eight terms in the chart, all of which speak against the item."""
    fingerprint = still_store.add_dataset(generate(STARS))
    run = train_here(still_store, fingerprint, "svd", n_factors=8, centering="user mean", regularization=0.5)
    train, model = still_store.split_of(run).train, still_store.model(run.id)
    app = open_app("person")
    for person in range(2, 5):
        user = select_user(train, person)
        folded = run.recipe.fold_in(model, train, user)
        terms = rating_terms(run.recipe, folded, train, user, np.arange(train.n_items))
        largest = np.take_along_axis(terms, np.argsort(-np.abs(terms), axis=0)[:8], axis=0)
        for item in np.flatnonzero((largest.max(axis=0) < 0) & (terms.max(axis=0) > 0))[:1]:
            app.selectbox(key=PERSON_KEY).set_value(person).run()
            app.selectbox(key=ITEM_KEY).set_value(int(item)).run()
            strongest = still_store.dataset(fingerprint).titles[user.items[np.argmax(terms[:, item])]]
            assert f"The strongest reason is “{strongest}”" in texts(app.markdown)
            return
    pytest.fail("nobody has such an item")
