"""Measure many worlds in the background: in a child process, which can be stopped and goes on where it was."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe
from recsys_core.truth.worlds import N_WORLDS, World, WorldSettings

_PROJECT = Path(__file__).parent.parent.parent


class WorldsJob:
    """The worlds of one setting: `worlds` grows while the job runs, each judged with and without the taste oracle.

    The child process ends with this one. It may be asked for from several threads.
    """

    def __init__(self, settings: WorldSettings, n_worlds: int = N_WORLDS):
        self.settings, self.n_worlds = settings, n_worlds
        self.worlds: list[tuple[World, World]] = []
        self.has_failed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def is_running(self) -> bool:
        """Whether worlds are being measured at the moment."""
        return self._process is not None

    @property
    def is_done(self) -> bool:
        return len(self.worlds) >= self.n_worlds

    def start(self) -> None:
        """Measure the worlds that are missing, in the background; nothing happens while that is being done."""
        with self._lock:
            if self.is_running or self.is_done:
                return
            first, self.has_failed = len(self.worlds), False
            module, numbers = "recsys_core.runner.worlds_child", (str(first), str(self.n_worlds - first))
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, write_settings(self.settings), *numbers],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_PROJECT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_PROJECT)},
            )
            threading.Thread(target=self._collect, args=(self._process,), daemon=True).start()

    def stop(self) -> None:
        """Stop measuring; the worlds so far stay."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process = None

    def _collect(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._lock:
                if self._process is process:  # else what a stopped one had still written
                    first, second = (World(**each) for each in json.loads(line))
                    self.worlds.append((first, second))
        process.wait()
        with self._lock:
            if self._process is process:
                self.has_failed = process.returncode != 0
                self._process = None


def write_settings(settings: WorldSettings) -> str:
    """Return the settings as JSON, which `read_settings` reads."""
    recipes = {"data": settings.data.settings(), "split": settings.split.settings()}
    return json.dumps({**asdict(settings), **recipes})


def read_settings(text: str) -> WorldSettings:
    """Return the settings that `write_settings` wrote."""
    values = json.loads(text)
    data, split = SyntheticRecipe(**values.pop("data")), SplitRecipe(**values.pop("split"))
    return WorldSettings(data, split, **values)
