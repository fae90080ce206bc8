// What all pages share: local times on hover, dialogs, and links into Airflow.
"use strict";

// The local time of a time in UTC, when somebody points at it.
document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[datetime]");
  if (time && !time.title) time.title = new Date(time.dateTime).toLocaleString(undefined, { timeZoneName: "short" });
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  const closer = event.target.closest?.("[data-close]");
  if (closer) closer.closest("dialog").close();

  // Airflow shows us in a frame that must not navigate the page around it; its own links may.
  const outside = event.target.closest?.("a[data-airflow]");
  if (outside && parent !== window && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const link = parent.document.createElement("a");
    link.href = outside.href;
    parent.document.body.append(link);
    link.click();
    link.remove();
  }
});

// The arrow keys go from part to part of a strip.
document.addEventListener("keydown", (event) => {
  const strip = event.target.closest?.(".strip");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!strip || !step) return;
  event.preventDefault();
  const parts = [...strip.querySelectorAll(".part")];
  const now = parts.indexOf(event.target.closest(".part"));
  const next = now < 0 ? (step > 0 ? 0 : parts.length - 1) : now + step;
  parts[next]?.focus();
});

// A dialog whose form was sent is done: the answer is on the page behind it.
document.addEventListener("htmx:afterRequest", (event) => event.target.closest?.("dialog")?.close());
