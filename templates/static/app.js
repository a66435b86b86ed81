// What makes the dashboard quicker for those who have scripts. Every page works without this file.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// ---- Times in words, kept right while a page stays open

function words(iso) {
  const seconds = Math.round((Date.now() - Date.parse(iso)) / 1000);
  const distance = Math.abs(seconds);
  let text;
  if (distance < 10 && seconds >= 0) return "just now";
  if (distance < 60) text = distance + " s";
  else if (distance < 3600) text = Math.floor(distance / 60) + " min";
  else if (distance < 86400) text = Math.floor(distance / 3600) + " h";
  else if (distance < 172800) text = "1 day";
  else if (distance < 60 * 86400) text = Math.floor(distance / 86400) + " days";
  else return null;
  return seconds < 0 ? "in " + text : text + " ago";
}

function times(root = document) {
  for (const time of $$("time[data-rel]", root)) {
    const text = words(time.dateTime);
    if (text && time.textContent !== text) time.textContent = text;
  }
}

// ---- Parts of a page that are loaded again while it is open

function liveRegions() {
  const every = Number(document.body.dataset.live);
  if (!every || !$("[data-region]")) return;
  setInterval(async () => {
    if (document.hidden) return;
    let page;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      return;
    }
    for (const region of $$("[data-region]")) {
      // Somebody who is about to press a button must not have it taken away.
      if (region.contains(document.activeElement)) continue;
      const fresh = $('[data-region="' + region.dataset.region + '"]', page);
      if (fresh && fresh.innerHTML !== region.dataset.shown) {
        region.dataset.shown = fresh.innerHTML;
        region.innerHTML = fresh.innerHTML;
      }
    }
    times();
    for (const input of $$("[data-filter]")) filter(input);
  }, every * 1000);
}

// ---- A run while it runs

function liveRun() {
  const box = $("[data-events]");
  if (!box || !window.EventSource) return;
  const say = $("[data-say]");
  let spoken = 0;
  const show = (event, last) => {
    box.innerHTML = event.data;
    times(box);
    const text = $("[data-spoken]", box)?.textContent;
    if (say && text && (last || Date.now() - spoken > 5000)) {
      spoken = Date.now();
      say.textContent = text;
    }
  };
  const source = new EventSource(box.dataset.events);
  source.addEventListener("progress", (event) => show(event, false));
  source.addEventListener("done", (event) => {
    source.close();
    show(event, true);
    setTimeout(() => location.reload(), 900);
  });
}

// ---- Filters over lists that are on the page

function filter(input) {
  const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of $$(input.dataset.filter)) {
    const text = item.textContent.toLowerCase();
    const keep = "keep" in input.dataset && $("input:checked", item) && wanted.length === 0;
    item.hidden = !keep && !wanted.every((word) => text.includes(word));
    if (!item.hidden) shown++;
  }
  const none = $("[data-no-match]");
  if (none) none.hidden = shown > 0;
  for (const section of $$("section.catalogue")) section.hidden = !$("li:not([hidden])", section);
}

// ---- The exporter's form

function exporterForm() {
  const form = $("[data-exporter-form]");
  if (!form) return;
  columns(form);
  filterRows(form);
  customRange(form);
  modeFields(form);
  kindFields(form);
  scheduleWords(form);
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
  const button = $("[data-preview-draft]", form);
  button?.addEventListener("click", (event) => {
    event.preventDefault();
    const data = new URLSearchParams(new FormData(form));
    fragment($("#draft-preview"), "/exporters/preview", { method: "POST", body: data }, button);
  });
}

function columns(form) {
  const list = $("[data-columns]", form);
  const lines = $("#option-lines", form);
  const count = $("[data-chosen]", form);
  const update = () => {
    const on = !lines || lines.checked;
    for (const item of $$("li[data-line]", list)) item.toggleAttribute("data-off", !on);
    if (count) count.textContent = $$("li:not([data-off]) input:checked", list).length + " chosen";
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const item = button.closest("li");
    const other = button.dataset.move === "up" ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (button.dataset.move === "up") other.before(item);
    else other.after(item);
    button.focus();
    form.dispatchEvent(new Event("input"));
  });
  form.addEventListener("change", update);
  update();
}

function filterRows(form) {
  const box = $("[data-filters]", form);
  const button = $("[data-add-filter]", form);
  if (!box || !button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = $$(".filter-row", box);
    const n = rows.length;
    const row = rows[n - 1].cloneNode(true);
    row.setAttribute("aria-label", "Filter " + n);
    for (const part of $$("[id], [for]", row)) {
      for (const name of ["id", "for"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/filter-\d+/, "filter-" + n));
      }
    }
    for (const input of $$("input", row)) input.value = "";
    box.append(row);
    $("input", row).focus();
  });
}

function customRange(form) {
  const range = $("#option-date_range", form);
  if (!range) return;
  const update = () => { for (const field of $$("[data-custom]", form)) field.hidden = range.value !== "custom"; };
  range.addEventListener("change", update);
  update();
}

function modeFields(form) {
  const mode = $("[data-mode]", form);
  if (!mode) return;
  const update = () => { for (const field of $$("[data-for-mode]", form)) field.hidden = field.dataset.forMode !== mode.value; };
  mode.addEventListener("change", update);
  update();
}

// What a kind of destination has no use for is neither shown nor sent.
function kindFields(form) {
  const kind = $("[data-kind]", form);
  if (!kind) return;
  const update = () => {
    for (const field of $$("[data-for-kind]", form)) {
      const off = !field.dataset.forKind.split(" ").includes(kind.value);
      field.hidden = off;
      if (field.tagName === "OPTION") field.disabled = off;
      for (const input of $$("input, select", field)) input.disabled = off;
    }
  };
  kind.addEventListener("change", update);
  update();
}

function scheduleWords(form) {
  const kind = $("#when", form), cron = $("[data-cron]", form), box = $("#schedule-words", form), goes = $("#goes-on", form);
  const own = () => kind.value === "own";
  let wait, asked = 0;
  const ask = () => {
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const mine = ++asked;
      const query = new URLSearchParams({
        cron: cron.value, id: form.elements.namedItem("id")?.value ?? "", type: form.elements.namedItem("type")?.value ?? "",
        companies: $$('[name="company"]:checked', form).length, account: form.elements.namedItem("account")?.value ?? "",
      });
      for (const input of $$("[data-schedule]", form))
        if (input.type !== "checkbox" || input.checked) query.append(input.name, input.value);
      await fragment(box, "/schedule?" + query);
      if (mine !== asked) return;
      const said = $("[data-expression]", box);
      if (said && !own()) cron.value = said.dataset.expression;
      goes.textContent = said?.dataset.goes ?? "";
      goes.hidden = !goes.textContent;
    }, 250);
  };
  $("[data-noscript]", form).hidden = true;
  for (const input of $$('[name="company"], [name="account"]', form)) input.addEventListener("change", ask);
  for (const input of $$("[data-schedule]", form)) input.addEventListener("input", ask);
  kind.addEventListener("input", () => {
    if (!own()) return;
    cron.closest("details").open = true;
    cron.focus();
  });
  cron.addEventListener("input", () => {
    kind.value = "own";
    ask();
  });
}

// fragment loads a part of a page into a box.
async function fragment(box, address, options = {}, button = null) {
  if (button) {
    button.disabled = true;
    box.innerHTML = '<p class="waiting">Reading from QuickBooks…</p>';
  }
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { ...options, headers: { "X-Fragment": "1" } });
    if (answer.redirected) location.reload();
    const text = await answer.text();
    if (text.startsWith("<!doctype")) {
      const page = new DOMParser().parseFromString(text, "text/html");
      box.textContent = $("h1", page)?.textContent + ": " + ($("h1 + p", page)?.textContent ?? "");
    } else {
      box.innerHTML = text;
    }
  } catch {
    box.textContent = "The server cannot be reached. Try again.";
  } finally {
    box.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}

// ---- Small things

// New schedules begin in the time zone of who makes them.
function rememberZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = "ledgersheet_zone=" + zone + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
}

function clicks() {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      try {
        await navigator.clipboard.writeText(copy.dataset.copy);
      } catch {
        return;
      }
      const text = copy.innerHTML;
      copy.textContent = "Copied";
      setTimeout(() => { copy.innerHTML = text; }, 1500);
      return;
    }
    if (event.target.closest("[data-print]")) {
      print();
      return;
    }
    const preview = event.target.closest("[data-preview]");
    if (preview) {
      event.preventDefault();
      fragment(document.getElementById(preview.dataset.preview), preview.href, {}, preview);
    }
  });
  for (const select of $$("[data-submit]")) select.addEventListener("change", () => select.form.requestSubmit());
  for (const input of $$("[data-filter]")) input.addEventListener("input", () => filter(input));
  $("[data-focus]")?.focus();
  // A form that was sent once is not sent twice by a second press.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
    setTimeout(() => delete event.target.dataset.sent, 4000);
  });
}

function themeButton() {
  const form = $("[data-theme-form]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = "ledgersheet_theme=" + root.dataset.theme + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  });
}

// ---- Keyboard

function keyboard() {
  if (!("keys" in document.body.dataset)) return;
  const places = { o: "/", c: "/connections", e: "/exporters", r: "/runs", s: "/settings" };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (Date.now() - going < 1500 && places[event.key]) {
      going = 0;
      location.href = places[event.key];
      return;
    }
    going = 0;
    const act = {
      g: () => { going = Date.now(); },
      n: () => { location.href = "/exporters/new"; },
      r: () => { $("[data-run-now]")?.click(); },
      "/": () => { $('[type="search"], .filters select')?.focus(); },
      "?": () => { location.href = "/help#keyboard"; },
      j: () => choose(1),
      k: () => choose(-1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

// choose moves the mark in the page's list; the row's link gets the focus, so Enter opens it.
function choose(step) {
  const rows = $$("[data-list] tbody tr:not([hidden])");
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1);
  const link = $(".row-link", rows[next]);
  link?.focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

times();
setInterval(times, 20000);
liveRegions();
liveRun();
exporterForm();
rememberZone();
clicks();
themeButton();
keyboard();
