"""What a deployment may change at the doors: pages that frame the app, and origins that may speak to it."""

import pytest

from pages.shared import http_security, sign_in
from pages.shared.http_security import (
    RefuseDoubtfulIdentities,
    RefuseForeignOrigins,
    RefuseUploadsOfStrangers,
    SecurityHeaders,
    make_middleware,
    read_embedding_origins,
)
from recsys_core.errors import InputError
from tests.processes import run_to_end


def answer(middleware, kind: str, **headers: str) -> dict:
    """Send one request through the middleware to an app that answers anything, and return the first message.

    A header with "|" comes once for each part of its value.
    """
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})  # of a WebSocket, as good as any

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, values in headers.items() for value in values.split("|")]
    scope = {"type": kind, "headers": raw, "method": "PUT", "path": "/_stcore/upload_file/session-1/file-1"}
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


@pytest.mark.parametrize("scheme", ["file", "chrome-extension", "javascript", "app", ""])
def test_an_origin_of_another_scheme_is_foreign(scheme):
    headers = {"host": "127.0.0.1:8501", "origin": f"{scheme}://127.0.0.1:8501"}
    assert answer(RefuseForeignOrigins, "websocket", **headers)["type"] == "websocket.close"
    assert (
        answer(RefuseForeignOrigins, "websocket", **(headers | {"origin": "https://127.0.0.1:8501"}))["status"] == 200
    )


def test_a_person_who_is_named_twice_does_not_get_in(monkeypatch):
    monkeypatch.setattr(http_security.st, "get_option", {"server.trustedUserHeaders": {"X-Email": "email"}}.get)
    forged = answer(RefuseDoubtfulIdentities, "websocket", **{"x-email": "eve@example.org|ann@example.org"})
    assert forged["type"] == "websocket.close"
    assert answer(RefuseDoubtfulIdentities, "websocket", **{"x-email": "ann@example.org"})["status"] == 200
    assert answer(RefuseDoubtfulIdentities, "websocket")["status"] == 200


def test_files_are_kept_for_nobody_who_has_not_signed_in_where_that_is_asked_for(monkeypatch):
    assert answer(RefuseUploadsOfStrangers, "http")["status"] == 200
    monkeypatch.setattr(sign_in, "_has_proxy", lambda: True)
    monkeypatch.setattr(sign_in, "_admitted", set())
    assert answer(RefuseUploadsOfStrangers, "http")["status"] == 403
    sign_in._admitted.add("session-1")
    assert answer(RefuseUploadsOfStrangers, "http")["status"] == 200


def test_what_is_refused_has_the_security_headers_too():
    def through_all(app):
        for each in reversed(make_middleware()):
            app = each.cls(app, *each.args, **each.kwargs)
        return app

    refused = answer(through_all, "http", host="evil.example")
    assert refused["status"] == 400 and b"content-security-policy" in dict(refused["headers"])
