"""A server on this machine that plays GroupLens, in good and in bad health, and a small release for it to send."""

import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recsys_core.data.movielens import RELEASES

SMALL = RELEASES["latest-small"]
RATINGS = b"userId,movieId,rating,timestamp\n" + b"".join(
    b"%d,%d,%s,%d\n" % (user, movie, b"3.5" if movie % 2 else b"4", 10**9 + user)
    for user in range(9)
    for movie in range(7)
)
MOVIES = b"movieId,title,genres\n" + b"".join(b"%d,Film %d,Drama|War\n" % (movie, movie) for movie in range(7))


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ARCHIVE = zipped({SMALL.ratings: RATINGS, SMALL.items: MOVIES, "ml-latest-small/tags.csv": b"userId\n"})


@pytest.fixture
def served(monkeypatch):
    """served(answer) plays GroupLens: `answer` writes to the request handler, as it likes; asked() lists the paths."""
    servers, paths = [], []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                paths.append(self.path)
                answer(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("RECSYS_MOVIELENS_URL", f"http://127.0.0.1:{server.server_port}/movielens/")
        return paths

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sends(content: bytes, announced: int | None = None):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if announced is None else announced))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def fails(handler):
    handler.send_error(404)
