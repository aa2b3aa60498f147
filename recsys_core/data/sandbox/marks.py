"""What the child process is told, and the characters in its replies."""

HEAD, WHOLE = "head", "whole"
"""How much of a file is wanted."""
SHEET_END, ROW_END, CELL_END = "\x1d", "\x1e", "\x1f"
"""They end the sheets, rows and cells of a workbook written as text; XML cannot contain them."""
