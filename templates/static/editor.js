// What makes the exporter's form quicker for those who have scripts: a preview that follows what is typed, searching,
// and lists with one tab stop each. The form works without this file. It uses the tools of app.js.
"use strict";

(() => {
  const form = $("[data-exporter-form]");
  if (!form) return;

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const says = (text) => { $("[data-status]").textContent = text; };
  // Some programs that press keys send the sign of Enter although the key was dealt with.
  const keepEnter = (...fields) => {
    for (const field of fields)
      field.addEventListener("keypress", (event) => { if (event.key === "Enter") event.preventDefault(); });
  };
  const changedBy = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));
  const posted = (extra = {}) => {
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    return body;
  };

  // ---- The preview that follows

  const pause = 450; // milliseconds without a key until the form is looked at
  const draft = $("[data-draft]", form);
  const touched = new Set($("[data-focus].summary, .summary[data-focus]") ? ["*"] : []);
  let wait = 0, going = null, missed = false, reading = false;

  const soon = () => {
    clearTimeout(wait);
    wait = setTimeout(look, pause);
  };

  async function look() {
    if (document.hidden) { missed = true; return; }
    going?.abort();
    const mine = going = new AbortController();
    draft.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch("/exporters/draft", {
        method: "POST", body: posted(), signal: mine.signal, headers: { "X-Fragment": "1", "X-Background": "1" },
      });
      if (answer.redirected) { sessionEnded(); return; }
      if (answer.ok && going === mine && !reading) show(await answer.text());
    } catch {
      return; // one that was overtaken, or the server is away: what stands there stays
    } finally {
      if (going === mine) {
        going = null;
        draft.removeAttribute("aria-busy");
      }
    }
  }

  function show(html) {
    const fresh = draft.cloneNode(false);
    fresh.innerHTML = html;
    morph(draft, fresh);
    tellFaults();
    for (const part of $$("[data-fold-says]", draft)) {
      const line = $('[data-says="' + part.dataset.foldSays + '"] bdi', form);
      if (line && line.textContent !== part.textContent) line.textContent = part.textContent;
    }
    const name = $("#name", form), was = form.elements.namedItem("suggested"), now = $("[data-draft-facts]", draft)?.dataset.name;
    if (!was || !now) return;
    if (name.value === was.value) name.value = now;
    was.value = now;
  }

  // tellFaults puts what is wrong beside the fields that the person has been at.
  function tellFaults() {
    const faults = new Map();
    for (const part of $$("[data-fault]", draft)) faults.set(part.dataset.fault, part.textContent);
    for (const place of $$(".error[id$='-error']", form)) {
      const id = place.id.slice(0, -"-error".length), field = document.getElementById(id);
      const text = touched.has(id) || touched.has("*") ? faults.get(id) ?? "" : "";
      if (place.textContent !== text) place.textContent = text;
      place.hidden = !text;
      if (field?.matches("input, select")) {
        if (text) field.setAttribute("aria-invalid", "true");
        else field.removeAttribute("aria-invalid");
      }
    }
    for (const fold of $$("details.fold", form)) {
      const bad = $$(".error:not([hidden])", fold).some((place) => place.textContent);
      fold.toggleAttribute("data-fault-inside", bad);
    }
  }

  const touch = (element) => {
    for (let at = element; at && at !== form; at = at.parentElement) if (at.id) touched.add(at.id);
  };
  form.addEventListener("input", (event) => {
    if (event.target.matches?.("[type=search], [data-keep]")) return;
    touch(event.target);
    soon();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches?.("[type=search]")) return;
    touch(event.target);
    soon();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !missed) return;
    missed = false;
    soon();
  });

  const button = $("[data-preview-draft]", form);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true"); // one that is disabled would lose the focus
    going?.abort();
    reading = true;
    const rows = $("#draft-preview", draft);
    const waiting = make("p", { class: "waiting", "data-sentence": true }, "Reading from QuickBooks…");
    rows.replaceChildren(waiting);
    announce(rows);
    try {
      const answer = await fetch("/exporters/draft", {
        method: "POST", body: posted({ read: "true" }), headers: { "X-Fragment": "1" },
      });
      if (answer.redirected) { // the form is kept, and shown again after signing in
        leaving = true;
        location.href = answer.url;
        return;
      }
      const text = await answer.text();
      if (text.startsWith("<!doctype")) {
        const page = new DOMParser().parseFromString(text, "text/html");
        waiting.textContent = $("h1", page)?.textContent + ": " + ($("h1 + p", page)?.textContent ?? "");
      } else {
        show(text);
      }
    } catch {
      waiting.textContent = "The server cannot be reached. Try again.";
    } finally {
      reading = false;
      button.removeAttribute("aria-disabled");
      announce($("#draft-preview", draft));
    }
  });

  // ---- Folds: what a link leads to is opened

  function reveal(element) {
    for (let fold = element?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    const to = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!to || !form.contains(to)) return;
    reveal(to);
    const field = to.matches("input, select") && to.checkVisibility() ? to
      : $("input:not([type=hidden]), select, [tabindex='0']", to) ?? to;
    event.preventDefault();
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
  form.addEventListener("invalid", (event) => reveal(event.target), true);

  // ---- Groups with one tab stop: the arrow keys go from one to the next

  function roving(group, selector) {
    const items = () => $$(selector, group).filter((item) => !item.closest("[hidden]") && !item.disabled);
    const set = (chosen) => { for (const item of $$(selector, group)) item.tabIndex = item === chosen ? 0 : -1; };
    const renew = () => {
      const list = items();
      set(list.find((item) => item.tabIndex === 0 && item.hasAttribute("tabindex")) ??
        list.find((item) => item.checked) ?? list[0]);
    };
    group.addEventListener("focusin", (event) => { if (event.target.matches(selector)) set(event.target); });
    group.addEventListener("keydown", (event) => {
      const list = items(), at = list.indexOf(event.target);
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
      let to = step ? list[at + step] : event.key === "Home" ? list[0] : event.key === "End" ? list.at(-1) : null;
      if (step || to) event.preventDefault();
      to?.focus();
    });
    renew();
    return renew;
  }

  function companies() {
    const list = $("#company-list", form);
    const renew = roving(list, "input");
    for (const bar of $$("[role=toolbar][data-roving]", form)) roving(bar, "button");
    $("#company-filter", form)?.addEventListener("input", () => setTimeout(renew));
    for (const tick of $$("[data-tick]", form)) {
      tick.addEventListener("click", () => {
        let last = null;
        for (const box of $$("input", list)) {
          if (box.closest("[hidden]") && tick.dataset.tick === "") continue;
          const on = tick.dataset.tick === "client" ? box.dataset.client === tick.dataset.client
            : tick.dataset.tick !== "none";
          if (box.checked !== on) { box.checked = on; last = box; }
        }
        last?.dispatchEvent(new Event("change", { bubbles: true }));
        if (last) changedBy(last);
        says($$("input:checked", list).length + " companies ticked");
      });
    }
  }

  // ---- A select with many entries becomes a field to type into

  // combo returns the field. pick is called with the value that was chosen.
  function combo(select, pick) {
    const id = select.id, entries = [];
    for (const group of $$("optgroup", select))
      for (const option of $$("option", group))
        entries.push({ value: option.value, title: option.textContent, about: option.dataset.about ?? "", group: group.label });
    const now = () => select.selectedOptions[0]?.textContent ?? "";
    const list = make("div", { role: "listbox", id: id + "-list", class: "combo-list", "aria-label": "Suggestions", hidden: true });
    const field = make("input", {
      id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "data-keep": true,
      "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list", class: "combo",
    });
    select.id = id + "-value";
    select.hidden = true;
    select.after(make("div", { class: "combo-box" }, field, list));
    field.value = now();
    let shown = [], active = -1;
    const open = (query) => {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean);
      const rank = (e) => {
        const title = e.title.toLowerCase(), text = title + " " + e.about.toLowerCase() + " " + e.group.toLowerCase();
        if (!words.every((word) => text.includes(word))) return -1;
        if (words.length === 0) return 0;
        return title.startsWith(words[0]) ? 0 : words.every((word) => title.includes(word)) ? 1 : 2;
      };
      const found = entries.map((e) => [rank(e), e]).filter(([n]) => n >= 0);
      if (words.length > 0) found.sort((a, b) => a[0] - b[0]);
      const seen = new Set();
      shown = found.map(([, e]) => e).filter((e) => words.length === 0 || (!seen.has(e.value) && seen.add(e.value)));
      list.replaceChildren();
      let group = null, box = list;
      shown.forEach((e, i) => {
        if (words.length === 0 && e.group !== group) {
          group = e.group;
          const label = make("span", { class: "combo-group", id: list.id + "-g" + i, role: "presentation" }, group);
          box = make("div", { role: "group", "aria-labelledby": label.id }, label);
          list.append(box);
        }
        const option = make("div", { role: "option", id: list.id + "-" + i, "aria-selected": "false", "data-n": i },
          make("span", { class: "combo-title" }, e.title), make("span", { class: "combo-about" }, e.about));
        box.append(option);
      });
      if (shown.length === 0) list.append(make("div", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "Nothing matches"));
      list.hidden = false;
      field.setAttribute("aria-expanded", "true");
      mark(words.length > 0 ? 0 : Math.max(0, shown.findIndex((e) => e.value === select.value)));
      if (words.length > 0) says(shown.length + " found");
    };
    const close = () => {
      list.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const mark = (n) => {
      active = shown.length === 0 ? -1 : Math.min(Math.max(n, 0), shown.length - 1);
      for (const option of $$("[data-n]", list)) option.setAttribute("aria-selected", String(Number(option.dataset.n) === active));
      const option = active < 0 ? null : $('[data-n="' + active + '"]', list);
      if (!option) { field.removeAttribute("aria-activedescendant"); return; }
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    };
    const take = (n) => {
      const e = shown[n];
      close();
      if (!e) return;
      field.value = e.title;
      if (select.value === e.value) return;
      select.value = e.value;
      pick(e.value);
    };
    keepEnter(field);
    field.addEventListener("input", () => open(field.value));
    field.addEventListener("focus", () => field.select());
    field.addEventListener("blur", () => { close(); field.value = now(); });
    field.addEventListener("click", () => { if (list.hidden) open(""); });
    field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
      if (step) {
        event.preventDefault();
        if (list.hidden) open("");
        else mark(active + step);
      } else if (event.key === "Enter") {
        event.preventDefault(); // the form is not sent by choosing
        if (!list.hidden) take(active);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
        field.value = now();
      }
    });
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[data-n]");
      if (option) take(Number(option.dataset.n));
    });
    return field;
  }

  function types() {
    const select = $("[data-combo]", form), go = $("[data-change-type]", form);
    if (!select) return;
    const focus = "focus" in select.dataset;
    const field = combo(select, () => form.requestSubmit(go));
    go.hidden = true;
    if (focus) field.focus();
  }

  // ---- Filters by names: what is typed is looked for, what is chosen stands before it

  const nameLife = 250; // milliseconds without a key until names are looked for

  // chips turns a field of ids or values with commas into the names of what they stand for.
  function chips(input) {
    const id = input.id, list = input.dataset.names, most = Number(input.dataset.many ?? 0);
    const parts = input.nextElementSibling, titles = new Map();
    for (const part of $$("[data-chosen-name]", parts)) titles.set(part.dataset.chosenName, part.textContent);
    const offers = $$("[data-offer]", parts).map((part) => ({ id: part.dataset.offer, name: part.textContent }));
    for (const offer of offers) titles.set(offer.id, offer.name);
    const value = make("input", { type: "hidden", name: input.name, value: input.value });
    const ids = () => value.value.split(",").map((part) => part.trim()).filter(Boolean);
    const label = $('label[for="' + id + '"]', form);
    const chosen = make("div", { class: "chips-row", role: "toolbar", "aria-label": "Chosen: " + label.textContent.trim() });
    const box = make("div", { role: "listbox", id: id + "-names", class: "combo-list", "aria-label": label.textContent.trim(), hidden: true });
    const field = make("input", {
      id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "data-keep": true, "aria-expanded": "false",
      "aria-controls": box.id, "aria-autocomplete": "list", "aria-describedby": input.getAttribute("aria-describedby"),
    });
    const note = make("p", { class: "help" });
    input.replaceWith(value, make("div", { class: "combo-box" }, chosen, field, box), note);
    let shown = [], active = -1, wait = 0, asked = null;
    const company = () => { const on = $$('[name="company"]:checked', form); return on.length === 1 ? on[0].value : ""; };
    const renew = roving(chosen, "button");
    const render = () => {
      chosen.replaceChildren(...ids().map((each) => make("button", { type: "button", class: "small chip", "data-id": each },
        titles.get(each) ?? "No. " + each, make("span", { "aria-hidden": "true" }, "×"), make("span", { class: "hidden" }, " take out"))));
      chosen.hidden = ids().length === 0;
      renew();
      const locked = Boolean(list) && !company();
      field.disabled = locked;
      note.textContent = locked
        ? "Choose one company to pick by name" + (ids().length ? ". What is chosen here counts by its number in each company" : "") + "."
        : "";
      field.placeholder = locked ? "" : list ? "Type a name" : "Type to search";
    };
    const set = (next) => {
      value.value = next.join(",");
      render();
      touch(field);
      changedBy(form);
      soon();
    };
    const close = () => {
      box.hidden = true;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    };
    const mark = (n) => {
      active = shown.length === 0 ? -1 : Math.min(Math.max(n, 0), shown.length - 1);
      $$("[data-n]", box).forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
      const option = $$("[data-n]", box)[active];
      if (!option) { field.removeAttribute("aria-activedescendant"); return; }
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    };
    const offer = (found, problem) => {
      shown = found.filter((each) => !ids().includes(each.id));
      box.replaceChildren(...shown.map((each, i) => make("div", { role: "option", id: box.id + "-" + i, "data-n": i, "aria-selected": "false" }, each.name)));
      if (shown.length === 0) box.append(make("div", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, problem || "Nothing matches"));
      box.hidden = false;
      field.setAttribute("aria-expanded", "true");
      mark(0);
      says(problem || shown.length + " found");
    };
    const look = async () => {
      const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      if (!list) {
        offer(offers.filter((each) => words.every((word) => (each.name + " " + each.id).toLowerCase().includes(word))));
        return;
      }
      asked?.abort();
      const mine = asked = new AbortController();
      const query = new URLSearchParams({ company: company(), list, q: field.value });
      try {
        const answer = await fetch("/exporters/names?" + query, { signal: mine.signal, headers: { "X-Fragment": "1" } });
        if (answer.redirected) { sessionEnded(); return; }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (document.activeElement !== field) return;
        const found = $$("[data-id]", page).map((item) => ({ id: item.dataset.id, name: item.textContent }));
        for (const each of found) titles.set(each.id, each.name);
        if (ids().some((each) => titles.has(each))) render();
        offer(found, $("[data-names-error]", page)?.textContent ?? (answer.ok ? "" : "The names cannot be read now."));
      } catch {
        return;
      }
    };
    const take = (n) => {
      const each = shown[n];
      if (!each) return;
      titles.set(each.id, each.name);
      close();
      field.value = "";
      set(most === 1 ? [each.id] : [...ids(), each.id]);
      says(each.name + " is chosen");
    };
    keepEnter(field);
    field.addEventListener("input", () => {
      clearTimeout(wait);
      if (!field.value.trim()) { close(); return; }
      wait = setTimeout(look, list ? nameLife : 0);
    });
    field.addEventListener("blur", () => { close(); field.value = ""; });
    field.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        if (box.hidden) look();
        else mark(active + step);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!box.hidden) take(active);
      } else if (event.key === "Backspace" && !field.value && ids().length) {
        set(ids().slice(0, -1));
      } else if (event.key === "Escape" && !box.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
      }
    });
    box.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-n]");
      if (option) take(Number(option.dataset.n));
    });
    chosen.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-id]");
      if (!chip) return;
      set(ids().filter((each) => each !== chip.dataset.id));
      field.focus();
    });
    for (const each of $$('[name="company"]', form)) each.addEventListener("change", () => setTimeout(render));
    render();
  }

  // ---- Columns: those in the sheet, and all others

  function columns() {
    const list = $("[data-columns]", form), box = $("[data-pick]", form);
    const lines = $("#option-lines", form);
    const titles = new Map($$('[name^="title."]', form).map((input) => [input.name.slice("title.".length), input.value]));
    const all = $$("li", list).map((item) => {
      const input = $("input", item);
      return {
        key: input.value, title: item.dataset.title, kind: $(".tag", item).textContent, line: "line" in item.dataset,
        help: $(".help", item)?.textContent ?? "", on: input.checked,
      };
    });
    const of = new Map(all.map((column) => [column.key, column]));
    let chosen = all.filter((column) => column.on).map((column) => column.key), active = chosen[0] ?? "";
    list.remove();
    $("#titles", form).remove();

    const inputs = make("div", { hidden: true });
    const count = make("span", { class: "none" });
    const chosenList = make("ul", { role: "listbox", class: "pick-list", "aria-labelledby": "pick-chosen", "aria-describedby": "pick-keys" });
    const title = make("input", { id: "pick-title", maxlength: "200", autocomplete: "off" });
    const tool = (name, act, icon) => {
      const button = make("button", { type: "button", class: "small", "data-pick-tool": act });
      const drawing = $('[data-pick-icon="' + icon + '"]', form)?.content.cloneNode(true);
      if (drawing) button.append(drawing);
      button.append(name);
      return button;
    };
    const bar = make("div", { class: "pick-tools", role: "toolbar", "aria-label": "The marked column" },
      tool("Up", "up", "up"), tool("Down", "down", "down"), tool("Take out", "out", "cross"));
    const search = make("input", { id: "pick-search", type: "search", autocomplete: "off", placeholder: "Find a column" });
    const others = make("ul", { role: "listbox", class: "pick-list", "aria-labelledby": "pick-others" });
    box.append(
      make("div", { class: "pick-side" },
        make("div", { class: "pick-head" }, make("strong", { id: "pick-chosen" }, "In the sheet"), count),
        chosenList,
        make("p", { class: "help", id: "pick-keys" }, "Drag, or press Alt with ↑ or ↓, to put them in order. Delete takes one out."),
        make("div", { class: "pick-edit", id: "titles", tabindex: "-1" },
          make("div", { class: "field" }, make("label", { for: "pick-title" }, "Title in the sheet"), title), bar)),
      make("div", { class: "pick-side" },
        make("div", { class: "pick-head" }, make("strong", { id: "pick-others" }, "Others"), make("label", { class: "hidden", for: "pick-search" }, "Find a column"), search),
        others,
        make("p", { class: "help" }, "Enter or a click puts one into the sheet, below the marked one.")),
      inputs);
    box.hidden = false;

    const nameOf = (key) => titles.get(key) || of.get(key).title;
    const isOff = (column) => column.line && lines && !lines.checked;
    const option = (column, position) => make("li", {
      role: "option", "data-key": column.key, draggable: position >= 0 ? "true" : null, title: column.help || null,
      "data-off": isOff(column), "aria-selected": "false", tabindex: "-1",
    }, make("span", { class: "pick-name" }, position >= 0 ? nameOf(column.key) : column.title),
    make("span", { class: "tag" }, position >= 0 && titles.get(column.key) ? column.title : isOff(column) ? "lines only" : column.kind));

    function render(focus) {
      const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const left = all.filter((column) => !chosen.includes(column.key));
      const found = left.filter((column) => {
        const text = (column.title + " " + column.key + " " + column.help).toLowerCase();
        return wanted.every((word) => text.includes(word));
      });
      if (!chosen.includes(active)) active = chosen[0] ?? "";
      const kept = others.dataset.at;
      chosenList.replaceChildren(...chosen.map((key, i) => option(of.get(key), i)));
      others.replaceChildren(...found.map((column) => option(column, -1)));
      if (found.length === 0) others.append(make("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false", tabindex: "0" }, left.length ? "Nothing matches" : "All are in the sheet"));
      if (chosen.length === 0) chosenList.append(make("li", { class: "none", role: "option", "aria-disabled": "true", "aria-selected": "false", tabindex: "0" }, "None yet"));
      markIn(chosenList, active);
      markIn(others, found.some((column) => column.key === kept) ? kept : found[0]?.key);
      const named = active ? nameOf(active) : "";
      title.value = active ? titles.get(active) ?? "" : "";
      title.placeholder = active ? of.get(active).title : "";
      title.disabled = !active;
      bar.setAttribute("aria-label", named || "No column");
      count.textContent = chosen.filter((key) => !isOff(of.get(key))).length + " chosen";
      inputs.replaceChildren(...chosen.map((key) => make("input", { type: "hidden", name: "column", value: key })),
        ...[...titles].filter(([, text]) => text).map(([key, text]) => make("input", { type: "hidden", name: "title." + key, value: text })));
      if (focus) $('[data-key="' + CSS.escape(focus) + '"]', box)?.focus();
    }
    function markIn(where, key) {
      for (const item of $$("[data-key]", where)) {
        const on = item.dataset.key === key;
        item.tabIndex = on ? 0 : -1;
        item.setAttribute("aria-selected", String(on && where === chosenList));
      }
      if (where === others) others.dataset.at = key ?? "";
    }
    const told = () => { touch(box); changedBy(form); soon(); };
    const mark = (key) => {
      active = key;
      markIn(chosenList, key);
      title.value = titles.get(key) ?? "";
      title.placeholder = of.get(key).title;
      title.disabled = false;
      bar.setAttribute("aria-label", nameOf(key));
    };
    function move(key, to, focus) {
      const from = chosen.indexOf(key);
      if (from < 0 || to < 0 || to >= chosen.length || to === from) return;
      chosen.splice(to, 0, ...chosen.splice(from, 1));
      active = key;
      render(focus ? key : null);
      says(nameOf(key) + ", " + (to + 1) + " of " + chosen.length);
      told();
    }
    function out(key, focus) {
      const at = chosen.indexOf(key);
      if (at < 0) return;
      chosen.splice(at, 1);
      active = chosen[Math.min(at, chosen.length - 1)] ?? "";
      render(focus ? active : null);
      says(nameOf(key) + " is taken out");
      told();
    }
    function add(key) {
      const at = $$("[data-key]", others).findIndex((item) => item.dataset.key === key);
      chosen.splice(active ? chosen.indexOf(active) + 1 : chosen.length, 0, key);
      active = key;
      render(null);
      const rest = $$("[data-key]", others), next = rest[Math.min(Math.max(at, 0), rest.length - 1)];
      if (next) markIn(others, next.dataset.key);
      (next ?? search).focus();
      says(nameOf(key) + " is in the sheet, " + (chosen.indexOf(key) + 1) + " of " + chosen.length);
      told();
    }
    function steer(where, event, on) {
      const items = $$("[data-key]", where), at = items.indexOf(event.target.closest("[data-key]"));
      if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
      let next = to === undefined ? null : items[Math.min(Math.max(to, 0), items.length - 1)];
      if (to === undefined && event.key.length === 1 && event.key !== " ")
        next = [...items.slice(at + 1), ...items.slice(0, at + 1)].find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()));
      if (!next && to === undefined) return false;
      event.preventDefault();
      if (next) { on(next.dataset.key); next.focus(); }
      return true;
    }

    chosenList.addEventListener("keydown", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (!key) return;
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (event.altKey && step) {
        event.preventDefault();
        move(key, chosen.indexOf(key) + step, true);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        out(key, true);
      } else if (event.key === "F2" || event.key === "Enter") {
        event.preventDefault();
        title.focus();
      } else {
        steer(chosenList, event, mark);
      }
    });
    chosenList.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (key) mark(key);
    });
    others.addEventListener("keydown", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (!key) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        add(key);
      } else {
        steer(others, event, (to) => markIn(others, to));
      }
    });
    others.addEventListener("click", (event) => {
      const key = event.target.closest("[data-key]")?.dataset.key;
      if (key) add(key);
    });
    search.addEventListener("input", () => { render(null); says($$("[data-key]", others).length + " columns found"); });
    search.addEventListener("keydown", (event) => {
      const first = $("[data-key]", others);
      if (event.key === "Enter") {
        event.preventDefault();
        if (first) { add(first.dataset.key); search.focus(); search.select(); }
      } else if (event.key === "ArrowDown" && first) {
        event.preventDefault();
        first.focus();
      }
    });
    title.addEventListener("input", () => {
      if (!active) return;
      titles.set(active, title.value.trim());
      const at = title.selectionStart, typed = title.value;
      render(null);
      title.value = typed;
      title.setSelectionRange(at, at);
    });
    title.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      $('[data-key="' + CSS.escape(active) + '"]', chosenList)?.focus();
    });
    keepEnter(search, title);
    roving(bar, "button");
    bar.addEventListener("click", (event) => {
      const act = event.target.closest("[data-pick-tool]")?.dataset.pickTool;
      if (!act || !active) return;
      if (act === "out") out(active, false);
      else move(active, chosen.indexOf(active) + (act === "up" ? -1 : 1), false);
    });

    let dragged = null;
    chosenList.addEventListener("dragstart", (event) => {
      dragged = event.target.closest?.("[data-key]")?.dataset.key ?? null;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", dragged ?? "");
    });
    chosenList.addEventListener("dragover", (event) => {
      const over = event.target.closest("[data-key]");
      if (!dragged || !over) return;
      event.preventDefault();
      const bounds = over.getBoundingClientRect();
      for (const item of $$("[data-drop]", chosenList)) item.removeAttribute("data-drop");
      over.dataset.drop = event.clientY < bounds.top + bounds.height / 2 ? "before" : "after";
    });
    chosenList.addEventListener("drop", (event) => {
      const over = event.target.closest("[data-key]");
      if (!dragged || !over) return;
      event.preventDefault();
      let to = chosen.indexOf(over.dataset.key) + (over.dataset.drop === "after" ? 1 : 0);
      if (chosen.indexOf(dragged) < to) to--;
      move(dragged, to, false);
    });
    chosenList.addEventListener("dragend", () => {
      dragged = null;
      for (const item of $$("[data-drop]", chosenList)) item.removeAttribute("data-drop");
    });
    lines?.addEventListener("change", () => render(null));
    render(null);
  }

  // ---- Filters: comparisons and values by the kind of the column

  function filterRow(row) {
    const [column, op] = $$("select", row), value = $('[name="filter_value"]', row);
    const all = $$("option", op).map((option) => ({ option, words: option.textContent }));
    const choice = make("select", { "aria-label": "Value", hidden: true },
      make("option", { value: "true" }, "yes"), make("option", { value: "false" }, "no"));
    value.after(choice);
    choice.addEventListener("input", () => { value.value = choice.value; });
    const update = () => {
      const kind = column.selectedOptions[0]?.dataset.cell ?? "";
      for (const { option, words: usual } of all) {
        option.textContent = kind.startsWith("date") ? option.dataset.date : usual;
        const fits = !kind || option.dataset.kinds.split(" ").includes(kind);
        option.hidden = option.disabled = !fits && !option.selected;
      }
      if (op.selectedOptions[0] && kind && !op.selectedOptions[0].dataset.kinds.split(" ").includes(kind) && !value.value) op.value = "=";
      const needs = kind && !op.value.endsWith("empty"), yes = kind === "bool";
      op.closest(".field").hidden = !kind;
      value.closest(".field").hidden = !needs;
      value.type = kind === "date" && (!value.value || /^\d{4}-\d\d-\d\d$/.test(value.value)) ? "date" : "text";
      value.inputMode = kind === "number" || kind === "money" ? "decimal" : "text";
      value.hidden = yes;
      choice.hidden = !yes;
      if (yes) {
        if (!["true", "false"].includes(value.value)) value.value = "true";
        choice.value = value.value;
      }
    };
    row.addEventListener("change", update);
    update();
  }

  function filters() {
    const box = $("[data-filters]", form), more = $("[data-add-filter]", form);
    if (!box) return;
    const spare = $$(".filter-row", box).at(-1).cloneNode(true);
    for (const row of $$(".filter-row", box)) filterRow(row);
    more.hidden = false;
    more.addEventListener("click", () => {
      const n = $$(".filter-row", box).length, row = spare.cloneNode(true);
      row.setAttribute("aria-label", "Filter " + n);
      for (const part of $$("[id], [for]", row))
        for (const name of ["id", "for"]) {
          const value = part.getAttribute(name);
          if (value) part.setAttribute(name, value.replace(/filter-\d+/, "filter-" + n));
        }
      box.append(row);
      filterRow(row);
      $("select", row).focus();
    });
  }

  // ---- The spreadsheet: chosen or pasted, and looked at at once

  function places() {
    const book = $("[data-book]", form), other = $("[data-other-book]", form), box = $("#place", form);
    const account = $("#account", form), check = $("[data-check-place]", form);
    if (!book || !box) return;
    let wait = 0, asked = null, last = "";
    const update = () => {
      const off = book.value !== "other" || $("#kind", form).value !== "sheet";
      other.hidden = off;
    };
    const name = () => (book.value === "other" ? $("#spreadsheet", form).value.trim() : book.value === "new" ? "" : book.value);
    const lookAt = async (announced) => {
      asked?.abort();
      const mine = asked = new AbortController();
      box.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch("/exporters/place", {
          method: "POST", body: posted(), signal: mine.signal, headers: { "X-Fragment": "1", "X-Background": "1" },
        });
        if (answer.redirected) { sessionEnded(); return; }
        if (!answer.ok) return;
        box.innerHTML = await answer.text();
        $("#tabs", form).replaceChildren(...$$("[data-tab]", box).map((tab) => make("option", { value: tab.textContent })));
        if (announced) announce(box);
      } catch {
        return;
      } finally {
        if (asked === mine) box.removeAttribute("aria-busy");
      }
    };
    const soonAt = () => {
      clearTimeout(wait);
      const now = [name(), account.value, $("#sheet", form).value, $("#start", form).value].join("\n");
      if (!name()) { box.replaceChildren(); last = ""; return; }
      if (now === last) return;
      wait = setTimeout(() => { last = now; lookAt(true); }, 700);
    };
    book.addEventListener("change", () => {
      const by = book.selectedOptions[0].dataset.account;
      if (by && [...account.options].some((option) => option.value === by)) account.value = by;
      update();
      soonAt();
      if (book.value === "other") $("#spreadsheet", form).focus();
    });
    for (const id of ["account", "spreadsheet", "sheet", "start"]) $("#" + id, form).addEventListener("input", soonAt);
    check.addEventListener("click", (event) => { event.preventDefault(); lookAt(true); });
    $("#kind", form).addEventListener("change", () => setTimeout(update));
    update();
  }

  for (const part of $$("[data-noscript]", form)) part.hidden = true;
  for (const part of $$("[data-scripted]", form)) part.hidden = false;
  companies();
  for (const input of $$("[data-names], [data-many]", form)) chips(input);
  types();
  columns();
  filters();
  places();
  reveal(location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null);
})();
