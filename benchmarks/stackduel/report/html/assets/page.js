"use strict";
// Brings the page to life: charts that follow its width, stacks to hide, tables to sort, light or dark.
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const hidden = new Set();
  const said = document.getElementById("said");

  const plots = [...document.querySelectorAll(".plot")];
  const widths = new Map();
  const draw = (plot) => {
    const width = Math.floor(plot.clientWidth);
    if (width < 1) return;
    widths.set(plot, width);
    plot.replaceChildren(...charts.draw(page.charts[Number(plot.dataset.chart)], page, hidden, width));
  };
  const watcher = new ResizeObserver((entries) => {
    requestAnimationFrame(() => {
      for (const { target } of entries) if (Math.floor(target.clientWidth) !== widths.get(target)) draw(target);
    });
  });
  for (const plot of plots) {
    draw(plot);
    watcher.observe(plot);
  }

  const toggles = document.getElementById("stacks-shown");
  toggles.hidden = page.stacks.length < 2;
  page.stacks.forEach(({ name }, number) => {
    for (const place of toggles.querySelectorAll("[data-stack-swatch]")) {
      if (place.dataset.stackSwatch === name) place.append(charts.swatch(charts.look(number)));
    }
  });
  toggles.addEventListener("change", ({ target }) => {
    if (target.checked) hidden.delete(target.value);
    else hidden.add(target.value);
    for (const each of document.querySelectorAll("tr[data-stack], td[data-stack], th[data-stack]")) each.hidden = hidden.has(each.dataset.stack);
    plots.forEach(draw);
    said.textContent = `${target.value} is ${target.checked ? "shown" : "hidden"}`;
  });

  const value = (text) => {
    const found = text.replace(/,/g, "").match(/[-+]?\d+(\.\d+)?/);
    return found ? Number(found[0]) : null;
  };
  const sort = (heading, place) => {
    const rising = heading.getAttribute("aria-sort") !== "ascending";
    const figures = heading.classList.contains("figure");
    const body = heading.closest("table").tBodies[0];
    const keyed = [...body.rows].map((row) => {
      const text = row.cells[place].textContent;
      return { row, key: figures ? value(text) : text, empty: text === "-" };
    });
    const compare = (a, b) => (figures ? (a.key ?? -Infinity) - (b.key ?? -Infinity) : a.key.localeCompare(b.key));
    // What has no figure comes last, whichever way.
    keyed.sort((a, b) => a.empty - b.empty || (rising ? compare(a, b) : compare(b, a)));
    body.replaceChildren(...keyed.map(({ row }) => row));
    for (const each of heading.parentElement.cells) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
    said.textContent = `Sorted by ${heading.textContent}, ${rising ? "rising" : "falling"}`;
  };
  for (const table of document.querySelectorAll("table")) {
    if (table.tBodies[0].rows.length < 2) continue;
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(heading, place));
    });
  }

  // A region that cannot scroll is nothing to stop at.
  const reachable = () => {
    for (const region of document.querySelectorAll(".scroll, pre")) {
      const scrolls = region.scrollWidth > region.clientWidth + 1 || region.scrollHeight > region.clientHeight + 1;
      if (scrolls) region.tabIndex = 0;
      else region.removeAttribute("tabindex");
    }
  };
  new ResizeObserver(() => requestAnimationFrame(reachable)).observe(document.body);
  reachable();

  const theme = document.getElementById("theme");
  const keep = (choice) => {
    if (choice) document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
  };
  let kept = "";
  try {
    kept = localStorage.getItem("stackduel-theme") ?? "";
  } catch {
    // A browser that keeps nothing for files: the choice lasts as long as the page.
  }
  theme.value = kept;
  if (theme.selectedIndex < 0) theme.value = kept = "";
  keep(kept);
  theme.closest("label").hidden = false;
  theme.addEventListener("change", () => {
    keep(theme.value);
    try {
      localStorage.setItem("stackduel-theme", theme.value);
    } catch {
      // As above.
    }
  });
})();
