// The few things a page cannot do by itself. Without this script everything still works, with times in UTC.
"use strict";

const clock = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

// Times are written in UTC; people read them in their own zone, and find UTC when they hover.
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    if (time.hasAttribute("data-ago")) time.title = `${moment.format(at)} · ${time.title}`;
    else time.textContent = clock.format(at);
    time.setAttribute("data-local", "");
  }
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || !box.hasAttribute("data-select-all")) return;
  for (const other of box.closest("[data-select]").querySelectorAll("input[type=checkbox][name]")) other.checked = box.checked;
});

// A list that is refreshed by itself says so, and says when it could not be.
function lives(fine) {
  const sign = document.querySelector("[data-live]");
  if (!sign) return;
  sign.textContent = fine ? "live" : "not reached, trying again";
  sign.classList.toggle("late", !fine);
}

document.addEventListener("htmx:before:request", (event) => {
  const polled = event.target instanceof Element && event.target.id === "now";
  if (polled && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:after:request", (event) => {
  const status = event.detail?.ctx?.response?.raw?.status ?? event.detail?.ctx?.response?.status ?? 0;
  if (event.target instanceof Element && event.target.id === "now") lives(status >= 200 && status < 400);
});
document.addEventListener("htmx:error", () => lives(false));
document.addEventListener("htmx:after:swap", () => localTimes(document));
localTimes(document);
