"""What is known of people: uploaded on Data, it groups them in Compare."""

import re

from tests.pages.app import (
    IMAGE,
    SCRIPT,
    assert_harmless,
    figure,
    first_fingerprint,
    go,
    open_tab,
    texts,
    train_here,
    u_data,
    upload,
)
from tests.pages.compare import compare_page, evaluations

PEOPLE = "\n".join(
    f"{user}|{18 + user % 40}|{'FM'[user % 2]}|{'artist' if user % 3 else 'other'}|{user:05d}" for user in range(1, 51)
).encode()


def test_a_file_of_people_becomes_groups(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data(), people=("u.user", PEOPLE))
    app.button(key="load").click().run()
    assert not app.error and not app.exception
    open_tab(app, "How the file was read")
    assert "50 of 60 people got 'age', 'gender', 'occupation'" in texts(app.markdown)
    fingerprint = first_fingerprint(still_store)
    for algorithm in ("als", "svd"):
        train_here(still_store, fingerprint, algorithm, n_factors=3)
    app = compare_page(open_app, "For whom")
    n_people = len(evaluations(app, still_store)[0].users)
    for name in ("By age", "By gender", "By occupation"):
        rows = [trace["y"][0] for trace in figure(app, f"groups_{name}")["data"]]
        assert sum(int(re.search(r"\((\d+)\)$", row)[1]) for row in rows) == n_people, name
        assert any("unknown" in row for row in rows)
    box = app.selectbox(key="gap_grouping")
    box.set_value(box.options.index("By gender")).run()
    assert not app.exception
    shown = next(frame.value for frame in app.dataframe if "how many" in frame.value)
    assert set(shown["people"]) == {"gender: F", "gender: M", "gender: unknown"}
    assert shown["how many"].sum() == n_people


def test_a_file_of_other_people_is_refused_and_nothing_is_loaded(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data(), people=("p.csv", b"user,sex\nx,F\ny,M\nz,M\n"))
    app.button(key="load").click().run()
    assert not app.exception and " must " in texts(app.error)
    assert len(still_store.dataset_list()) == 1


def test_names_and_values_never_become_markup(open_app, still_store):
    lines = [f"user,{IMAGE}", *(f"{user},{(IMAGE, SCRIPT)[user % 2]}" for user in range(1, 61))]
    things = [f"item,{IMAGE},{SCRIPT}", *(f"{item},{(IMAGE, SCRIPT)[item % 2]},{item % 9}" for item in range(1, 41))]
    people, items = (("\n".join(each).encode()) for each in (lines, things))
    app = upload(open_app("data"), "u.data", u_data(), items=("i.csv", items), people=("p.csv", people))
    app.button(key="load").click().run()
    assert not app.error
    assert_harmless(app, set())
    fingerprint = first_fingerprint(still_store)
    assert len(still_store.dataset(fingerprint).item_attributes) == 2
    for algorithm in ("als", "svd"):
        train_here(still_store, fingerprint, algorithm, n_factors=3)
    assert_harmless(compare_page(open_app, "For whom"), set())
    app = compare_page(open_app, "Re-rank")
    for attribute in app.selectbox(key="rerank_attribute").options[1:]:
        app.selectbox(key="rerank_attribute").set_value(attribute).run()
        assert_harmless(app, set())
    app = go(app, "factors")
    for colour in app.selectbox(key="map_colour").options:
        app.selectbox(key="map_colour").set_value(colour).run()
        assert_harmless(app, set())
