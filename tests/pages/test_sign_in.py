"""Whoever is not signed in where that is asked for sees nothing; where it is not, nothing is different."""

import pytest
import streamlit as st

from pages.shared import sign_in
from pages.shared.sign_in import MINE_KEY
from tests.pages.app import headline, texts

HEADERS = {"X-Forwarded-Email": "email"}


@pytest.fixture
def settings(monkeypatch):
    """Settings of Streamlit that a test may change."""
    changed, original = {}, st.get_option
    monkeypatch.setattr(sign_in.st, "get_option", lambda name: changed.get(name) or original(name))
    return changed


@pytest.fixture
def user(monkeypatch):
    """What Streamlit knows of who sits at the browser."""
    known = {}
    monkeypatch.setattr(sign_in.st, "user", known)
    return known


def test_by_default_nobody_signs_in(open_app, still_store):
    app = open_app()
    assert "Signed in" not in texts(app.caption) and not [each for each in app.toggle if each.key == MINE_KEY]


def test_whom_the_proxy_does_not_name_sees_no_data(open_app, still_store, settings, user):
    settings["server.trustedUserHeaders"] = HEADERS
    for named in (None, "", "  "):
        user["email"] = named
        app = open_app()
        assert "X-Forwarded-Email" in app.error[0].value.replace("\\", "")
        assert not app.selectbox and not app.caption


def test_whom_the_proxy_names_is_signed_in_and_sees_their_own_runs_if_they_like(open_app, still_store, settings, user):
    settings["server.trustedUserHeaders"], user["email"] = HEADERS, "ann@example.org"
    app = open_app("history")
    assert "Signed in as ann" in texts(app.caption) and "1 run" in headline(app)
    app.toggle(key=MINE_KEY).set_value(True).run()
    assert "None of these runs is yours" in headline(app)
    split = still_store.split_of(still_store.runs()[0])
    still_store.queue.add_run(split, "svd", still_store.runs()[0].recipe.__class__(), 0)  # outside a page: nobody's
    assert "None of these runs is yours" in headline(app.run())


@pytest.mark.parametrize(
    ("claims", "person"),
    [
        ({"email": "ann@example.org", "name": "Ann"}, "ann@example.org"),
        ({"email": "ann@example.org", "email_verified": False, "sub": "17"}, "17"),
        ({"email": "cy@example.org", "email_verified": False, "preferred_username": "ann", "sub": "17"}, "17"),
        ({"preferred_username": "ann", "name": "Ann"}, "ann"),
        ({"email": True, "sub": "17"}, "17"),
        ({}, ""),
        ({"email": "Jürgen@example.org".encode().decode("latin-1")}, "Jürgen@example.org"),
        ({"name": "Jürgen"}, "Jürgen"),
        ({"email": "\u200b".encode().decode("latin-1"), "sub": "17"}, "17"),
        ({"email": "\u202e \u200b", "name": " Ann\u202e  B. "}, "Ann B."),
    ],
)
def test_a_person_is_known_by_the_most_telling_claim(monkeypatch, user, claims, person):
    monkeypatch.setattr(sign_in, "get_script_run_ctx", lambda **_: object())
    monkeypatch.setattr(sign_in, "_has_provider", lambda: True)
    user.update(claims)
    assert sign_in.signed_in_person() == ""  # whatever is claimed
    user["is_logged_in"] = True
    assert sign_in.signed_in_person() == person


def test_secrets_that_cannot_be_read_lock_the_app(open_app, still_store, settings, tmp_path):
    """They might have named a provider; without them everybody would get in."""
    (tmp_path / "secrets.toml").write_text("[auth\n")
    settings["secrets.files"] = [str(tmp_path / "secrets.toml")]
    app = open_app()
    assert "secrets must be readable" in app.error[0].value and not app.selectbox
