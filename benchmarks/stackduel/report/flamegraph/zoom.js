"use strict";
// Zooms into a box: it takes the whole width, and what is beside it goes away. Reads and writes this picture alone.
(function () {
  const all = document.getElementById("boxes");
  const left = Number(all.dataset.left), width = Number(all.dataset.width), letter = 6.9;
  const boxes = Array.from(all.children);
  function show(start, share, depth) {
    for (const box of boxes) {
      const from = Number(box.dataset.start), part = Number(box.dataset.share);
      const above = Number(box.dataset.depth) < depth;
      const inside = from >= start - 1e-6 && from + part <= start + share + 1e-6;
      const holds = above && from <= start + 1e-6 && from + part >= start + share - 1e-6;
      box.classList.toggle("away", !(inside && !above) && !holds);
      const x = holds ? left : left + (from - start) / share * width, wide = holds ? width : part / share * width;
      const rect = box.querySelector("rect"), text = box.querySelector("text");
      rect.setAttribute("x", x);
      rect.setAttribute("width", Math.max(wide - 0.5, 0.3));
      text.setAttribute("x", x + 3);
      const letters = Math.floor((wide - 6) / letter), label = text.dataset.label;
      text.textContent = letters < 3 ? "" : label.length <= letters ? label : label.slice(0, letters - 2) + "..";
    }
  }
  for (const box of boxes) {
    box.addEventListener("click", function () {
      show(Number(box.dataset.start), Number(box.dataset.share), Number(box.dataset.depth));
    });
  }
  document.querySelector(".title").addEventListener("click", function () { show(0, 1, 0); });
})();
