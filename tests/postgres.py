"""A real PostgreSQL server for tests: on a free port of 127.0.0.1, in a folder of its own, as an ordinary user."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.processes import free_port

_DEBIANS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
BIN = _DEBIANS[-1] if _DEBIANS else (Path(found).parent if (found := shutil.which("initdb")) else None)


def why_not() -> str:
    """Why there can be no server here; empty where there can."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "no PostgreSQL driver: pip install -r tests/requirements.txt"
    return "" if BIN else "no PostgreSQL: install one to run the tests over it (Debian: apt-get install postgresql)"


class Postgres:
    """A server with fsync on, as people run it. Its only user is "recsys", with a password of this server's own."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="recsys-postgres-"))
        self.port = free_port()
        self._count, self._password = 0, secrets.token_hex(8)
        password_file = self.folder / "password"
        password_file.write_text(self._password)
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            for path in (self.folder, password_file):
                shutil.chown(path, "nobody")
        command = ["initdb", "-U", "recsys", f"--pwfile={password_file}", "-A", "scram-sha-256", "-E", "UTF8", "-N"]
        self._process = self._begin(*command)
        if self._process.wait():
            raise RuntimeError(f"initdb failed:\n{self.log()}")
        self.start()

    def start(self) -> None:
        """Start it, or start it again after it was stopped or killed, and wait until it answers."""
        settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={self.port}")
        end = time.monotonic() + 60
        while not self.is_up():
            if self._process.poll() is not None:  # after a kill the children of the one before may not be gone yet
                self._process = self._begin("postgres", *(word for setting in settings for word in ("-c", setting)))
            if time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """What `pg_ctl stop -m immediate` does: a crash by order."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """kill -9 of the postmaster; its children find out by themselves."""
        self._end(signal.SIGKILL)

    def is_up(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self._address("postgresql"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def empty_database(self) -> str:
        """The URL of a schema of its own: to the store a database like any, but made in no time."""
        import psycopg

        self._count += 1
        with psycopg.connect(self._address("postgresql"), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA test_{self._count}")
        return f"{self._address('postgresql+psycopg')}?options=-csearch_path%3Dtest_{self._count}"

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def _address(self, scheme: str) -> str:
        return f"{scheme}://recsys:{self._password}@127.0.0.1:{self.port}/postgres"

    def _begin(self, program: str, *arguments: str) -> subprocess.Popen:
        """Our own child, so that it ends with us and leaves no zombie whose number PostgreSQL would take for alive."""
        command = ["setpriv", "--pdeathsig", "INT"]
        if os.getuid() == 0:
            command += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        command += [str(BIN / program), "-D", str(self.folder / "data"), *arguments]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait(60)
