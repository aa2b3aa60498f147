// Drawing: the map on a canvas, the list, and the cursors on the learning curves above.

const EDGE = 10, NEAR = 9; // pixels: around the map, and between a point and a pointer that means it
const CHART = "[data-testid=stVegaLiteChart]";

function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function unpack(film) {
  const numbers = new Int16Array(bytes(film.positions).buffer);
  const at = bytes(film.colour_of), sizes = bytes(film.sizes), count = at.length;
  const groups = film.colours.map(() => ({ people: [], items: [] })); // points of one colour are filled at once
  for (let point = 0; point < count; point++) groups[at[point]][point < film.n_people ? "people" : "items"].push(point);
  return { ...film, numbers, sizes, count, groups, x: new Float32Array(count), y: new Float32Array(count) };
}

// Where all points lie at `time`, a frame or somewhere between two, in pixels of a canvas of this size.
function place(film, time, width, height) {
  const first = Math.min(Math.floor(time), film.epochs.length - 1), next = Math.min(first + 1, film.epochs.length - 1);
  const along = time - first, one = first * film.count * 2, other = next * film.count * 2;
  const [left, right, bottom, top] = film.bounds;
  const across = (width - 2 * EDGE) / (right - left), up = (height - 2 * EDGE) / (top - bottom);
  const { numbers, x, y, count } = film;
  for (let point = 0; point < count; point++) {
    const a = numbers[one + 2 * point], b = numbers[one + 2 * point + 1];
    x[point] = EDGE + (a + (numbers[other + 2 * point] - a) * along - left) * across;
    y[point] = height - EDGE - (b + (numbers[other + 2 * point + 1] - b) * along - bottom) * up;
  }
}

function drawMap(canvas, film, time, ink) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  place(film, time, width, height);
  const brush = canvas.getContext("2d"), { x, y, sizes } = film;
  brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  brush.clearRect(0, 0, width, height);
  film.groups.forEach(({ people }, group) => {
    brush.fillStyle = film.colours[group];
    brush.globalAlpha = 0.45;
    brush.beginPath();
    for (const point of people) {
      brush.moveTo(x[point] + 2.2, y[point]);
      brush.arc(x[point], y[point], 2.2, 0, 7);
    }
    brush.fill();
  });
  for (let group = film.groups.length - 1; group >= 0; group--) { // the rest below, the largest group on top
    brush.fillStyle = film.colours[group];
    brush.globalAlpha = 0.85;
    for (const point of film.groups[group].items) {
      const size = sizes[point];
      brush.fillRect(x[point] - size / 2, y[point] - size / 2, size, size);
    }
  }
  brush.globalAlpha = 1;
  if (film.person >= 0) drawPerson(brush, film, time, width, height, ink);
}

// A ring around the chosen person, and the way that led there.
function drawPerson(brush, film, time, width, height, ink) {
  const [left, right, bottom, top] = film.bounds, { person, numbers, count } = film;
  brush.strokeStyle = ink;
  brush.lineWidth = 1;
  brush.globalAlpha = 0.6;
  brush.beginPath();
  for (let frame = 0; frame <= Math.floor(time); frame++) {
    const at = (frame * count + person) * 2;
    brush.lineTo(
      EDGE + ((numbers[at] - left) * (width - 2 * EDGE)) / (right - left),
      height - EDGE - ((numbers[at + 1] - bottom) * (height - 2 * EDGE)) / (top - bottom),
    );
  }
  brush.lineTo(film.x[person], film.y[person]);
  brush.stroke();
  brush.globalAlpha = 1;
  brush.lineWidth = 2.5;
  brush.beginPath();
  brush.arc(film.x[person], film.y[person], 7, 0, 7);
  brush.stroke();
}

// The point that a pointer at these pixels means, the last drawn first; -1 for none.
function pointAt(film, across, down) {
  let found = -1, nearest = NEAR * NEAR;
  for (let point = film.count - 1; point >= 0; point--) {
    const distance = (film.x[point] - across) ** 2 + (film.y[point] - down) ** 2;
    if (distance < nearest) [found, nearest] = [point, distance];
  }
  return found;
}

function drawList(aside, film, frame) {
  const { whose, titles, hits, frames, checked } = film.list;
  aside.querySelector(".whose").textContent = whose;
  const shown = frames[frame] ?? [];
  const right = shown.filter((title) => hits[title]).length;
  aside.querySelector(".right").textContent = shown.length && checked ? `${right} of ${shown.length} right` : "";
  const list = aside.querySelector("ol");
  while (list.children.length < shown.length) list.append(line());
  while (list.children.length > shown.length) list.lastChild.remove();
  shown.forEach((title, place) => {
    const [number, name, mark] = list.children[place].children;
    if (name.textContent !== titles[title]) name.textContent = list.children[place].title = titles[title];
    number.textContent = `${place + 1}`;
    mark.textContent = hits[title] ? "✓ right" : "";
    list.children[place].className = hits[title] ? "hit" : "";
  });
}

function line() {
  const row = document.createElement("li");
  row.append(...["", "title", ""].map((name) => {
    const cell = document.createElement("span");
    cell.className = name;
    return cell;
  }));
  return row;
}

// A vertical line on each learning curve above: a chart tells by its axis that it is one, and from where to where.
function drawCursors(cursors, word, epoch, ink) {
  for (const host of document.querySelectorAll(CHART)) {
    const axis = host.querySelector(`svg .role-axis[aria-label*="X-axis titled '${word}'"]`)?.getAttribute("aria-label");
    const range = axis?.match(/from ([\d,.]+) to ([\d,.]+)/)?.slice(1).map((text) => Number(text.replaceAll(",", "")));
    const plot = host.querySelector("svg .role-frame path.background");
    if (!plot || !range) continue;
    if (!cursors.has(host)) {
      const cursor = document.createElement("div");
      cursor.className = "film-cursor";
      cursor.setAttribute("aria-hidden", "true");
      cursors.set(host, cursor);
    }
    const cursor = cursors.get(host);
    if (cursor.parentElement !== host) {
      host.style.position = "relative";
      host.append(cursor);
    }
    const inside = plot.getBoundingClientRect(), outside = host.getBoundingClientRect();
    const along = (epoch - range[0]) / Math.max(range[1] - range[0], 1e-9);
    cursor.style.cssText = `position:absolute;width:0;pointer-events:none;border-left:2px solid ${ink};opacity:0.6;`
      + `top:${inside.top - outside.top}px;height:${inside.height}px;`
      + `left:${inside.left - outside.left + along * inside.width - 1}px`;
  }
}
