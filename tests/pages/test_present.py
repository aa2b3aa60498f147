"""Present: views are saved in the link and gone through one by one, without the sidebar."""

import pytest

from pages.shared.links.lesson_strip import EXIT_KEY as LESSON_EXIT_KEY
from pages.shared.shell.navigation import PAGES
from pages.shared.shell.present import BACK_KEY, EXIT_KEY, NEXT_KEY, PRESENT_KEY, SAVE_KEY
from pages.shared.shell.presenter_mode import HIDEABLE, TYPE_SCALE
from recsys_core.links.saved_views import read_views
from tests.pages.app import execute_all, figure, first_fingerprint, go, pinned_ids, set_pins, texts, train_here


def click(app, key: str):
    app.button(key=key).click().run()
    assert not app.exception
    return app


def saved_views(app):
    (text,) = app.session_state["url_params"]["views"]
    return read_views(text, PAGES)


def style(app) -> str:
    return "\n".join(part.proto.body for part in app.get("html") if "<style>" in part.proto.body)


def test_saved_views_are_shown_one_by_one_with_their_page_models_and_settings(open_app, still_store):
    svd = train_here(still_store, first_fingerprint(still_store), "svd", n_factors=4)
    app = open_app("compare")
    app.query_params["N"] = "5"  # as the browser writes it for the widget
    click(app, SAVE_KEY)
    set_pins(app, [svd.id])
    app.slider(key="N").set_value(7).run()
    click(go(app, "person"), SAVE_KEY)
    views = saved_views(app)
    assert [view.page for view in views] == ["compare", "person"]
    assert [len(view.url_params["pin"]) for view in views] == [2, 1]

    hidden = HIDEABLE["sidebar"][1]
    assert hidden not in style(app)
    click(app, PRESENT_KEY)
    assert hidden in style(app) and "1 of 2" in texts(app.main.caption)
    assert app.session_state["N"] == 5 and pinned_ids(app) == [1, svd.id]
    click(app, NEXT_KEY)
    assert pinned_ids(app) == [svd.id] and "2 of 2" in texts(app.main.caption)
    assert "2 of 2" in texts(click(app, NEXT_KEY).main.caption), "nothing lies behind the last"
    assert pinned_ids(click(app, BACK_KEY)) == [1, svd.id] and app.slider(key="N").value == 5
    click(app, EXIT_KEY)
    assert hidden not in style(app) and "present" not in app.query_params
    click(app, "remove_view_0")
    assert len(saved_views(app)) == 1


def test_without_saved_views_the_keys_go_through_the_pages_and_a_damaged_link_says_so(open_app, still_store):
    app = click(open_app(present="yes"), NEXT_KEY)
    execute_all(still_store)
    assert [button.key for button in app.button if button.key == "train"] and "Train" in texts(app.main.caption)
    click(app, BACK_KEY)
    assert "Start" in texts(app.main.caption)
    app = open_app(views="eNqdamaged")
    assert not app.exception and "saved views" in texts(app.warning)


def test_type_on_charts_grows_too(open_app, still_store):
    def sizes(app) -> tuple[float, float]:
        layout = figure(app, "intervals_map")["layout"]
        return layout["xaxis"].get("tickfont", {}).get("size", 12), layout["height"]

    app = open_app("compare")
    usual = sizes(app)
    click(app, PRESENT_KEY)
    assert all(large == pytest.approx(TYPE_SCALE * small) for large, small in zip(sizes(app), usual, strict=True))


def test_in_a_lesson_the_keys_go_through_its_steps_and_the_saved_views_stay(open_app, still_store):
    app = click(open_app(), SAVE_KEY)
    click(app, "lesson_leak")
    click(click(app, PRESENT_KEY), NEXT_KEY)
    assert "Step 2 of" in texts(app.main.markdown) and HIDEABLE["sidebar"][1] in style(app)
    click(app, BACK_KEY)
    assert "Step 1 of" in texts(click(app, BACK_KEY).main.markdown), "nothing lies before the first"
    assert len(saved_views(click(app, LESSON_EXIT_KEY))) == 1
