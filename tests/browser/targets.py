"""Which controls of a page are too small for a finger."""

from playwright.sync_api import Page

LEAST = 43
"""Pixels; 44 are asked for, and an edge may lie between two."""

# What answers is found as a finger finds it: by what lies at a point. A control answers on its label, and a slider on
# all of its track. Components keep theirs in a shadow root.
_SMALL = """
least => {
  const roots = [document];
  for (const root of roots)
    for (const element of root.querySelectorAll('*')) if (element.shadowRoot) roots.push(element.shadowRoot);
  const at = (x, y) => {
    let found = document.elementFromPoint(x, y);
    while (found?.shadowRoot) {
      const inner = found.shadowRoot.elementFromPoint(x, y);
      if (!inner || inner === found) break;
      found = inner;
    }
    return found;
  };
  const controls = 'button, a[href], summary, input, textarea, [role=tab], [role=combobox], .updatemenu-button';
  const around = 'label, [role=group] > div, [data-testid=stNumberInputContainer], div:has(> input[role=combobox])';
  const small = [];
  for (const root of roots) for (const control of root.querySelectorAll(controls)) {
    if (control.matches('button[aria-haspopup=listbox]')) continue;  // all of its box opens the list
    const target = control.matches('button') ? control : control.closest(around) ?? control;
    const box = target.getBoundingClientRect();
    if (box.width < 1 || control.disabled || control.closest('[inert], [aria-hidden=true]')) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const answers = (across, down) => target.contains(at(x + across, y + down));
    if (!answers(0, 0)) continue;  // hidden, or under a list that is open
    const reach = (across, down) => {
      let steps = 0;
      while (steps < 60 && answers(across * (steps + 1), down * (steps + 1))) steps++;
      return steps;
    };
    const width = reach(-1, 0) + reach(1, 0) + 1, height = reach(0, -1) + reach(0, 1) + 1;
    if (width < least || height < least)
      small.push(`${width} x ${height}: ${control.ariaLabel || control.textContent || control.dataset.testid}`);
  }
  return small;
}
"""


def small_targets(page: Page) -> list[str]:
    """Return size and name of the controls that answer within fewer than `LEAST` pixels, on the whole page."""
    size = page.viewport_size
    height = page.get_by_test_id("stMain").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.wait_for_timeout(500)  # charts are drawn again
    found = page.evaluate(_SMALL, LEAST)
    page.set_viewport_size(size)
    return found
