"""What the app does over a database in a folder that may only be read, as JSON: `python -m tests.faults.read_only URL`.

Root may write everywhere, so whoever starts this as root takes that right away first (see test_faults.py).
"""

import json
import os
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.shared import server
from recsys_core.store.database import StoreError

ROOT = Path(__file__).parent.parent.parent


def main(url: str) -> None:
    os.environ["RECSYS_DATABASE_URL"] = url
    told = {}
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    for page in ("start", "compare"):
        app = app.switch_page(f"pages/{page}.py").run()
        told[page] = {
            "exceptions": len(app.exception),
            "errors": [each.value for each in app.error],
            "warnings": [each.value for each in app.warning],
            "elements": len(app.main),
        }
    store = server.store()
    told["runs"], told["workers"] = len(store.runs()), len(server.workers().processes)
    try:
        store.reveal_test("of any split")
    except StoreError as error:
        told["refusal"] = str(error)
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
