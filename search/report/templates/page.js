"use strict";
const number = (text) => Number(text.replaceAll(",", ""));
// Sorting of the trials by their columns; without JavaScript the table stays in the order of asking.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const text = (row) => row.cells[column].textContent;
      const rows = [...body.rows].sort((a, b) => compare(text(a), text(b)) * (down ? -1 : 1));
      const known = rows.filter((row) => text(row) !== "");
      body.replaceChildren(...known, ...rows.filter((row) => text(row) === ""));
    });
  });
}

// A table wider than its column gets a hint above it; without JavaScript a bar and a shadow show it.
const measure = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    const wide = box.scrollWidth > box.clientWidth + 1;
    const said = box.previousElementSibling;
    const there = said?.classList.contains("more");
    if (wide && !there) {
      const line = document.createElement("p");
      line.className = "more";
      line.textContent = "Wider than the page: scroll sideways →";
      box.before(line);
    } else if (!wide && there) said.remove();
  }
};
measure();
addEventListener("resize", measure);
for (const part of document.querySelectorAll("details")) part.addEventListener("toggle", measure);
// A link to a folded section opens it.
const unfold = (hash) => {
  const fold = document.getElementById(hash.slice(1))?.querySelector(".fold");
  if (fold) fold.open = true;
};
unfold(location.hash);
addEventListener("hashchange", () => unfold(location.hash));
for (const link of document.querySelectorAll("nav a")) link.addEventListener("click", () => unfold(link.hash));
// On paper nothing can be opened.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    part.dataset.opened = "";
  }
});
addEventListener("afterprint", () => {
  for (const part of document.querySelectorAll("details[data-opened]")) {
    part.open = false;
    delete part.dataset.opened;
  }
});

// What a mark of a picture is, under the pointer or by arrow keys; without JavaScript its title says it.
const tip = document.createElement("p");
tip.className = "hint";
tip.setAttribute("role", "status");
tip.hidden = true;
document.body.append(tip);
let told = null;
const tell = (mark) => {
  told?.classList.remove("on");
  told = mark;
  tip.hidden = !mark;
  if (!mark) return;
  mark.classList.add("on");
  tip.textContent = mark.dataset.says;
  const at = mark.getBoundingClientRect();
  const [x, y] = [at.left + at.width / 2 - tip.offsetWidth / 2, at.top - tip.offsetHeight - 6];
  tip.style.left = `${Math.max(4, Math.min(x, innerWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${y < 4 ? Math.min(at.bottom + 6, innerHeight - tip.offsetHeight - 4) : y}px`;
};
for (const picture of document.querySelectorAll(".picture")) {
  const marks = [...picture.querySelectorAll(".mark")];
  // What says nothing and does not scroll is no stop of the keyboard.
  if (!marks.length && picture.scrollWidth <= picture.clientWidth) picture.removeAttribute("tabindex");
  for (const mark of marks) {
    const title = mark.querySelector("title");
    mark.dataset.says = title.textContent;
    title.remove();
  }
  picture.addEventListener("pointerover", (event) => tell(event.target.closest(".mark")));
  for (const leave of ["pointerleave", "blur"]) picture.addEventListener(leave, () => tell(null));
  picture.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const shown = marks.filter((mark) => mark.getClientRects().length);
    if (event.key === "Escape") tell(null);
    if (!step || !shown.length) return;
    event.preventDefault();
    const at = shown.indexOf(told);
    tell(shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : (at + step + shown.length) % shown.length]);
  });
  // What can be switched off has a button each.
  const names = [...new Set([...picture.querySelectorAll("[data-series]")].map((one) => one.dataset.series))];
  if (names.length < 2) continue;
  const line = document.createElement("div");
  line.className = "series";
  for (const name of names) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", on);
      for (const one of picture.querySelectorAll("[data-series]")) if (one.dataset.series === name) one.classList.toggle("off", !on);
    });
    line.append(button);
  }
  picture.after(line);
}

// Trials are selected by a range on any axis of the parallel coordinates, drawn on the axis or set below
// it: the marks of the others fade in all figures, and their rows leave the table.
const trials = [...document.querySelectorAll("#trials tbody tr")];
const columns = [...document.querySelectorAll("#trials th")].map((head) => head.textContent);
const marksOfTrials = [...document.querySelectorAll(".mark")].filter((mark) => /^trial \d/.test(mark.dataset.says));
const trialOf = (mark) => mark.dataset.says.match(/\d+/)[0];
const kept = new Map();
const follow = (status) => {
  const out = new Set();
  for (const row of trials) {
    row.hidden = [...kept].some(([column, texts]) => !texts.includes(row.cells[column].textContent));
    if (row.hidden) out.add(row.cells[0].textContent);
  }
  for (const mark of marksOfTrials) mark.classList.toggle("out", out.has(trialOf(mark)));
  status.textContent = `${trials.length - out.size} of ${trials.length} trials are selected, here, in the other figures and in the table.`;
};
const selectable = (line, picture, status) => {
  const name = line.dataset.selects || "value";
  const column = line.dataset.selects ? columns.slice(0, -1).lastIndexOf(name) : columns.indexOf(name);
  const upright = line.querySelector("path");
  const [x, bottom, , top] = upright.getAttribute("d").match(/[\d.]+/g).map(Number);
  const crossings = [...picture.querySelectorAll(".mark")].flatMap((mark) => {
    const found = [...mark.querySelector("path, use").outerHTML.matchAll(/[ML] ([\d.]+) ([\d.]+)/g)];
    const at = found.find((place) => Math.abs(place[1] - x) < 1);
    const row = at && trials.find((one) => one.cells[0].textContent === trialOf(mark));
    return row ? [{ text: row.cells[column].textContent, y: Number(at[2]) }] : [];
  });
  const height = (text) => -crossings.find((one) => one.text === text)?.y;
  const values = [...new Set(trials.map((row) => row.cells[column].textContent))].filter(Boolean);
  const place = values.some((text) => Number.isNaN(number(text))) ? height : number;
  values.sort((a, b) => place(a) - place(b));
  const [group, output] = [document.createElement("fieldset"), document.createElement("output")];
  group.append(Object.assign(document.createElement("legend"), { textContent: name }));
  const ends = ["lowest", "highest"].map((which, high) => {
    const end = Object.assign(document.createElement("input"), { type: "range", max: values.length - 1 });
    end.value = high * (values.length - 1);
    end.setAttribute("aria-label", `${name}, ${which}`);
    end.addEventListener("input", () => choose());
    return end;
  });
  const drawn = upright.cloneNode();
  drawn.setAttribute("class", "chosen");
  line.append(drawn);
  const choose = () => {
    const [low, high] = ends.map((end) => Number(end.value)).sort((a, b) => a - b);
    const texts = values.slice(low, high + 1);
    if (texts.length < values.length) kept.set(column, texts);
    else kept.delete(column);
    for (const end of ends) end.setAttribute("aria-valuetext", values[end.value]);
    output.textContent = texts.length > 1 ? `${texts[0]} to ${texts.at(-1)}` : texts[0];
    const ys = crossings.filter((one) => texts.includes(one.text)).map((one) => one.y);
    const shown = texts.length < values.length && ys.length;
    drawn.setAttribute("d", shown ? `M ${x} ${Math.max(...ys) + 2} L ${x} ${Math.min(...ys) - 2}` : "");
    follow(status);
  };
  group.append(...ends, output);
  const grip = upright.cloneNode();
  grip.setAttribute("class", "grip");
  grip.setAttribute("d", `M ${x} ${bottom + 6} L ${x} ${top - 6}`); // a hand begins beyond the end, too
  line.append(grip);
  const y = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(grip.getScreenCTM().inverse());
    return Math.min(bottom, Math.max(top, point.y));
  };
  let from = null;
  grip.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = y(event);
    grip.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  grip.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [above, below] = [from, y(event)].sort((a, b) => a - b);
    from = null;
    // A hand is not exact to a unit, and the best trial lies at an axis' very end.
    const places = crossings.filter((one) => above - 3 <= one.y && one.y <= below + 3).map((one) => values.indexOf(one.text));
    const all = below - above < 3; // a click on the axis selects all again
    if (all || places.length) {
      ends[0].value = all ? 0 : Math.min(...places);
      ends[1].value = all ? values.length - 1 : Math.max(...places);
    }
    choose();
    group.parentElement.open = true;
  });
  group.addEventListener("reset", () => {
    ends.forEach((end, high) => (end.value = high * (values.length - 1)));
    choose();
  });
  choose();
  return group;
};
for (const picture of document.querySelectorAll("#parallel .picture")) {
  const box = document.createElement("details");
  box.className = "select";
  box.append(Object.assign(document.createElement("summary"), { textContent: "Select trials: draw along an axis, or set ranges here" }));
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  const lines = [...picture.querySelectorAll("[data-selects]")];
  if (!trials.length) continue;
  const groups = lines.map((line) => selectable(line, picture, status));
  const all = Object.assign(document.createElement("button"), { type: "button", textContent: "Select all trials" });
  all.addEventListener("click", () => groups.forEach((group) => group.dispatchEvent(new Event("reset"))));
  box.append(...groups, status, all);
  picture.after(box);
}
