"use strict";
// Brings the page to life: charts that follow its width and open their tables, stacks to hide, tables to sort, light or dark.
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
  const looks = new Map(page.stacks.map(({ name, look }) => [name, charts.look(look)]));
  const paint = (within) => {
    for (const place of within.querySelectorAll("[data-stack-swatch]")) {
      const own = looks.get(place.dataset.stackSwatch);
      if (own) place.append(charts.swatch(own, toggles.contains(place)));
    }
  };
  paint(document);
  const hide = (within) => {
    for (const each of within.querySelectorAll("tr[data-stack], td[data-stack], th[data-stack]")) each.hidden = hidden.has(each.dataset.stack);
  };
  toggles.addEventListener("change", ({ target }) => {
    if (target.checked) hidden.delete(target.value);
    else hidden.add(target.value);
    hide(document);
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
  const sortable = (table) => {
    if (table.tBodies[0].rows.length < 2) return;
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => sort(heading, place));
    });
  };
  document.querySelectorAll("table").forEach(sortable);

  const made = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value) element.setAttribute(key, value);
    element.append(text);
    return element;
  };
  /** The table of a chart, as the template makes tables. */
  const tableOf = ({ caption, headings, words, rows, links }) => {
    const kind = (heading, text = "") => (!words.includes(heading) ? "figure" : text.length > 36 ? "long" : text.length > 24 ? "wraps" : "");
    const stackOf = (heading) => (looks.has(heading) ? heading : "");
    const table = made("table", made("caption", caption), { class: headings.length > 9 ? "wide" : "" });
    const top = table.createTHead().insertRow();
    for (const heading of headings) top.append(made("th", heading, { scope: "col", class: kind(heading), "data-stack": stackOf(heading) }));
    const body = table.createTBody();
    for (const cells of rows) {
      const row = body.insertRow();
      if (headings.includes("stack")) row.dataset.stack = cells[headings.indexOf("stack")];
      cells.forEach((text, place) => {
        const heading = headings[place];
        const content = place === 0 && Object.hasOwn(links, text) ? made("a", text, { href: links[text] }) : text;
        const cell = made(place ? "td" : "th", content, { scope: place ? "" : "row", class: kind(heading, place ? text : ""), "data-stack": place ? stackOf(heading) : "" });
        if (heading === "stack" && looks.has(text)) cell.prepend(made("span", "", { class: "swatch", "data-stack-swatch": text }));
        row.append(cell);
      });
    }
    return made("div", table, { class: "scroll", role: "region", tabindex: "0", "aria-label": caption });
  };
  for (const details of document.querySelectorAll("[data-table]")) {
    details.hidden = false;
    details.addEventListener("toggle", () => {
      if (!details.open || details.querySelector("table")) return;
      const region = tableOf(page.charts[Number(details.dataset.table)].table);
      paint(region);
      hide(region);
      sortable(region.querySelector("table"));
      details.append(region);
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
