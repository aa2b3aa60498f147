"""Signs that XML cannot hold and so separate what it can: the sheets, rows and cells of a workbook as text."""

SHEET_END, ROW_END, CELL_END = "\x1d", "\x1e", "\x1f"
