"""Servers for benchmarks: ours, or Streamlit's with an empty page, over a database of its own."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import free_port

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Server:
    """A server that answers its health check, and when its command was given, by `time.perf_counter`."""

    port: int
    started: float
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running(script: Path, folder: Path) -> Iterator[Server]:
    """Run `streamlit run script` with its database in `folder` until it is no longer needed."""
    port, started = free_port(), time.perf_counter()
    # Bytecode is kept, as at every start of a clone but its first.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    options = f"--server.port {port} --server.address 127.0.0.1 --server.headless true"
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script.name, *options.split()],
            cwd=script.parent,
            env={
                **inherited,
                "RECSYS_DATABASE_URL": f"sqlite:///{folder / 'runs.sqlite'}",
                "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none",
                "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, started, process.pid)
    try:
        while not _is_healthy(server.url):
            if process.poll() is not None:
                raise RuntimeError((folder / "server.log").read_text(errors="replace"))
            time.sleep(0.02)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
