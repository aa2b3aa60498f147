"""What is read on the pages has the contrast that WCAG 2.2 asks for (4.5 : 1), in both themes."""

import re
import tomllib

import pytest

from tests.source_code import ROOT

THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
STYLE = (ROOT / "pages" / "shared" / "shell" / "accessible_style.py").read_text()


def channels(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def luminance(colour: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (each / 255 for each in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_is_that_of_wcag():
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    assert contrast(channels("#797F85"), channels("#FFFFFF")) == pytest.approx(4.04, abs=0.01)  # as axe-core says


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_captions_chips_and_buttons_can_be_read(theme):
    colours = {name: channels(colour) for name, colour in THEMES[theme].items()}
    (opacity,) = (float(each) for each in re.findall(r"stCaptionContainer[^}]*opacity: ([.0-9]+)", STYLE))
    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        pairs = zip(colours["textColor"], colours[ground], strict=True)
        caption = [opacity * text + (1 - opacity) * below for text, below in pairs]
        assert contrast(caption, colours[ground]) >= 4.5, ground
    ((light, dark),) = re.findall(r"light-dark\((#\w{6}), (#\w{6})\)", STYLE)
    assert contrast(channels(light if theme == "light" else dark), colours["primaryColor"]) >= 4.5
