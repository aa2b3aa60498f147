"""The pictures of paths and races: what moves, and what stays away from a logarithm."""

import numpy as np
import pytest

from recsys_core.figures.descent import descent
from recsys_core.figures.race import race_curves
from recsys_core.optimize.surface import smallest_factorisation
from recsys_core.optimize.worked_steps import METHODS, follow_methods

START = np.array([-0.4, 0.8])


@pytest.fixture(scope="module")
def walked():
    surface = smallest_factorisation(1.0, 0.1)
    return surface, follow_methods(surface, START, 0.3 * surface.longest_safe_step, METHODS)


def draw(surface, some):
    indices = {name: index for index, name in enumerate(METHODS)}
    return descent(surface, some, axes=("u", "v"), indices=indices, saddle=True)


def test_frames_begin_at_the_start_and_end_as_the_picture_begins(walked):
    figure = draw(*walked)
    first, last = figure.frames[0], figure.frames[-1]
    for line in first.data[:4]:
        assert (list(line.x), list(line.y)) == ([START[0]], [START[1]])
    for index, trace in zip(last.traces, last.data, strict=True):
        assert np.allclose(figure.data[index].x, trace.x) and np.allclose(figure.data[index].y, trace.y)
    assert [step.label for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    assert int(last.name) == max(path.n_steps for path in walked[1].values())


def test_a_path_is_whole_at_first_and_keeps_its_colour_when_it_walks_alone(walked):
    surface, all_paths = walked
    figure = draw(surface, all_paths)
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines+markers"}
    assert set(lines) == set(METHODS)
    for name, path in all_paths.items():
        assert np.allclose(lines[name].x, path.points[:, 0])
        (alone,) = (trace for trace in draw(surface, {name: path}).data if trace.mode == "lines+markers")
        assert alone.line == lines[name].line


def test_outlines_lie_on_the_surface_and_within_each_other(walked):
    surface, _ = walked
    outlines = [trace for trace in draw(surface, {}).data if trace.fill == "toself"]
    insides = []
    for outline in outlines:
        points = np.stack([outline.x, outline.y])
        heights = surface.values(points[:, np.isfinite(points[0]) & (np.abs(points[1]) < 2.9)])
        assert np.ptp(heights) < 0.02 * heights.mean() + 0.02
        insides.append(heights.mean())
    assert np.all(np.diff(insides) > 0)


def test_nothing_that_is_not_positive_comes_to_a_logarithmic_axis():
    curves = {"ALS": [(0.0, 5.0), (1.0, 0.0)], "Adagrad": [(0.5, 1e-9)]}
    drawn = race_curves(curves, title="x", seconds=2, log=True)["data"]["values"]
    assert [(row["method"], row["value"]) for row in drawn] == [("ALS", 5.0)]
    assert len(race_curves(curves, title="x", seconds=2, log=False)["data"]["values"]) == 3
