"""Middleware around the server: a browser that leaves while a message is sent to it is no error."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class LetBrowsersLeave:
    """Drop what is sent into a WebSocket whose browser has left; the next message received from it says so.

    Streamlit would go on to receive from a WebSocket that Starlette has marked as closed by then, take the refusal for
    a message of text, and end with a traceback in the log.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_or_drop(message: Message) -> None:
            with suppress(OSError):  # the one error that ASGI allows here, for a connection that is gone
                await send(message)

        await self._app(scope, receive, send_or_drop if scope["type"] == "websocket" else send)
