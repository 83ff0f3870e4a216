// The few things a page cannot do by itself. Without this script everything still works, with times in UTC.
"use strict";

const clock = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

// Times are written in UTC; people read them in their own zone, and find UTC when they hover.
function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-local])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    if (time.hasAttribute("data-ago")) time.title = `${moment.format(at)} · ${time.title}`;
    else time.textContent = (time.hasAttribute("data-seconds") ? exact : clock).format(at);
    time.setAttribute("data-local", "");
  }
}

// "All of these", and a button that waits until something is selected.
function selected(form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox][name]")];
  for (const button of form.querySelectorAll("[data-needs-selection]")) button.disabled = !boxes.some((box) => box.checked);
}
document.addEventListener("change", (event) => {
  const box = event.target;
  const form = box instanceof HTMLInputElement ? box.closest("[data-select]") : null;
  if (!form) return;
  if (box.hasAttribute("data-select-all"))
    for (const other of form.querySelectorAll("input[type=checkbox][name]")) other.checked = box.checked;
  selected(form);
});
for (const form of document.querySelectorAll("[data-select]")) selected(form);

// A file becomes the text of a field, as if it had been pasted.
for (const chooser of document.querySelectorAll("input[type=file][data-into]")) {
  chooser.closest("[hidden]")?.removeAttribute("hidden");
  chooser.addEventListener("change", async () => {
    const into = document.getElementById(chooser.dataset.into);
    if (!chooser.files?.[0] || !into) return;
    into.value = await chooser.files[0].text();
    into.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

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
