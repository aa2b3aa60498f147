"""A worker process: `python -m recsys_core.runner WHAT NAME`.

WHAT is "everything", or "waited-for": then the runs of sweeps are somebody else's business. The address of the store
is in RECSYS_DATABASE_URL: a command line, which could carry a password, is for all to see.
"""

import os
import sys

from recsys_core.runner.exit_with_parent import exit_with_parent

if __name__ == "__main__":
    on_exit = exit_with_parent()
    from recsys_core.runner.worker import run_worker  # takes a second, in which the server may end

    run_worker(on_exit, os.environ["RECSYS_DATABASE_URL"], *sys.argv[1:])
