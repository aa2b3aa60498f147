"""The characters that end the sheets, rows and cells of a workbook written as text; XML cannot contain them."""

SHEET_END, ROW_END, CELL_END = "\x1d", "\x1e", "\x1f"
