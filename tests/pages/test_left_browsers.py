"""A browser that leaves while a message is sent to it: Streamlit's end of the WebSocket learns it as usual."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from pages.shared.left_browsers import LetBrowsersLeave


async def send_and_receive(scope: Scope, receive: Receive, send: Send) -> None:
    """Do as Streamlit does: one task sends, and where it is told that the browser has left, another still receives."""
    websocket = WebSocket(scope, receive, send)
    await websocket.accept()
    try:
        await websocket.send_bytes(b"a page")
    except WebSocketDisconnect:
        pass
    await websocket.receive_bytes()


def connect(app) -> None:
    """Open a WebSocket to `app` that breaks at the first message sent into it, as uvicorn tells it."""
    received: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]

    async def receive() -> Message:
        return received.pop(0)

    async def send(message: Message) -> None:
        if message["type"] == "websocket.send":
            raise ConnectionResetError

    asyncio.run(app({"type": "websocket", "headers": []}, receive, send))


def test_a_browser_that_leaves_while_a_page_is_sent_is_met_as_one_that_has_left():
    with pytest.raises(RuntimeError, match="not connected"):
        connect(send_and_receive)
    with pytest.raises(WebSocketDisconnect) as left:
        connect(LetBrowsersLeave(send_and_receive))
    assert left.value.code == 1001
