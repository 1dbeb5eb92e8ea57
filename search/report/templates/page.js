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
