"""Figures as a browser gets them, and text that must stay text in them."""

import json

EVIL = "<img src=x onerror=alert(1)> & <b>bold</b> <a href='http://evil.example'>x</a>"


def as_json(figure) -> dict:
    """The figure as a browser gets it: strict JSON, so a NaN has become null."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(figure.to_json(), parse_constant=refuse)
