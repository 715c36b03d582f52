(() => {
  "use strict";
  const table = document.getElementById("over");
  if (!table || !table.tBodies.length) return;
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], rows = [...body.rows];
  const order = { shifted: 0, undecided: 1, stable: 2, identifier: 3, not: 4 };
  const key = (row, i) => {
    const cell = row.cells[i], text = cell.textContent.trim();
    if (i === 0) return text.toLowerCase();
    if (i === 1) return order[cell.firstChild.classList[1]];
    const number = parseFloat(cell.dataset.v ?? text.replace("∞", "Infinity").replace("<", "").replace("−", "-"));
    return Number.isNaN(number) ? null : number;
  };
  heads.forEach((head, i) => {
    const label = head.querySelector(".h");
    if (i === 3 || i === 5) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...label.childNodes);
    label.replaceWith(button);
    head.setAttribute("aria-sort", i === 2 ? "descending" : "none");
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const up = now === "none" ? i < 2 || i === 7 : now === "descending";
      heads.forEach((h) => h.hasAttribute("aria-sort") && h.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = rows.map((row, at) => [key(row, i), at, row]);
      keyed.sort(([a, m], [b, n]) => {
        if (a === null || b === null) return (a === null) - (b === null) || m - n;
        return (a < b ? -1 : a > b ? 1 : 0) * (up ? 1 : -1) || m - n;
      });
      body.append(...keyed.map((entry) => entry[2]));
    });
  });
  if (rows.length > 15) {
    const label = document.createElement("label"), input = document.createElement("input"), count = document.createElement("output");
    label.className = "filter";
    label.append("Find a column ", input, count);
    input.type = "search";
    input.addEventListener("input", () => {
      const text = input.value.toLowerCase();
      let shown = 0;
      rows.forEach((row) => {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(text);
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = text ? " " + shown + " of " + rows.length : "";
    });
    table.before(label);
  }
})();
