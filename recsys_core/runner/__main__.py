"""Start a worker process: `python -m recsys_core.runner WHAT NAME`.

WHAT says which runs it claims, `workers.ALL_RUNS` or `workers.FOREGROUND_ONLY`; NAME identifies it in the store. The
database's URL is in RECSYS_DATABASE_URL: it may contain a password, and everybody can read a command line.
"""

import os
import sys

from recsys_core.runner.exit_with_parent import exit_with_parent
from recsys_core.runner.lower_priority import lower_priority

if __name__ == "__main__":
    on_exit = exit_with_parent()
    lower_priority()  # already for the imports: a fresh server has its first page to draw meanwhile
    from recsys_core.runner.worker import run_worker  # imports for a second, in which the server may exit

    run_worker(on_exit, os.environ["RECSYS_DATABASE_URL"], *sys.argv[1:])
