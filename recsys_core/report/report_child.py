"""The child process that writes a report: `python -m recsys_core.report.report_child`.

Its standard input is a line of JSON with the order and who asked for it. It replies with a line of JSON: the page or an
error. The database's URL is in RECSYS_DATABASE_URL.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

from recsys_core.runner.child_reply import reply_to


def main() -> None:
    """Read the order from standard input, write the report, and reply."""
    ordered = json.loads(sys.stdin.buffer.readline())

    def work(_: Callable[[float, str], None]) -> Iterator[dict[str, Any]]:
        from recsys_core.report.report_process import ReportOrder
        from recsys_core.store.store import RunStore

        store = RunStore(os.environ["RECSYS_DATABASE_URL"], lambda: str(ordered["person"]))
        yield {"page": ReportOrder.from_json(ordered["report"]).write(store)}

    reply_to(ordered, work)


if __name__ == "__main__":
    main()
