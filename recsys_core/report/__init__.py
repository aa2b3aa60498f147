"""Export runs: as a program that trains them again, and as one offline page that says what came of them.

from recsys_core.report.page import report
from recsys_core.report.script import script

Path("report.html").write_text(report(store, store.runs()), encoding="utf-8")
print(script(store, store.runs()[:1]))
"""
