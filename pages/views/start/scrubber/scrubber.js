// Draws one step of what the server computed. Text goes through textContent only: titles are never markup.

const LEFT = 44, RIGHT = 118, TOP = 14, BOTTOM = 20, THUMB = 16;
const TICK = 24; // pixels that a number below the axis needs
const REST = 200; // milliseconds after which a hand rests (held keys repeat sooner), and the server is told for the address
const memory = new WeakMap(); // where the person stands, kept while the server sends another person's list

export default function ({ data: [data], parentElement, setStateValue, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const before = memory.get(parentElement);
  before?.end?.(); // Streamlit itself ends a component only when it leaves the page
  const state = before?.id === data.id ? before : { id: data.id, step: data.start, leak: data.leaky };
  memory.set(parentElement, state);
  const pictures = { honest: unpack(data, data.honest), leak: data.leak && unpack(data, data.leak) };

  const draw = () => {
    const kind = state.leak ? "leak" : "honest";
    const step = data[kind].steps[state.step];
    find("section").classList.toggle("leaky", state.leak);
    find("h3").textContent = step.sentence;
    find("output").textContent = `k = ${data.ks[state.step]}`;
    find(".note").textContent = step.note;
    find("input[type=range]").setAttribute("aria-valuetext", step.sentence);
    drawChart(find(".chart"), data, kind, state.step);
    drawTiles(parentElement, data, pictures[kind], kind, state.step);
    drawList(find("aside"), step, data[kind].list_legend);
  };

  const scrub = find("input[type=range]"), leak = find("input[type=checkbox]");
  scrub.max = data.ks.length - 1;
  scrub.value = state.step;
  scrub.style.marginLeft = `${LEFT - THUMB / 2}px`; // the thumb stands below the mark on the curve
  scrub.style.width = `calc(100% - ${LEFT + RIGHT - THUMB}px)`;
  leak.checked = state.leak;
  leak.closest("label").hidden = !data.leak;
  let waiting = 0; // at most one drawing a frame, however quick the hand
  const soon = () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); };
  const tellNow = () => {
    clearTimeout(state.telling);
    state.telling = undefined;
    setStateValue("at", { k: data.ks[state.step], leak: state.leak });
  };
  const tell = () => { clearTimeout(state.telling); state.telling = setTimeout(tellNow, REST); };
  scrub.oninput = () => { state.step = Number(scrub.value); clearTimeout(state.telling); state.telling = undefined; soon(); };
  scrub.onchange = tell;
  // Told after a link is pressed, it would come too late for this page. So who leaves the slider has it told, and a switch,
  // which no hand holds, is told at once; Streamlit sends it some 50 ms later, and a press takes longer.
  scrub.onblur = () => { if (state.telling) tellNow(); };
  leak.onchange = () => { state.leak = leak.checked; soon(); tellNow(); };
  find(".whose").textContent = data.whose;
  find(".measured").textContent = data.y_title;
  find(".tiles + .legend").textContent = data.legend;
  find(".tiles + .legend + .legend").textContent = data.terms;
  const pointed = { data, pictures, state, tip: find(".tip"), section: find("section") };
  parentElement.querySelectorAll(".tile").forEach((tile) => {
    const mark = tile.querySelector("i");
    mark.style.display = data.person === null ? "none" : "block";
    mark.style.top = `${(100 * data.person) / data.rows}%`;
    mark.style.height = `${100 / data.rows}%`;
    let cell = null; // rows are thinner than a pixel: a click chooses the one that is told
    tile.onpointermove = tile.onpointerdown = (event) => { cell = cellAt(tile, event, data); showCell(pointed, cell, event); };
    tile.onpointerleave = () => { pointed.tip.hidden = true; };
    tile.onclick = () => { if (cell) setTriggerValue("person", data.users[cell.row]); };
  });
  fillTable(find("table"), data.table);
  draw();
  parentElement.getRootNode().host.dataset.drawn = ""; // the page's own first sentence makes way
  const resized = new ResizeObserver(soon);
  resized.observe(find(".chart"));
  state.end = () => { resized.disconnect(); cancelAnimationFrame(waiting); };
  return state.end;
}

// Numbers

function bytes(text) {
  const letters = atob(text), numbers = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) numbers[place] = letters.charCodeAt(place);
  return numbers;
}

function floats({ data, scale }) {
  return Float32Array.from(new Int16Array(bytes(data).buffer), (whole) => whole * scale);
}

function bits(text, count) {
  const packed = bytes(text);
  return Uint8Array.from({ length: count }, (_, place) => (packed[place >> 3] >> (7 - (place & 7))) & 1);
}

function unpack(data, { users, items }) {
  const count = data.rows * data.columns;
  return {
    users: floats(users), items: floats(items), guesses: [],
    train: bits(data.train, count), heldOut: bits(data.held_out, count),
  };
}

// The guess of k factors is that of fewer plus one product of a column and a row for each further factor.
function guessAt(picture, data, step) {
  if (picture.guesses[step]) return picture.guesses[step];
  const { rows, columns, ks } = data;
  const guess = step ? guessAt(picture, data, step - 1).slice() : new Float32Array(rows * columns);
  for (let factor = step ? ks[step - 1] : 0; factor < ks[step]; factor++) {
    for (let row = 0; row < rows; row++) {
      const weight = picture.users[factor * rows + row];
      for (let column = 0; column < columns; column++) {
        guess[row * columns + column] += weight * picture.items[factor * columns + column];
      }
    }
  }
  return (picture.guesses[step] = guess);
}

// Colours

function rgb(colour) {
  const probe = new OffscreenCanvas(1, 1).getContext("2d");
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// A colour as one pixel of a canvas.
function pixel([red, green, blue]) {
  return (255 << 24) | (blue << 16) | (green << 8) | red;
}

// 256 pixels from paper over two colours, away from the paper's brightness in light and in dark.
function ramp(paper, [strong, weak]) {
  const isDark = paper[0] + paper[1] + paper[2] < 384;
  const stops = [paper, ...(isDark ? [strong, weak] : [weak, strong]).map(rgb)];
  return Array.from({ length: 256 }, (_, place) => {
    const along = (place / 255) * 2, from = Math.min(1, Math.floor(along));
    return pixel(stops[from].map((part, channel) => part + (stops[from + 1][channel] - part) * (along - from)));
  });
}

// Tiles

function drawTiles(parent, data, picture, kind, step) {
  const paper = rgb(getComputedStyle(parent.querySelector("canvas")).backgroundColor);
  const above = ramp(paper, data.colours.above), below = ramp(paper, data.colours.below);
  const empty = pixel(paper), hidden = pixel(rgb(data.colours.reference));
  const guess = guessAt(picture, data, step);
  const known = (cell) => picture.train[cell] || (kind === "leak" && picture.heldOut[cell]);
  const level = (value) => Math.round(255 * Math.min(1, Math.max(0, value)));
  const colourOf = [
    (cell) => (known(cell) ? above[255] : picture.heldOut[cell] ? hidden : empty),
    (cell) => above[level(guess[cell])],
    (cell) => {
      const missed = (known(cell) ? 1 : 0) - guess[cell];
      return (missed < 0 ? below : above)[level(Math.abs(missed))];
    },
  ];
  parent.querySelectorAll("figure").forEach((figure, tile) => {
    const canvas = figure.querySelector("canvas"), caption = data[kind].steps[step].captions[tile];
    figure.querySelector("figcaption").textContent = caption;
    canvas.setAttribute("aria-label", `${caption}: ${data.rows} people by ${data.columns} items.`);
    canvas.width = data.columns;
    canvas.height = data.rows;
    canvas.style.imageRendering = data.rows < 100 ? "pixelated" : "auto";
    const image = new ImageData(data.columns, data.rows), pixels = new Int32Array(image.data.buffer);
    for (let cell = 0; cell < pixels.length; cell++) pixels[cell] = colourOf[tile](cell);
    canvas.getContext("2d").putImageData(image, 0, 0);
  });
}

// The cell under the pointer

function cellAt(tile, event, data) {
  const box = tile.getBoundingClientRect();
  const along = (at, from, length, count) => Math.min(count - 1, Math.max(0, Math.floor(((at - from) / length) * count)));
  return {
    row: along(event.clientY, box.top, box.height, data.rows),
    column: along(event.clientX, box.left, box.width, data.columns),
  };
}

// Who, what, and what is known and guessed of it, beside the pointer and inside the section.
function showCell({ data, pictures, state, tip, section }, { row, column }, event) {
  const picture = pictures[state.leak ? "leak" : "honest"], at = row * data.columns + column;
  const known = picture.train[at] ? data.cell_words.known : picture.heldOut[at] ? data.cell_words.held_out : data.cell_words.empty;
  tip.textContent = `${data.names[row]} · ${data.titles[column]}\n${known}; guess ${guessAt(picture, data, state.step)[at].toFixed(2)}`;
  tip.hidden = false;
  const box = section.getBoundingClientRect();
  const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${event.clientY - box.top - tip.offsetHeight - 10}px`;
}

// The curve

function drawChart(svg, data, kind, step) {
  const width = svg.clientWidth, height = svg.clientHeight;
  const curves = ["honest", "leak"].filter((name) => data[name] && (name === "honest" || kind === "leak"));
  const values = curves.flatMap((name) => data[name].ndcg);
  svg.replaceChildren();
  svg.setAttribute("aria-label", data[kind].steps[step].sentence);
  const x = (place) => LEFT + (place / Math.max(1, data.ks.length - 1)) * (width - LEFT - RIGHT);
  data.ks.forEach((k, place) => {
    if (!isNear(data.ks, place, (width - LEFT - RIGHT) / data.ks.length)) add(svg, "text", { x: x(place), y: height - 4, "text-anchor": "middle", class: "quiet" }, k);
  });
  if (!values.length) return add(svg, "text", { x: LEFT, y: height / 2 }, data.unscored);
  const highest = Math.max(...values, ...data.references.map(({ value }) => value)) * 1.05;
  const y = (value) => height - BOTTOM - (value / highest) * (height - TOP - BOTTOM);

  data.references.forEach(({ name, value }) =>
    add(svg, "line", { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), stroke: data.colours.reference,
      "stroke-dasharray": { Random: "1 3", Popularity: "6 4" }[name] ?? "none" }));
  const labels = [
    ...data.references.map(({ name, value }) => ({ text: `${name} ${value.toFixed(3)}`, at: y(value), ink: data.colours.reference })),
    ...curves.map((name) => ({ text: data[name].label, at: y(data[name].ndcg.at(-1)), ink: data.colours[name] })),
  ];
  spread(labels.sort((one, other) => one.at - other.at), 13, TOP - 6, height - BOTTOM);
  labels.forEach(({ text, at, ink }) =>
    add(svg, "text", { x: width - RIGHT + 8, y: at + 4, style: `fill: ${ink}; font-weight: 600` }, text));
  if (data.planted !== null) {
    const at = x(data.ks.indexOf(data.planted));
    add(svg, "line", { x1: at, x2: at, y1: TOP, y2: height - BOTTOM, stroke: "currentColor", "stroke-opacity": 0.35 });
    add(svg, "text", { x: at + 4, y: height - BOTTOM - 2, class: "quiet on-paper" }, "planted");
  }
  curves.forEach((name) => {
    const points = data[name].ndcg.map((value, place) => `${x(place)},${y(value)}`).join(" ");
    add(svg, "polyline", { points, fill: "none", stroke: data.colours[name], "stroke-width": 2.5, "stroke-dasharray": "6 3" });
    add(svg, "circle", { cx: x(step), cy: y(data[name].ndcg[step]), r: 6, fill: data.colours[name], class: `mark ${name}` });
    const value = data[name].ndcg[step];
    const isBelow = name === "honest" && kind === "leak"; // out of the way of the other one
    add(svg, "text", { x: x(step), y: y(value) + (isBelow ? 18 : -10), "text-anchor": "middle", class: "value" }, value.toFixed(3));
  });
}

// Numbers below the axis that would touch: of a long row every other one is left out, of a narrow one more.
function isNear(ks, place, spacing) {
  const every = Math.max(ks.length > 16 ? 2 : 1, Math.ceil(TICK / spacing));
  const last = ks.length - 1;
  if (place === 0 || place === last) return false;
  return every === 1 ? false : place % every !== 1 || (every > 2 && last - place < every) || (every > 2 && place === 1);
}

// Pushes labels apart, `gap` at least, between `top` and `bottom`.
function spread(labels, gap, top, bottom) {
  labels.forEach((label, place) => { label.at = Math.max(label.at, place ? labels[place - 1].at + gap : top); });
  for (let place = labels.length - 1; place >= 0; place--) {
    labels[place].at = Math.min(labels[place].at, place < labels.length - 1 ? labels[place + 1].at - gap : bottom);
  }
}

function add(svg, name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  if (text !== undefined) element.textContent = text;
  svg.append(element);
}

// The list, and the same numbers for who cannot see the curve

function drawList(aside, step, legend) {
  aside.querySelector(".right").textContent = step.right;
  aside.querySelector(".legend").textContent = legend;
  aside.querySelector("ol").replaceChildren(...step.list.map(({ title, hit }, place) => {
    const line = document.createElement("li");
    line.className = hit ? "hit" : "";
    line.append(cell("span", `${place + 1}`), cell("span", title, "title"), cell("span", hit ? "✓ right" : ""));
    line.title = title;
    return line;
  }));
}

function fillTable(table, { caption, head, rows }) {
  const line = (kind, values) => {
    const row = document.createElement("tr");
    row.append(...values.map((value) => cell(kind, value)));
    return row;
  };
  table.querySelector("caption").textContent = caption;
  table.querySelector("thead").replaceChildren(line("th", head));
  table.querySelector("tbody").replaceChildren(...rows.map((values) => line("td", values)));
}

function cell(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = className;
  return element;
}
