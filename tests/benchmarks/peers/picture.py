"""Quality against time: one curve a contestant, one panel a number of factors."""

import shutil
import tempfile
from pathlib import Path

from PIL import Image, PngImagePlugin
from playwright.sync_api import sync_playwright
from plotly.subplots import make_subplots

from recsys_core.figures.palette import DASHES, MARKERS, RUNS

_SIZE = {"width": 1100, "height": 420}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def write_picture(rows: list[dict], path: Path, digest: str) -> None:
    """Draw NDCG@10 over seconds of training of every ALS with a curve; `digest` is written into the file.

    A browser draws it. Without one on the PATH, or a curve, the picture stays as it is, and a test will say so.
    """
    if not any("curve" in row for row in rows):
        print("The picture stays as it is: no curve is kept.")
        return
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("The picture stays as it is: no chromium is on the PATH.")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_path = Path(folder) / "peers.html"
        _figure(rows).write_html(page_path, include_plotlyjs=True, config={"displayModeBar": False})
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        page = browser.new_page(viewport=_SIZE)
        page.goto(page_path.as_uri())
        page.locator(".main-svg").first.wait_for()
        page.locator(".plotly-graph-div").screenshot(path=path)
        browser.close()
    text = PngImagePlugin.PngInfo()
    text.add_text("numbers", digest)
    with Image.open(path) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE).save(path, pnginfo=text, optimize=True)


def _figure(rows: list[dict]):
    curves = [row for row in rows if "curve" in row]
    panels = sorted({row["factors"] for row in curves})
    figure = make_subplots(
        1, len(panels), subplot_titles=[f"k = {k}" for k in panels], shared_yaxes=True, horizontal_spacing=0.02
    )
    names = list(dict.fromkeys(row["name"] for row in sorted(curves, key=lambda row: not row["ours"])))
    for row in curves:
        place = names.index(row["name"])
        elapsed, values = row["curve"]
        figure.add_scatter(
            x=elapsed,
            y=values,
            name=row["name"],
            legendrank=place,
            mode="lines+markers",
            line={
                "color": RUNS[place % len(RUNS)],
                "width": 4 if row["ours"] else 1.5,
                "dash": "solid" if row["ours"] else DASHES[1 + place % (len(DASHES) - 1)],
            },
            marker={"symbol": MARKERS[place % len(MARKERS)], "size": 7 if row["ours"] else 5},
            showlegend=row["factors"] == panels[0],
            row=1,
            col=1 + panels.index(row["factors"]),
        )
    figure.update_xaxes(type="log", title="seconds", dtick=1)
    figure.update_yaxes(title="NDCG@10", col=1)
    figure.update_layout(template="plotly_white", **_SIZE, margin={"t": 30, "b": 50, "l": 60, "r": 10})
    return figure
