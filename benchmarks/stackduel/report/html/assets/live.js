"use strict";
// Follows a run by server-sent events: each holds all of its part, so that a page opened late or again has everything.
(() => {
  const at = (name) => document.getElementById(name);
  let page = { stacks: [], charts: [], lines: [] };
  let now = null;
  const none = new Set();

  const said = (seconds) => {
    if (seconds < 60) return `${seconds} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  };

  const drawNow = () => {
    for (const name of ["throughput", "latency"]) {
      const chart = now?.[name];
      at(name).hidden = !chart;
      const plot = at(name).querySelector(".plot");
      if (chart) plot.replaceChildren(...charts.draw(chart, page, none, Math.floor(plot.clientWidth)));
    }
  };

  const drawAll = () => {
    const host = at("charts");
    page.charts.forEach((chart, number) => {
      let shown = host.children[number];
      if (!shown) {
        shown = document.createElement("figure");
        shown.className = "chart";
        const title = document.createElement("figcaption");
        title.id = `chart-${number}`;
        const plot = document.createElement("div");
        plot.className = "plot";
        plot.setAttribute("role", "img");
        plot.setAttribute("aria-labelledby", title.id);
        const words = document.createElement("p");
        words.className = "reading";
        shown.append(title, plot, words);
        host.append(shown);
      }
      shown.firstChild.textContent = chart.title;
      shown.lastChild.textContent = `Medians so far: ${chart.panels[0].rows.map((row) => `${row.stack} ${row.text}`).join(", ")}.`;
      const plot = shown.querySelector(".plot");
      plot.replaceChildren(...charts.draw(chart, page, none, Math.floor(plot.clientWidth)));
    });
    at("nothing").hidden = page.charts.length > 0;
    at("none").hidden = page.lines.length > 0;
    at("lines").replaceChildren(...page.lines.toReversed().map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  };

  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    requestAnimationFrame(() => {
      drawNow();
      drawAll();
    });
  });

  const events = new EventSource("events");
  events.addEventListener("open", () => { at("lost").hidden = true; });
  events.addEventListener("error", () => { at("lost").hidden = false; });
  events.addEventListener("trials", ({ data }) => {
    page = JSON.parse(data);
    drawAll();
  });
  events.addEventListener("now", ({ data }) => {
    now = JSON.parse(data);
    if (now.ended) {
      events.close();
      location.replace("report.html");
      return;
    }
    if (at("doing").textContent !== now.doing) at("doing").textContent = now.doing;
    at("bar").value = now.share;
    const of = now.planned >= now.measured && now.planned ? ` of ${now.planned}` : "";
    const trials = `${now.measured}${of} trials measured`;
    at("left").textContent = `${trials}, about ${said(now.left_s)} left`;
    drawNow();
  });
})();
