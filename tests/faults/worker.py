"""A worker as the app has it, but for acknowledging what it writes."""

import os
import sys

from recsys_core.runner.exit_with_parent import exit_with_parent

if __name__ == "__main__":
    on_exit = exit_with_parent()
    from recsys_core.runner import worker
    from tests.faults.acknowledged import AcknowledgingStore

    worker.RunStore = AcknowledgingStore
    worker.run_worker(on_exit, os.environ["RECSYS_DATABASE_URL"], *sys.argv[1:])
