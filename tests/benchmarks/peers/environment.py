"""The peers' virtual environment: made once from `tests/benchmarks/requirements.txt`, then used as it is."""

import subprocess
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent.parent / "requirements.txt"
DEFAULT = Path(__file__).parents[3] / ".venv-peers"


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in `folder`, which is made and filled where it is absent."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"Making {folder} (some minutes, about 6 GB: lenskit brings PyTorch along).", flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    return python


def versions(python: Path) -> list[str]:
    """What is really installed, as `name==version` lines."""
    answer = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True)
    return answer.stdout.split()
