"""Measure worlds in a process of its own: `python -m recsys_core.runner.worlds_child SETTINGS FIRST COUNT`.

SETTINGS are those of `WorldSettings` as JSON. Each world is written to standard output as a line of JSON.
"""

import json
import os
import sys
from dataclasses import asdict

from recsys_core.runner.exit_with_parent import exit_with_parent

if __name__ == "__main__":
    exit_with_parent()
    from recsys_core.runner.worlds import read_settings
    from recsys_core.truth.worlds import measure_worlds

    if hasattr(os, "nice"):
        os.nice(10)  # the pages have the processor first
    first, count = map(int, sys.argv[2:])
    for worlds in measure_worlds(read_settings(sys.argv[1]), range(first, first + count)):
        line = json.dumps([asdict(world) for world in worlds])
        sys.stdout.buffer.write(line.encode() + b"\n")
        sys.stdout.buffer.flush()
    os._exit(0)  # the thread that watches the parent holds standard input, which an ordinary exit would wait for
