// Draws the history of a number: what may be sold, and what the shop shows. Without this script the table below says the same.
"use strict";

function draw(box) {
  const resolve = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const points = JSON.parse(box.dataset.points);
  const steps = uPlot.paths.stepped({ align: 1 });
  const axis = { stroke: resolve("--soft"), grid: { stroke: resolve("--line"), width: 1 }, ticks: { stroke: resolve("--line") } };
  const line = (label, name, width, dash) => ({ label, stroke: resolve(name), width, dash, paths: steps, points: { show: false } });
  const size = () => ({ width: box.clientWidth, height: 220 });
  const chart = new uPlot(
    {
      ...size(),
      scales: { y: { range: (u, low, high) => [Math.min(0, low), Math.max(high * 1.08, 1)] } },
      series: [{ label: "When" }, { ...line("May be sold", "--offered", 2), fill: resolve("--under") }, line("Shop shows", "--shown", 2, [6, 4])],
      axes: [axis, { ...axis, size: 56 }],
    },
    points,
    box,
  );
  new ResizeObserver(() => chart.setSize(size())).observe(box);
}
for (const box of document.querySelectorAll("[data-points]")) if (window.uPlot) draw(box);
