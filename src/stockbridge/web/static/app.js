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

// "All of these", a button that waits until something is selected, and how many are.
function selected(form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox][name]")].filter((box) => box.checked);
  for (const button of form.querySelectorAll("[data-needs-selection]")) button.disabled = !boxes.length;
  const count = form.querySelector("[data-selected]");
  if (count) count.textContent = boxes.some((box) => box.name === "all") ? "" : boxes.length ? `${boxes.length} selected` : "";
}
document.addEventListener("change", (event) => {
  const box = event.target;
  const form = box instanceof HTMLInputElement ? box.closest("[data-select]") : null;
  if (!form) return;
  if (box.hasAttribute("data-select-all"))
    for (const other of form.querySelectorAll("tbody input[type=checkbox][name]")) other.checked = box.checked;
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
document.addEventListener("htmx:after:swap", () => {
  localTimes(document);
  const dialog = document.querySelector("#dialog dialog[open]:not(:modal)");
  if (!dialog) return;
  dialog.removeAttribute("open");
  dialog.showModal();
});
localTimes(document);

// A question is closed where it was asked; only one menu is open, and a click beside it closes it.
document.addEventListener("click", (event) => {
  const at = event.target instanceof Element ? event.target : null;
  const dialog = at?.closest("[data-close]") ? at.closest("dialog:modal") : null;
  if (dialog) {
    event.preventDefault();
    dialog.close();
    dialog.remove();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(at) || at?.closest("button")) menu.open = false;
});

// A list by keyboard: j and k go down and up, x selects, Enter opens, and what carries data-key is reached by that key.
document.addEventListener("keydown", (event) => {
  const at = document.activeElement;
  const writing = at instanceof HTMLElement && at.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (writing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal")) return;
  const named = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
  if (named) {
    event.preventDefault();
    named.focus();
    if (named.matches("summary")) named.click();
    return;
  }
  const rows = [...document.querySelectorAll("[data-keys] tbody tr")];
  if (!rows.length || !"jkx".includes(event.key)) return;
  const here = rows.findIndex((row) => row.contains(at));
  if (event.key === "x") rows[here]?.querySelector("input[type=checkbox]")?.click();
  else rows[Math.min(rows.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))].querySelector(".head a")?.focus();
});
