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

// ---- Live pages: parts that follow what happens, in place

const liveWait = 400; // milliseconds between two looks, so that a burst of news is one look
const liveRest = 60000; // without news: for what time alone changes, such as "late"

function livePage() {
  const follows = document.body.dataset.live;
  if (!follows || !$("[data-region]")) return;
  let timer = 0, looking = false, again = false;
  const look = async () => {
    timer = 0;
    if (document.hidden) return;
    if (looking) { again = true; return; }
    looking = true;
    const going = await refresh();
    looking = false;
    if (going && again) { again = false; soon(); }
  };
  const soon = () => { timer ||= setTimeout(look, liveWait); };
  const concerns = (news) => follows === "all" || news.run === follows || news.exporter === follows;
  followNews((news) => {
    if (news.kind === "ended") sessionEnded();
    else if (news.kind === "open" || concerns(news)) soon();
  });
  setInterval(() => { if (!document.hidden) soon(); }, liveRest);
}

// followNews calls tell for what the server says while the tab is visible. After each pause it says "open", at which a
// page looks again for what it has missed.
function followNews(tell) {
  const { events, worker } = document.body.dataset;
  const address = new URL(events, location.href).href;
  let setVisible;
  if (window.SharedWorker) {
    const port = new SharedWorker(worker, "news").port;
    port.addEventListener("message", (event) => tell(event.data));
    port.start();
    setVisible = (visible) => {
      port.postMessage({ address, visible });
      if (visible) tell({ kind: "open" });
    };
  } else if (window.EventSource && window.openNews) {
    const news = openNews(address, tell);
    setVisible = (visible) => (visible ? news.open() : news.close());
  } else {
    setInterval(() => { if (!document.hidden) tell({ kind: "open" }); }, 5000);
    return;
  }
  const update = () => setVisible(!document.hidden);
  document.addEventListener("visibilitychange", update);
  window.addEventListener("pagehide", () => setVisible(false));
  window.addEventListener("pageshow", (event) => { if (event.persisted) update(); });
  update();
}

// refresh loads the page again and puts what is new into its regions. It is false once that has no sense any more.
async function refresh() {
  let page;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) { sessionEnded(); return false; }
    if (!answer.ok) return true;
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return true;
  }
  $("[data-session-ended]").hidden = true;
  for (const region of $$("[data-region]")) {
    const fresh = $('[data-region="' + region.dataset.region + '"]', page);
    if (fresh) morph(region, fresh);
  }
  times();
  for (const input of $$("[data-filter]")) filter(input);
  say(!page.body.dataset.live);
  return true;
}

// say tells people who listen how far a run has come: at most every 5 seconds, and its end.
let spoken = 0;
function say(last) {
  const text = $("[data-spoken]")?.textContent, to = $("[data-say]");
  if (!to || !text || to.textContent === text || (!last && Date.now() - spoken < 5000)) return;
  spoken = Date.now();
  to.textContent = text;
}

function sessionEnded() {
  $("[data-session-ended]").hidden = false;
}

// morph makes an element what the fresh one is, and keeps the nodes that are the same, so that focus, selection, open
// details and scroll positions stay. Children with a data-key are known by it, wherever they stand.
function morph(now, fresh) {
  if (now.isEqualNode(fresh)) return;
  for (const { name } of [...now.attributes]) if (!fresh.hasAttribute(name) && !isOwnState(now, name)) now.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (now.getAttribute(name) !== value && !isOwnState(now, name)) now.setAttribute(name, value);
  const keyed = new Map([...now.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  let at = now.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const key = wanted.dataset?.key;
    const match = key ? keyed.get(key) : at && !at.dataset?.key && at.nodeName === wanted.nodeName ? at : null;
    if (!match) {
      now.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (match === at) {
      at = at.nextSibling;
    } else if (match.contains(document.activeElement)) {
      // Moving a node takes the focus from it, so what stands before it goes away instead, and comes back later.
      while (at !== match) { const before = at; at = at.nextSibling; before.remove(); }
      at = at.nextSibling;
    } else {
      now.insertBefore(match, at);
    }
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted);
    else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const old = at;
    at = at.nextSibling;
    if (old.contains(document.activeElement)) saveFocus(old);
    old.remove();
  }
}

// isOwnState reports whether an attribute is what the person or a script has made of it.
function isOwnState(element, name) {
  return name === "data-sent" || (name === "open" && element.tagName === "DETAILS") || (name === "hidden" && "filtered" in element.dataset);
}

// saveFocus moves the focus from what goes away to the heading above it.
function saveFocus(gone) {
  const heading = gone.closest("section")?.querySelector("h2") ?? $("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

// ---- Filters over lists that are on the page

function filter(input) {
  const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const item of $$(input.dataset.filter)) {
    const text = item.textContent.toLowerCase();
    const keep = "keep" in input.dataset && $("input:checked", item) && wanted.length === 0;
    item.dataset.filtered = "";
    item.hidden = !keep && !wanted.every((word) => text.includes(word));
    if (!item.hidden) shown++;
  }
  const none = $("[data-no-match]");
  if (none) none.hidden = shown > 0;
  for (const section of $$("section.catalogue")) section.hidden = !$("li:not([hidden])", section);
}

// ---- The exporter's form

let leaving = false; // the page may be left without asking

function exporterForm() {
  const form = $("[data-exporter-form]");
  if (!form) return;
  customRange(form);
  modeFields(form);
  kindFields(form);
  scheduleWords(form);
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", (event) => { changed = changed && event.submitter?.formTarget === "_blank"; });
  window.addEventListener("beforeunload", (event) => { if (changed && !leaving) event.preventDefault(); });
}

// A pack's form shows what it would make, and keeps that up to date.
function packForm() {
  const form = $("[data-pack-form]");
  if (!form) return;
  let wait, asked = 0;
  const ask = () => {
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const mine = ++asked, box = $("#plan").cloneNode(false);
      await fragment(box, form.getAttribute("action") + "/plan", { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (mine === asked) $("#plan").replaceChildren(...box.childNodes);
    }, 300);
  };
  for (const part of $$("[data-noscript]", form)) part.hidden = true;
  for (const part of $$("[data-scripted]", form)) part.hidden = false;
  form.addEventListener("input", (event) => { if (event.target.name) ask(); });
  for (const button of $$("[data-check-all]", form))
    button.addEventListener("click", (event) => {
      event.preventDefault();
      for (const box of $$('[name="company"]', form)) box.checked = button.dataset.checkAll === "true";
      ask();
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
  for (const part of $$("[data-noscript]", form)) part.hidden = true;
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
  if (button?.getAttribute("aria-disabled") === "true") return;
  if (button) {
    button.setAttribute("aria-disabled", "true"); // one that is disabled would lose the focus
    box.innerHTML = '<p class="waiting" data-sentence>Reading from QuickBooks…</p>';
    announce(box);
  }
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { ...options, headers: { "X-Fragment": "1" } });
    if (answer.redirected && options.method === "POST") { // the form is kept, and shown again after signing in
      leaving = true;
      location.href = answer.url;
      return;
    }
    if (answer.redirected) {
      sessionEnded();
      box.textContent = "Your session has ended.";
      return;
    }
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
    button?.removeAttribute("aria-disabled");
    announce(box);
  }
}

// announce reads out what a box says in one sentence, not all that is in it.
function announce(box) {
  const sentence = $("[data-sentence]", box) ?? (box.children.length === 0 ? box : null);
  if (sentence) $("[data-status]").textContent = sentence.textContent.slice(0, 300);
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
  // Enter opens the first that matches.
  for (const input of $$("[data-go]"))
    input.addEventListener("keydown", (event) => {
      const first = $$(input.dataset.filter).find((item) => !item.closest("[hidden]"));
      if (event.key === "Enter") $("a", first)?.click();
    });
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
livePage();
exporterForm();
packForm();
rememberZone();
clicks();
themeButton();
keyboard();
