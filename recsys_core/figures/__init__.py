"""Numbers in, pictures out: Plotly figures, and Vega-Lite dictionaries for curves that grow."""
