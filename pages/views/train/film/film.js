// Plays what the server computed. Text goes through textContent only: titles are never markup.

const FULL = 60, SHORTEST = 4, LONGEST = 10; // at 1× a film of 60 frames takes LONGEST seconds, a short one SHORTEST
const memory = new WeakMap(); // where a film stands, kept while the server sends another person's list or more of it
const seen = new Set(); // films that have played by themselves once

export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  const films = data.films.map(unpack);
  const steps = Math.max(...films.map((film) => film.epochs.length - 1));
  const before = memory.get(parentElement);
  before?.end?.();
  const state = before?.id === data.id ? before : { id: data.id, at: steps, steps, speed: 1, playing: false };
  if (state.at >= state.steps || data.live) state.at = state.playing ? Math.min(state.at, steps) : steps;
  state.at = Math.min(state.at, steps);
  state.steps = steps;
  memory.set(parentElement, state);

  const scrub = find("input[type=range]"), play = find(".play"), cursors = new Map();
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
  const panes = buildPanes(parentElement, films);
  // Two films are at the same share of their training.
  const timeOf = (film, at) => (steps ? (at / steps) * (film.epochs.length - 1) : 0);
  let waiting = 0, last = 0, shown = -1;

  const draw = () => {
    const ink = getComputedStyle(find("section")).color;
    const step = Math.floor(state.at + 1e-6);
    films.forEach((film, place) => {
      const time = timeOf(film, isCalm.matches ? step : state.at);
      drawMap(panes[place].querySelector("canvas"), film, time, ink);
    });
    drawCursors(cursors, data.epoch_word, films[0].epochs[Math.floor(timeOf(films[0], step) + 1e-6)], ink);
    if (step === shown) return; // the rest changes from epoch to epoch only
    shown = step;
    scrub.value = step;
    films.forEach((film, place) => {
      const frame = Math.floor(timeOf(film, step) + 1e-6);
      panes[place].querySelector("figcaption").textContent = film.captions[frame];
      panes[place].querySelector("canvas").setAttribute("aria-label", `Map of people and items. ${film.captions[frame]}`);
      drawList(panes[place].querySelector("aside"), film, frame);
    });
    const now = positionWords(films, timeOf, step);
    find("output").textContent = now;
    scrub.setAttribute("aria-valuetext", `${now}. ${films.map((film) => film.captions[Math.floor(timeOf(film, step) + 1e-6)]).join("; ")}`);
  };
  const tick = (now) => {
    const seconds = Math.min(0.25, (now - last) / 1000);
    last = now;
    const length = Math.min(LONGEST, Math.max(SHORTEST, (LONGEST * steps) / FULL));
    state.at = Math.min(steps, state.at + (seconds * state.speed * steps) / length);
    draw();
    if (state.at >= steps && !data.live) return pause();
    waiting = requestAnimationFrame(tick);
  };
  const soon = () => {
    if (state.playing) return;
    cancelAnimationFrame(waiting); // at most one drawing a frame, however quick the hand
    waiting = requestAnimationFrame(draw);
  };
  const label = () => {
    play.textContent = state.playing ? "❚❚ Pause" : "▶ Play";
    find(".speeds").querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", `${Number(button.value) === state.speed}`));
  };
  const pause = () => { state.playing = false; cancelAnimationFrame(waiting); label(); };
  const start = () => {
    if (state.at >= steps) state.at = 0;
    state.playing = true;
    last = performance.now();
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(tick);
    label();
  };
  const goTo = (step) => { pause(); state.at = Math.max(0, Math.min(steps, step)); soon(); };

  scrub.max = steps;
  scrub.oninput = () => goTo(Number(scrub.value));
  play.onclick = () => (state.playing ? pause() : start());
  find(".back").onclick = () => goTo(Math.ceil(state.at - 1e-6) - 1);
  find(".forward").onclick = () => goTo(Math.floor(state.at + 1e-6) + 1);
  find(".speeds").querySelectorAll("button").forEach((button) => {
    button.onclick = () => { state.speed = Number(button.value); label(); };
  });
  const best = films.length === 1 ? films[0].best : null;
  find(".best").hidden = find(".best-mark").hidden = best === null;
  find(".best").textContent = best === null ? "" : `★ Best`;
  find(".best").title = best === null ? "" : `Go to the best epoch on validation ratings, ${films[0].epochs[best]}`;
  find(".best").onclick = () => goTo(best);
  if (best !== null) find(".best-mark").style.left = `calc(8px + ${best / Math.max(1, steps)} * (100% - 16px))`; // a thumb's half
  find("h4").textContent = data.sentence;
  find(".note").textContent = data.note;
  fillLegend(find(".legend"), data.legend);
  label();
  draw();
  if (state.playing) start();

  const resized = new ResizeObserver(() => { shown = -1; soon(); });
  resized.observe(find(".panes"));
  // The curves above come and change when they like, even after the film: their script may still be loading.
  const isOfChart = ({ target, addedNodes }) => target.closest?.(CHART)
    || [...addedNodes].some((node) => node.matches?.(CHART) || node.querySelector?.(CHART));
  const charts = new MutationObserver((changes) => { if (changes.some(isOfChart)) soon(); });
  charts.observe(document.body, { childList: true, subtree: true });
  const visible = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting || isCalm.matches || seen.has(data.id)) return;
    seen.add(data.id); // a film that was watched as it grew does not begin again by itself
    if (data.live) return;
    start();
  }, { threshold: 0.2 });
  visible.observe(find(".panes"));
  state.end = () => {
    [resized, charts, visible].forEach((observer) => observer.disconnect());
    cancelAnimationFrame(waiting);
    cursors.forEach((cursor) => cursor.remove());
  };
  return state.end;
}

function positionWords(films, timeOf, step) {
  if (films.length > 1) return `${Math.round(100 * (films[0].epochs.length > 1 ? timeOf(films[0], step) / (films[0].epochs.length - 1) : 1))}% of training`;
  const { epochs, last_epoch } = films[0];
  return `epoch ${epochs[step]} of ${last_epoch}`;
}

function buildPanes(parent, films) {
  const holder = parent.querySelector(".panes"), template = parent.querySelector("template");
  holder.classList.toggle("two", films.length > 1);
  holder.replaceChildren(...films.map((film) => {
    const pane = template.content.firstElementChild.cloneNode(true);
    const canvas = pane.querySelector("canvas"), tip = pane.querySelector(".tip");
    pane.querySelector(".axes").textContent = film.axes;
    canvas.onpointermove = (event) => {
      const point = pointAt(film, event.offsetX, event.offsetY);
      tip.hidden = point < 0;
      if (point < 0) return;
      tip.textContent = film.names[point];
      tip.style.left = `${Math.max(0, Math.min(film.x[point] + 8, canvas.clientWidth - 150))}px`;
      tip.style.top = `${Math.max(0, film.y[point] - 28)}px`;
    };
    canvas.onpointerleave = () => { tip.hidden = true; };
    return pane;
  }));
  return [...holder.children];
}

function fillLegend(legend, entries) {
  legend.replaceChildren(...entries.map(({ name, colour, round }) => {
    const entry = document.createElement("span"), patch = document.createElement("i");
    patch.style.background = colour;
    patch.className = round ? "round" : "";
    entry.append(patch, name);
    return entry;
  }));
}
