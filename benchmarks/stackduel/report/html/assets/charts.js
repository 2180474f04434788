"use strict";
// Draws the page's charts from its data by Observable Plot. A chart has panels on one axis; its form is one of
//   intervals  rows {stack, value, low, high, text, note, noisy}: a mark with a line through it, hollow and dashed if noisy
//   bars       rows {stack, value, text, note}: from zero to the value; low and high where it has an interval
//   tornado    rows {stack, value, low, high, text, note, better, shown}: from zero to either side, pale if not shown
//   strip      rows {stack, value, text, dots: [{value, block, noisy, text}]}: a dot a block, a stroke at the median
//   lines      series {stack or none, name, points: [[x, y or null]]}, dots {x, y, low, high, text, stack or none}, and
//              events {x, label, text}: a dashed line across; an x of type "time" is in milliseconds, and the dots of its
//              stacks stand beside each other
// A stack has one colour and one mark in all of them; the page gives it its look: a number, "baseline" or "twin".
// Colours are the style sheet's variables, so that a change of theme needs no drawing.
const charts = (() => {
  const NARROW = 560;
  const DASHES = ["none", "7 3", "2 3", "9 3 2 3"];
  const SYMBOLS = ["circle", "square", "triangle", "diamond", "wye", "star"];
  const LETTER = 6.9;
  const HOUR = 3_600_000;
  const EVENT_ROWS = 2;
  const MARKED = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

  const NAMED_LOOKS = {
    baseline: { stroke: "var(--baseline)", dash: "none", symbol: "times" },
    twin: { stroke: "var(--twin)", dash: "2 3", symbol: "times" },
  };

  /** How a stack looks, or series number `n`: never by its colour alone. */
  const look = (n) => NAMED_LOOKS[n] ?? {
    stroke: `var(--s${n % 8})`,
    dash: DASHES[(n + Math.floor(n / 8)) % DASHES.length],
    symbol: SYMBOLS[n % SYMBOLS.length],
  };
  /** How a mark of a look is drawn: `times` has no area. */
  const painted = ({ stroke, symbol }, hollow) => ({
    symbol, stroke: hollow || symbol === "times" ? stroke : "var(--ground)",
    strokeWidth: hollow || symbol === "times" ? 2 : 1, fill: symbol === "times" ? "none" : hollow ? "var(--ground)" : stroke,
  });

  /** How a bar looks that is no stack's: by whether it is a change for the better. */
  const sided = ({ better }) => ({ stroke: better ? "var(--good)" : "var(--bad)", dash: "none", symbol: "circle" });

  const isBounded = (row) => Number.isFinite(row.low) && Number.isFinite(row.high);

  const figure = (value) => {
    const size = Math.abs(value);
    if (size !== 0 && size < 0.01) return d3.format(".2~g")(value);
    return d3.format(size >= 10000 ? ".3~s" : size >= 100 ? ",.0f" : ",.3~r")(value);
  };

  /** Round numbers on a logarithmic axis, however short or long it is. */
  const logTicks = ([low, high], wished) => {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const digit of [1, 2, 5]) found.push(Number(`${digit}e${power}`));
    }
    const inside = found.filter((each) => each >= low && each <= high);
    if (inside.length < 3) return d3.ticks(low, high, wished);
    const decades = inside.filter((each) => /^1(e|$)/.test(each.toExponential().replace("e+0", "")));
    return inside.length > 2 * wished && decades.length > 2 ? decades : inside;
  };

  const spread = (values, type, zero) => {
    const known = values.filter((value) => value !== null && value !== undefined && Number.isFinite(value));
    let [low, high] = d3.extent(known);
    if (low === undefined) [low, high] = [0, 1];
    if (type === "log") {
      const positive = known.filter((value) => value > 0);
      [low, high] = positive.length ? d3.extent(positive) : [0.5, 2];
      const room = Math.max(1.08, (high / low) ** 0.06);
      return [low / room, high * room];
    }
    if (zero) return [0, high > 0 ? high * 1.05 : 1];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    return [low - room, high + room];
  };

  /** An axis of moments: days, or hours where all of them are of three days. */
  const timeAxis = (given, values) => {
    const [low, high] = d3.extent(values);
    const room = (high - low) * 0.04 || 6 * HOUR;
    const domain = [new Date(low - room), new Date(high + room)];
    const format = d3.utcFormat(high - low > 72 * HOUR ? "%-d %b %Y" : "%-d %b %H:%M");
    return { type: "utc", domain, format, label: given.label };
  };

  const axis = (given, values) => {
    let type = given.type;
    if (type === "time") return timeAxis(given, values);
    if (type === "auto") {
      const positive = values.filter((value) => value > 0);
      type = positive.length === values.length && d3.max(positive) > 12 * d3.min(positive) ? "log" : "linear";
    }
    const zero = given.zero || (type === "linear" && given.type === "auto");
    if (type === "percent") return { type: "linear", domain: [0, Math.max(d3.max(values) * 1.02 || 0, given.full ? 1 : 0)], format: (v) => `${figure(100 * v)} %`, label: given.label };
    return { type, domain: spread(values, type, zero), format: (v) => `${figure(v)}${given.suffix || ""}`, label: given.label + (given.type === "auto" && type === "log" ? " (log scale)" : "") };
  };

  const style = { background: "transparent", color: "currentColor", fontSize: "12px", fontFamily: "inherit", overflow: "visible" };
  const ticksOf = ({ type, domain }, wished) => {
    if (type === "utc") {
      const found = d3.scaleUtc(domain, [0, 1]).ticks(wished);
      return found.filter((_each, n) => n % Math.ceil(found.length / wished) === 0);
    }
    return type === "log" ? logTicks(domain, wished) : d3.ticks(...domain, wished);
  };

  /** Rows of marks on one horizontal axis: names on the left and figures on the right, or above where it is narrow. */
  const rowsPlot = (panel, rows, along, width, { form, reference }, last) => {
    const narrow = width < NARROW;
    const keyed = rows.map((row, place) => ({ ...row, key: `${place}` }));
    const longest = (name) => d3.max(rows, (row) => row[name].length) * LETTER + 14;
    const left = narrow ? 14 : Math.min(longest("stack"), width * 0.32);
    const right = narrow ? 18 : Math.min(longest("text"), width * 0.32);
    const below = last ? 44 : 24;
    const height = rows.length * (narrow ? 46 : 30) + below + 8;
    const lift = narrow ? -15 : 0;
    const name = (text, room) => (text.length * LETTER > room ? `${text.slice(0, Math.max(4, Math.floor(room / LETTER) - 1))}…` : text);
    const marks = [];
    if (panel.band) {
      const [low, high] = panel.band;
      const band = { x1: Math.max(low, along.domain[0]), x2: Math.min(high, along.domain[1]), fill: "var(--band)", fillOpacity: 0.35 };
      marks.push(Plot.rectX([band], { x1: "x1", x2: "x2", fill: "var(--band)", fillOpacity: 0.35, className: "band" }));
    }
    const ticks = ticksOf(along, narrow ? 4 : 8);
    marks.push(Plot.gridX(ticks, { stroke: "var(--line)", strokeOpacity: 1 }));
    marks.push(Plot.axisX(ticks, { label: last ? along.label : null, labelAnchor: "center", labelArrow: "none", text: along.format, tickSize: 0, labelOffset: 38 }));
    if (reference !== undefined) marks.push(Plot.ruleX([reference], { stroke: "currentColor", strokeWidth: 1.5, strokeDasharray: form === "bars" ? "4 3" : null }));
    const bar = { insetTop: narrow ? 17 : 5, insetBottom: narrow ? 7 : 5 };
    const shift = narrow ? 6 : 0;
    for (const row of keyed) {
      const { stroke, symbol } = row.look;
      const own = [row];
      const bounded = own.filter(isBounded);
      if (form === "bars" || form === "tornado") {
        const opacity = form === "tornado" ? (row.shown ? 0.75 : 0.25) : bounded.length ? 0.6 : 1;
        marks.push(Plot.barX(own, { x1: 0, x2: "value", y: "key", fill: stroke, fillOpacity: opacity, ...bar }));
        const through = { y: "key", stroke: "currentColor", strokeWidth: 2 };
        const ends = { insetTop: narrow ? 19 : 8, insetBottom: narrow ? 9 : 8 };
        marks.push(Plot.ruleY(bounded, { x1: "low", x2: "high", dy: shift - (narrow ? 1 : 0), ...through }));
        for (const end of ["low", "high"]) marks.push(Plot.tickX(bounded, { x: end, ...through, ...ends }));
        continue;
      }
      if (form === "strip") {
        const dots = row.dots.map((dot) => ({ ...dot, key: row.key }));
        const shape = { x: "value", y: "key", symbol, r: 4.5, stroke, dy: shift };
        marks.push(Plot.dot(dots.filter((dot) => !dot.noisy), { ...shape, fill: symbol === "times" ? "none" : stroke, fillOpacity: 0.55 }));
        marks.push(Plot.dot(dots.filter((dot) => dot.noisy), { ...shape, fill: "var(--ground)", strokeDasharray: "2 1.5" }));
        marks.push(Plot.tickX(own.filter((each) => each.value !== null), { x: "value", y: "key", stroke: "currentColor", strokeWidth: 2, ...bar }));
        continue;
      }
      const unsure = row.noisy ? { strokeDasharray: "3 3", strokeOpacity: 0.75 } : {};
      marks.push(Plot.ruleY(bounded, { x1: "low", x2: "high", y: "key", stroke, strokeWidth: row.noisy ? 2 : 3, dy: shift, ...unsure }));
      for (const end of ["low", "high"]) marks.push(Plot.tickX(bounded, { x: end, y: "key", stroke, strokeWidth: 2, insetTop: narrow ? 24 : 9, insetBottom: narrow ? 12 : 9 }));
      marks.push(Plot.dot(own, { x: "value", y: "key", r: 6, dy: shift, ...painted(row.look, row.noisy) }));
    }
    marks.push(Plot.text(keyed, { y: "key", frameAnchor: "left", text: (row) => name(row.stack, narrow ? width * 0.5 : left - 10), textAnchor: narrow ? "start" : "end", dx: narrow ? 0 : -8, dy: lift, fontSize: 12.5, fill: "currentColor", stroke: "var(--ground)", strokeWidth: 4, className: "name" }));
    marks.push(Plot.text(keyed, { y: "key", frameAnchor: "right", text: (row) => name(row.text, narrow ? width * 0.5 : right - 6), textAnchor: narrow ? "end" : "start", dx: narrow ? 0 : 8, dy: lift, fontSize: 12.5, fontVariant: "tabular-nums", fill: "currentColor", stroke: "var(--ground)", strokeWidth: 4 }));
    const told = form === "strip"
      ? keyed.flatMap((row) => row.dots.map((dot) => ({ key: row.key, value: dot.value, said: `${row.stack}, block ${dot.block}\n${dot.text}${dot.noisy ? " (noisy)" : ""}` })))
      : keyed.map((row) => ({ key: row.key, value: row.value, said: [row.stack, row.text, row.note].filter(Boolean).join("\n") }));
    marks.push(Plot.tip(told, Plot.pointer({ x: "value", y: "key", title: "said", lineWidth: 26 })));
    return Plot.plot({
      width, height, style, marks, marginLeft: left, marginRight: right, marginTop: 4, marginBottom: below,
      x: { type: along.type, domain: along.domain },
      y: { type: "band", domain: keyed.map((row) => row.key), padding: 0, axis: null },
    });
  };

  /** Names beside the ends of lines, pushed apart until none covers another. */
  const endLabels = (ends, room) => (_index, { x, y }, _values, { height, marginBottom }) => {
    const placed = ends.map((end) => ({ ...end, at: y(end.y) })).sort((a, b) => a.at - b.at);
    const step = 14;
    for (let i = 1; i < placed.length; i += 1) placed[i].at = Math.max(placed[i].at, placed[i - 1].at + step);
    let floor = height - marginBottom;
    for (let i = placed.length - 1; i >= 0; i -= 1) {
      placed[i].at = Math.min(placed[i].at, floor);
      floor = placed[i].at - step;
    }
    const right = d3.max(ends, (end) => x(end.x));
    const group = d3.create("svg:g").attr("font-size", 12).attr("text-anchor", "start");
    for (const { name, stroke, at, x: at_x, y: at_y } of placed) {
      group.append("path").attr("d", `M${x(at_x) + 5},${y(at_y)}L${right + 12},${at}`).attr("stroke", stroke).attr("stroke-opacity", 0.5).attr("fill", "none");
      const shown = name.length * LETTER > room ? `${name.slice(0, Math.floor(room / LETTER) - 1)}…` : name;
      group.append("text").attr("x", right + 15).attr("y", at).attr("dy", "0.35em").attr("fill", stroke).attr("stroke", "var(--ground)").attr("stroke-width", 4).attr("paint-order", "stroke").text(shown);
    }
    return group.node();
  };

  /** Numbered lines across the chart, the numbers above it in as many rows as keep them apart. */
  const eventMarks = (events) => (_index, { x }, _values, { height, marginTop, marginBottom }) => {
    const group = d3.create("svg:g").attr("class", "events").attr("font-size", 12).attr("text-anchor", "middle");
    const taken = [];
    for (const { at, label } of events.map((event) => ({ ...event, at: x(event.x) })).sort((a, b) => a.at - b.at)) {
      group.append("path").attr("d", `M${at},${marginTop}V${height - marginBottom}`).attr("stroke", "var(--soft)").attr("stroke-dasharray", "5 4");
      const width = label.length * LETTER + 4;
      const row = d3.range(EVENT_ROWS).find((each) => (taken[each] ?? -Infinity) < at - width / 2);
      // Where there are too many, the line alone says so, and the pointer what it is.
      if (row === undefined) continue;
      taken[row] = at + width / 2;
      group.append("text").attr("x", at).attr("y", marginTop - 5 - 13 * row).attr("fill", "currentColor").text(label);
    }
    return group.node();
  };

  const linesPlot = (panel, series, dots, { along, up }, width, { reference, percentile }) => {
    const narrow = width < NARROW;
    const timed = along.type === "utc";
    const crowded = series.length > 6;
    const events = panel.events ?? [];
    const room = narrow ? 0 : Math.min(d3.max(series, (each) => each.name.length) * LETTER, width * 0.25);
    const xOf = percentile ? (q) => 1 / (1 - q) : (value) => value;
    const points = series.flatMap((each) => each.points.map(([x, y]) => ({ x: xOf(x), y, raw: x, each })));
    // Of one run, the stacks stand beside each other: their intervals would cover one another.
    const step = Math.min(5, 26 / series.length);
    const beside = new Map(timed ? series.map((each, n) => [each.stack, (n - (series.length - 1) / 2) * step]) : []);
    const xTicks = percentile ? [2, 4, 10, 20, 100, 1000, 10000, 100000].filter((each) => each <= along.domain[1] && !(narrow && each === 4)) : ticksOf(along, narrow ? (timed ? 2 : 4) : timed ? 6 : 8);
    const xFormat = percentile ? (value) => `${d3.format(".7~r")(100 * (1 - 1 / value))} %` : along.format;
    const yTicks = ticksOf(up, 6);
    const marks = [
      Plot.gridY(yTicks, { stroke: "var(--line)", strokeOpacity: 1 }),
      Plot.gridX(xTicks, { stroke: "var(--line)", strokeOpacity: 0.6 }),
      Plot.axisX(xTicks, { label: along.label, labelAnchor: "center", labelArrow: "none", text: xFormat, tickSize: 0, labelOffset: 38 }),
      Plot.axisY(yTicks, { label: up.label, labelArrow: "none", text: up.format, tickSize: 0 }),
    ];
    if (reference !== undefined) marks.push(Plot.ruleY([reference], { stroke: "currentColor", strokeDasharray: "4 3" }));
    if (events.length) marks.push(eventMarks(events));
    for (const each of series) {
      const mine = points.filter((point) => point.each === each);
      marks.push(Plot.line(mine, { x: "x", y: "y", stroke: each.look.stroke, strokeWidth: 2, strokeDasharray: each.look.dash, dx: beside.get(each.stack) ?? 0, className: "series" }));
      const marked = timed ? [] : percentile ? mine.filter((point) => MARKED.includes(point.raw)) : mine.length <= 40 ? mine : [];
      if (marked.length) marks.push(Plot.dot(marked, { x: "x", y: "y", symbol: each.look.symbol, r: 3.2, stroke: each.look.stroke, fill: "var(--ground)" }));
    }
    for (const dot of dots) {
      const shape = dot.look ?? { stroke: "currentColor", symbol: "diamond" };
      const dx = beside.get(dot.stack) ?? 0;
      if (dot.low !== null && dot.high !== null) marks.push(Plot.ruleX([dot], { x: "x", y1: "low", y2: "high", stroke: shape.stroke, strokeWidth: timed ? 1.5 : 2.5, strokeOpacity: timed ? (crowded ? 0.4 : 0.7) : 1, dx }));
      marks.push(Plot.dot([dot], { x: "x", y: "y", r: timed ? (crowded ? 3 : 4.5) : 5.5, dx, ...painted(shape) }));
    }
    if (room) {
      const ends = series.filter((each) => each.points.some((point) => point[1] !== null)).map((each) => {
        const [x, y] = each.points.findLast((point) => point[1] !== null);
        return { name: each.name, x: xOf(x), y, stroke: each.look.stroke };
      });
      marks.push(endLabels(ends, room));
    }
    const told = [
      ...(timed ? [] : points).map(({ x, y, raw, each }) => ({ x, y, said: `${each.name}\n${percentile ? `${d3.format(".7~r")(100 * raw)} % of the requests took ${figure(y)} ms or less` : `${along.format(x)}: ${up.format(y)}`}` })),
      ...dots.map((dot) => ({ x: dot.x, y: dot.y, said: dot.text })),
      ...events.map((event) => ({ x: event.x, y: up.domain[1], said: event.text })),
    ];
    marks.push(Plot.tip(told, Plot.pointer({ x: "x", y: "y", title: "said", lineWidth: 24 })));
    const widest = d3.max(yTicks, (tick) => up.format(tick).length) ?? 1;
    return Plot.plot({
      width, height: narrow ? 260 : 320, style, marks, marginLeft: 14 + widest * LETTER, marginRight: room ? room + 22 : 12, marginBottom: 46, marginTop: events.length ? 26 + 13 * EVENT_ROWS : 26,
      x: { type: along.type, domain: along.domain }, y: { type: up.type, domain: up.domain },
    });
  };

  const swatch = ({ stroke, dash, symbol }, line = true) => {
    const svg = d3.create("svg").attr("width", line ? 30 : 14).attr("height", 12).attr("aria-hidden", "true");
    if (line) svg.append("path").attr("d", "M0,6H30").attr("stroke", stroke).attr("stroke-width", 2).attr("stroke-dasharray", dash === "none" ? null : dash);
    const kinds = { circle: d3.symbolCircle, square: d3.symbolSquare, triangle: d3.symbolTriangle, diamond: d3.symbolDiamond, times: d3.symbolTimes, star: d3.symbolStar, wye: d3.symbolWye };
    const open = symbol === "times";
    svg.append("path").attr("d", d3.symbol(kinds[symbol], 50)()).attr("transform", `translate(${line ? 15 : 7},6)`).attr("fill", open ? "none" : stroke).attr("stroke", stroke).attr("stroke-width", open ? 2 : 0);
    return svg.node();
  };

  const element = (name, text, kind) => {
    const made = document.createElement(name);
    made.className = kind;
    made.textContent = text;
    return made;
  };

  const legend = (entries) => {
    const list = element("div", "", "legend");
    for (const [picture, text] of entries) {
      const entry = document.createElement("span");
      entry.append(picture, text);
      list.append(entry);
    }
    return list;
  };

  /** Plot labels groups that have no role, which no reader may read: what they are becomes their class. */
  const unlabel = (drawing) => {
    for (const group of drawing.querySelectorAll("g[aria-label]")) {
      group.classList.add(`mark-${group.getAttribute("aria-label").replace(/\W+/g, "-")}`);
      group.removeAttribute("aria-label");
    }
  };

  /** What a chart looks like at this width, without the stacks that are hidden. */
  const draw = (chart, page, hidden, width) => {
    const shown = (each) => !each.stack || !hidden.has(each.stack);
    const looks = new Map(page.stacks.map((stack) => [stack.name, look(stack.look)]));
    const drawn = [];
    if (chart.form !== "lines") {
      const panels = chart.panels.map((panel) => ({ ...panel, rows: panel.rows.filter(shown).map((row) => ({ ...row, look: looks.get(row.stack) ?? sided(row) })) })).filter((panel) => panel.rows.length);
      const values = panels.flatMap((panel) => panel.rows.flatMap((row) => [row.value, row.low, row.high, ...(row.dots ?? []).map((dot) => dot.value)])).filter((value) => value !== null && value !== undefined);
      if (chart.form === "bars") values.push(0);
      if (chart.reference !== undefined) values.push(chart.reference);
      const along = chart.form === "bars" && chart.x.type === "linear" ? axis({ ...chart.x, zero: true }, values) : axis(chart.x, values);
      for (const panel of panels) {
        if (panel.title) drawn.push(element("p", panel.title, "panel"));
        drawn.push(rowsPlot(panel, panel.rows, along, width, chart, panel === panels.at(-1)));
      }
    } else {
      const panels = chart.panels.map((panel) => ({
        ...panel,
        series: panel.series.map((each, n) => ({ ...each, look: each.stack ? looks.get(each.stack) : look(n) })).filter(shown),
        dots: (panel.dots ?? []).filter(shown).map((dot) => ({ ...dot, look: looks.get(dot.stack) })),
      })).filter((panel) => panel.series.some((each) => each.points.length) || panel.dots.length);
      const percentile = chart.x.type === "percentile";
      const all = panels.flatMap((panel) => panel.series.flatMap((each) => each.points));
      const dots = panels.flatMap((panel) => panel.dots);
      const xs = [...all.map(([x]) => x), ...dots.map((dot) => dot.x)];
      const along = percentile ? { type: "log", domain: [1 / (1 - d3.min(xs)), (1 / (1 - d3.max(xs))) * 1.1], label: chart.x.label } : axis(chart.x, xs);
      if (!percentile && along.type === "linear") along.domain = [Math.min(0, d3.min(xs)), d3.max(xs)];
      for (const panel of panels) {
        const ys = [...panel.series.flatMap((each) => each.points.map(([, y]) => y)), ...panel.dots.flatMap((dot) => [dot.y, dot.low, dot.high])];
        if (chart.reference !== undefined) ys.push(chart.reference);
        if (panel.title) drawn.push(element("p", panel.title, "panel"));
        drawn.push(linesPlot(panel, panel.series, panel.dots, { along, up: axis(chart.y, ys) }, width, { reference: chart.reference, percentile }));
        if (width < NARROW) drawn.push(legend(panel.series.map((each) => [swatch(each.look), each.name])));
      }
    }
    for (const each of drawn) unlabel(each);
    return drawn.length ? drawn : [element("p", "Every stack of this chart is hidden.", "empty")];
  };

  return { draw, look, swatch };
})();
