"""Signing in with a real OpenID Connect provider on this machine: whoever is not signed in sees and does nothing."""

import json
import re

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from pages.shared.sign_in import MINE_KEY
from pages.views.train.controls import TRAIN_KEY
from recsys_core.store.run import FINISHED
from recsys_core.store.store import RunStore
from tests.browser.conftest import assert_no_exception, fresh, keyed, open_via_sidebar, running_server, wait_idle
from tests.conftest import wait_until
from tests.processes import free_port

pytestmark = pytest.mark.browser

ANN, BOB = "ann@example.org", "bob@example.org"


@pytest.fixture
def guarded_server(tmp_path):
    """A server whose secrets name a provider."""
    oidc_provider_mock = pytest.importorskip("oidc_provider_mock")
    people = [oidc_provider_mock.User(sub=person, claims={"email": person}) for person in (ANN, BOB)]
    port, secrets = free_port(), tmp_path / "secrets.toml"
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as provider:
        secrets.write_text(
            f"""[auth]
            redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
            cookie_secret = "{"secret of a test " * 3}"
            client_id = "explorer"
            client_secret = "a test"
            server_metadata_url = "http://localhost:{provider.server_port}/.well-known/openid-configuration"
            """
        )
        with running_server(tmp_path, port, STREAMLIT_SECRETS_FILES=str(secrets)) as running:
            yield running


def hear(url: str, until: bytes, **headers: str) -> bytes:
    """Open the app as a browser does, but with a WebSocket alone, and return all that the server says.

    It is listened to until it has said `until` and the run of the script has ended.
    """
    message = BackMsg()
    message.rerun_script.query_string = ""
    address = f"{url.replace('http', 'ws')}/_stcore/stream"
    heard, said, ended = b"", ForwardMsg(), False
    with connect(address, subprotocols=["streamlit"], additional_headers=headers, max_size=None) as connection:
        connection.send(message.SerializeToString())
        while not ended:
            part = connection.recv(30)
            said.ParseFromString(part)
            heard += part
            # A run that ends early is followed by another.
            is_over = said.HasField("script_finished") and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            ended = is_over and until in heard
    return heard


DATA, NAMED = b"400 people", b"Signed in as"  # in the sidebar of every page
REFUSED, ASKED = b"Sign in at the proxy", b"Sign in to see"


def test_whom_the_proxy_does_not_name_gets_no_data(tmp_path):
    headers = json.dumps({"X-Forwarded-Email": "email"})
    with running_server(tmp_path, STREAMLIT_SERVER_TRUSTED_USER_HEADERS=headers) as server:
        for given in ({}, {"X-Forwarded-User": ANN}, {"X-Forwarded-Email": ""}):
            heard = hear(server.url, REFUSED, **given)
            assert REFUSED in heard and DATA not in heard
        heard = hear(server.url, NAMED, **{"X-Forwarded-Email": ANN})
        assert NAMED in heard and DATA in heard


def sign_in(page, person: str) -> None:
    page.context.route("https://cdn.jsdelivr.net/**", lambda route: route.abort())  # styles of the provider's page
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=person).click()
    expect(fresh(page).get_by_text(re.compile(f"^Signed in as {person[:3]}"))).to_be_visible()


def test_nobody_gets_in_without_and_what_is_done_carries_who_did_it(guarded_server, visit):
    store = RunStore(guarded_server.database_url)
    for headers in ({}, {"X-Forwarded-Email": ANN}, {"Cookie": "_streamlit_user=forged"}):
        heard = hear(guarded_server.url, ASKED, **headers)
        assert ASKED in heard and DATA not in heard
    page = visit(f"{guarded_server.url}/train")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    for path in ("data", "", "history?history_words=als"):
        page.goto(f"{guarded_server.url}/{path}")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        wait_idle(page)
        assert page.get_by_text("400 people").count() == 0 and not page.get_by_test_id("stSidebar").is_visible()
    sign_in(page, ANN)
    words = page.get_by_role("searchbox", name="Search", exact=True)
    expect(words).to_have_value("als")  # the page and its parameters that were asked for before signing in
    words.fill("")
    words.press("Enter")
    open_via_sidebar(page, "Train")
    wait_idle(page)
    keyed(page, TRAIN_KEY).get_by_role("button").click()
    wait_until(lambda: store.runs()[0].author == ANN and store.runs()[0].state == FINISHED, "Ann's run has ended")
    assert [run.author for run in store.runs()] == [ANN, ""]
    open_via_sidebar(page, "History")
    expect(fresh(page).get_by_role("heading", name=re.compile("^2 runs"))).to_be_visible()
    keyed(page, MINE_KEY).locator("label").first.click()
    expect(fresh(page).get_by_role("heading", name=re.compile("^1 run on"))).to_be_visible()
    assert_no_exception(page)

    other = visit(guarded_server.url)
    sign_in(other, BOB)
    open_via_sidebar(other, "History")
    expect(fresh(other).get_by_role("heading", name=re.compile("^2 runs"))).to_be_visible()
    keyed(other, MINE_KEY).locator("label").first.click()
    expect(fresh(other).get_by_role("heading", name=re.compile("^None of these runs is yours"))).to_be_visible()
    keyed(other, "sign_out").get_by_role("button").click()
    expect(other.get_by_role("heading", name="End Session")).to_be_visible()  # at the provider, which asks
    other.goto(guarded_server.url)
    expect(other.get_by_role("button", name="Sign in")).to_be_visible()
