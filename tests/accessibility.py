"""Looks over all pages with axe-core, in the light and the dark theme, and prints what it finds.

`python -m tests.accessibility http://127.0.0.1:8501` visits a server that is running, with the data it has. Beside the
requirements of the tests it needs `pip install axe-playwright-python` (MIT), which brings axe-core (MPL 2.0). It takes
about a minute, so it is no part of the suite; `tests/core/test_contrast.py` and `tests/test_layers.py` hold what it
found.
"""

import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.browser.conftest import _ARGUMENTS as ARGUMENTS
from tests.browser.conftest import CHROMIUM, PAGES

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"


def main(address: str) -> int:
    """Print a line for each page and rule that it breaks; return how many elements break one."""
    count = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for theme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme=theme)
            for path in PAGES:
                page.goto(f"{address}/{path}")
                page.wait_for_timeout(1500)
                page.wait_for_selector(SETTLED, timeout=60_000)
                page.wait_for_timeout(1500)
                for found in Axe().run(page).response["violations"]:
                    count += len(found["nodes"])
                    print(f"{theme:6} /{path:10} {found['impact']:9} {found['id']}: {len(found['nodes'])}")
                    print("\n".join(f"    {node['html'][:140]}" for node in found["nodes"]))
        browser.close()
    print(f"{count} elements on {len(PAGES)} pages in two themes")
    return count


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1].rstrip("/"))))
