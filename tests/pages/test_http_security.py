"""What a deployment may change at the doors: pages that frame the app, and origins that may speak to it."""

import pytest

from pages.shared import http_security
from pages.shared.http_security import RefuseForeignOrigins, SecurityHeaders, read_embedding_origins
from recsys_core.errors import InputError
from tests.processes import run_to_end


def answer(middleware, kind: str, **headers: str) -> dict:
    """Send one request through the middleware to an app that answers anything, and return the first message."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    run_to_end(middleware(app)(scope, None, send))
    return sent[0]


def test_pages_that_may_frame_the_app_are_named_in_the_environment(monkeypatch):
    monkeypatch.setenv("RECSYS_EMBED_ORIGINS", "https://intranet.example.org, https://*.example.com:8443")
    origins = read_embedding_origins()
    message = answer(lambda app: SecurityHeaders(app, origins), "http")
    headers = {name.decode(): value.decode() for name, value in message["headers"]}
    assert (
        "frame-ancestors 'self' https://intranet.example.org https://*.example.com:8443"
        in (headers["content-security-policy"])
    )
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(
    "value", ["*", "intranet.example.org", "https://a.example/path", "https://a.example; script-src *", "'self'"]
)
def test_what_is_no_origin_is_refused_in_words(monkeypatch, value):
    monkeypatch.setenv("RECSYS_EMBED_ORIGINS", value)
    with pytest.raises(InputError, match="must hold origins such as"):
        read_embedding_origins()


def test_an_origin_that_the_settings_name_may_open_a_websocket(monkeypatch):
    monkeypatch.setattr(
        http_security.st, "get_option", {"server.corsAllowedOrigins": ["https://portal.example.org"]}.get
    )
    foreign = {"host": "app.example.org", "origin": "https://other.example.org"}
    assert answer(RefuseForeignOrigins, "websocket", **foreign)["type"] == "websocket.close"
    named = {"host": "app.example.org", "origin": "https://portal.example.org"}
    assert answer(RefuseForeignOrigins, "websocket", **named)["type"] != "websocket.close"
