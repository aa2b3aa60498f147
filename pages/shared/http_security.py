"""Middleware around the server: which hosts, origins and people it answers, and the security headers of its answers."""

import base64
import hashlib
import os
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.shared.left_browsers import LetBrowsersLeave
from pages.shared.sign_in import may_upload
from recsys_core.errors import InputError

_EMBED_VARIABLE = "RECSYS_EMBED_ORIGINS"
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:\d+)?", re.IGNORECASE)
_UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/")
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def make_middleware() -> list[Middleware]:
    """Return the middleware of the app's server, as Streamlit's settings and RECSYS_EMBED_ORIGINS ask for.

    Raises InputError where RECSYS_EMBED_ORIGINS holds anything but origins.
    """
    return [
        Middleware(SecurityHeaders, embedding_origins=read_embedding_origins()),  # first: refusals have them, too
        Middleware(
            TrustedHostMiddleware, allowed_hosts=st.get_option("server.allowedHosts") or ["*"], www_redirect=False
        ),
        Middleware(RefuseForeignOrigins),
        Middleware(RefuseDoubtfulIdentities),
        Middleware(RefuseUploadsOfStrangers),
        Middleware(LetBrowsersLeave),
    ]


def read_embedding_origins() -> tuple[str, ...]:
    """Return the origins whose pages may show the app in a frame, from RECSYS_EMBED_ORIGINS; none by default."""
    origins = tuple(os.environ.get(_EMBED_VARIABLE, "").replace(",", " ").split())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise InputError(
                f"{_EMBED_VARIABLE} must hold origins such as https://intranet.example.org, separated by spaces. "
                f"Got {origin[:80]!r}: leave out paths, and begin with http:// or https://."
            )
    return origins


class RefuseForeignOrigins:
    """Refuse a WebSocket that a page of another origin opens, unless `server.corsAllowedOrigins` names that origin.

    Streamlit itself would compare a foreign origin with the machine's external address, which it asks a foreign server
    for, and would let pages of any other program on this machine in. A client without an Origin is no browser.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _is_own_origin(Headers(scope=scope)):
            await send({"type": "websocket.close"})
            return
        await self._app(scope, receive, send)


def _is_own_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is None or origin in {each.strip() for each in st.get_option("server.corsAllowedOrigins")}:
        return True
    scheme, _, host = origin.lower().partition("://")
    return scheme in ("http", "https") and host == headers.get("host", "").lower()


class RefuseDoubtfulIdentities:
    """Refuse a WebSocket in which a header that names the person comes twice.

    Streamlit takes the first of them: where a proxy adds its own below that of the client, the client has chosen it.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            if any(len(headers.getlist(name)) > 1 for name in st.get_option("server.trustedUserHeaders") or ()):
                await send({"type": "websocket.close"})
                return
        await self._app(scope, receive, send)


class RefuseUploadsOfStrangers:
    """Refuse files for a session in which nobody has signed in, where somebody has to.

    Streamlit keeps a file for any session that is open, and whoever asks for the way in has one.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (upload := _UPLOAD.search(scope["path"])):
            if scope["method"] == "PUT" and not may_upload(upload[1]):
                await PlainTextResponse("Sign in before you upload a file.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class SecurityHeaders:
    """Add headers to every answer that keep a browser from running, sending or framing what is not the app's own."""

    def __init__(self, app: ASGIApp, embedding_origins: tuple[str, ...]):
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(embedding_origins),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        if not embedding_origins:  # this older header can name no origin; frame-ancestors says the same and more
            self._headers["X-Frame-Options"] = "SAMEORIGIN"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def content_security_policy(embedding_origins: tuple[str, ...] = ()) -> str:
    """Return the policy that Streamlit's pages need and no more: all from this server, nothing inline but styles.

    Streamlit's index has one inline script, which is named by its hash. Plotly compiles how it draws a map while it
    draws, for which it needs `eval`; without, there is a note in its place that WebGL is missing. WebAssembly unpacks
    Parquet and Arrow, the components of a page come as blobs, and styles are written inline.
    """
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' blob: {' '.join(_hashes_of_inline_scripts())}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' blob: data:",
            "worker-src 'self' blob:",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors 'self' {' '.join(embedding_origins)}".rstrip(),
        ]
    )


def _hashes_of_inline_scripts() -> list[str]:
    index = (Path(st.__file__).parent / "static" / "index.html").read_bytes()
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(index)
    ]
