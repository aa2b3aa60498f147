"""The colours of all figures: runs by colour, dash and marker, reference models grey, signs from orange to blue.

The first hues are those of Okabe and Ito (2008). Ten hues cannot be told apart by everybody: the marker and the dash
of a run are its own as well.
"""

RUNS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B8A900", "#7F5AF0"),
    *("#875A4B", "#B42D87"),
)
DASHES = (
    *("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "5px,2px", "2px,5px"),
    *("14px,3px,2px,3px,2px,3px", "9px,9px"),
)
MARKERS = (
    *("circle", "square", "diamond", "cross", "triangle-up", "x", "star", "hexagon"),
    *("triangle-down", "bowtie"),
)
REFERENCE_DASHES = {"Random": "dot", "Popularity": "dash", "Oracle": "solid"}
GREY = "#8A8A8A"
GHOST = "#B0B0B0"
PEOPLE = "#9AA5B1"
GROUPS = RUNS[:8]
OTHER_GROUP = "#BBBBBB"
LABEL_PAPER, LABEL_INK = "rgba(255, 243, 230, 0.9)", "#1F2933"  # readable over any colour, light or dark
DIVERGING = ((0.0, "#B35806"), (0.25, "#F1A340"), (0.5, "#F7F7F7"), (0.75, "#67A9CF"), (1.0, "#2166AC"))
CELL_INKS = ("#08306B", "#FFFFFF")  # on the lighter and on the darker half of a map of blues
