// Sends chosen or dropped files one after the other, and shows how far each is.
"use strict";

const form = document.getElementById("upload");
const input = document.getElementById("files");
const list = document.getElementById("chosen");
const waiting = [];
let sending = false;

function headers() {
  return { ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true" };
}

// Ask the server which dataset takes each file, and show a row for each.
async function add(files) {
  files = [...files].slice(0, Number(list.dataset.most));
  if (!files.length) return;
  const body = new URLSearchParams({ dataset: form.elements.dataset.value });
  for (const file of files) {
    body.append("name", file.name);
    body.append("size", file.size);
  }
  const answer = await fetch(list.dataset.rows, { method: "POST", body, headers: headers() });
  if (!answer.ok) {
    document.getElementById("message").innerHTML = await answer.text();
    return;
  }
  const rows = document.createElement("template");
  rows.innerHTML = await answer.text();
  document.getElementById("none").hidden = true;
  [...rows.content.querySelectorAll("[data-file]")].forEach((row, n) => {
    list.append(row);
    const known = row.querySelector("[data-dataset]");
    if (known) queue(row, files[n], known.dataset.dataset);
    row.querySelector("[data-send]")?.addEventListener("click", (event) => {
      const choose = row.querySelector("[data-choose]");
      event.target.disabled = choose.disabled = true;
      queue(row, files[n], choose.value);
    });
  });
}

function queue(row, file, dataset) {
  show(row, "Waits to be sent.");
  waiting.push({ row, file, dataset });
  next();
}

function next() {
  if (sending || !waiting.length) return;
  sending = true;
  send(waiting.shift());
}

function send({ row, file, dataset }) {
  const bar = Object.assign(document.createElement("progress"), { max: file.size || 1, value: 0 });
  bar.setAttribute("aria-label", `Sending ${file.name}`);
  row.querySelector("[data-status]").replaceChildren("Sent: ", bar);
  const request = new XMLHttpRequest();
  request.open("POST", `${list.dataset.upload}${encodeURIComponent(dataset)}?filename=${encodeURIComponent(file.name)}`);
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded; });
  request.addEventListener("load", () => {
    if (request.status === 401) location.reload();
    const status = row.querySelector("[data-status]");
    status.innerHTML = request.responseText;
    htmx.process(status);
  });
  request.addEventListener("error", () => show(row, "Not sent: the connection broke. Choose the file again.", "problem"));
  request.addEventListener("loadend", () => { sending = false; next(); });
  request.send(file);
}

function show(row, text, kind = "soft") {
  const told = Object.assign(document.createElement("p"), { textContent: text, className: kind });
  row.querySelector("[data-status]").replaceChildren(told);
}

input.addEventListener("change", async () => {
  await add(input.files);
  input.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", () => form.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  add(event.dataTransfer.files);
});
window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
input.disabled = false; // before this script listens, a chosen file would be lost
