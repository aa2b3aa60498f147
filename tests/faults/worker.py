"""A worker as the app has it, but for acknowledging what it writes."""

import os
import sys

from recsys_core.runner.end_with_parent import end_with_parent

if __name__ == "__main__":
    last_words = end_with_parent()
    from recsys_core.runner import worker
    from tests.faults.acknowledged import AcknowledgingStore

    worker.RunStore = AcknowledgingStore
    worker.work(last_words, os.environ["RECSYS_DATABASE_URL"], *sys.argv[1:])
