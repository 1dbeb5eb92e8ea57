"use strict";
// Sorting of the trials by their columns; without JavaScript the table stays in the order of asking.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const number = (text) => Number(text.replaceAll(",", ""));
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
      line.textContent = "Wider than the page: scroll sideways for all columns →";
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
