"""Who may speak to the server, and what its answers forbid a browser to do: raw requests to a real server."""

import socket
import urllib.request
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser

ACCEPTED, BAD_HOST, FOREIGN = "101", "400", "403"


def open_websocket(url: str, headers: dict[str, str]) -> str:
    """Return the status of a WebSocket handshake with these headers; "PORT" in them is the server's."""
    port = urlsplit(url).port
    lines = ["GET /_stcore/stream HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: streamlit"]
    lines += [f"{name}: {value}".replace("PORT", str(port)) for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(200).decode(errors="replace").split()[1]


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT", ACCEPTED),
        ("localhost:PORT", "http://localhost:PORT", ACCEPTED),
        ("localhost:PORT", None, ACCEPTED),
        # A name that its owner has pointed at this machine after the page was loaded: DNS rebinding.
        ("evil.example", "http://evil.example", BAD_HOST),
        ("evil.example:PORT", None, BAD_HOST),
        ("127.0.0.1.evil.example", "http://127.0.0.1.evil.example", BAD_HOST),
        ("127.0.0.1@evil.example", None, BAD_HOST),
        ("", None, BAD_HOST),
        (None, None, BAD_HOST),
        # A page of somebody else's in the same browser.
        ("127.0.0.1:PORT", "http://evil.example", FOREIGN),
        ("127.0.0.1:PORT", "https://127.0.0.1.evil.example:PORT", FOREIGN),
        ("127.0.0.1:PORT", "http://localhost:8888", FOREIGN),
        ("127.0.0.1:PORT", "null", FOREIGN),
        ("127.0.0.1:PORT", "", FOREIGN),
    ],
)
def test_a_websocket_opens_for_the_server_s_own_pages_only(server, host, origin, status):
    given = {"Host": host, "Origin": origin}
    assert open_websocket(server.url, {name: value for name, value in given.items() if value is not None}) == status
    assert server.calls_outside() == 0


def test_every_answer_has_the_security_headers(server):
    for path in ("", "train", "_stcore/health", "_stcore/host-config"):
        with urllib.request.urlopen(f"{server.url}/{path}") as answer:
            headers = answer.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == "'self'"
        assert "'unsafe-inline'" not in policy["script-src"] and "http" not in policy["script-src"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "SAMEORIGIN"
