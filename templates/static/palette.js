// The command palette: Ctrl K or Cmd K opens it over any page. Without scripts, its button leads to a page that finds
// the same.
"use strict";

(() => {
  const opener = document.querySelector("[data-palette]");
  if (!opener || !window.HTMLDialogElement) return;
  let dialog, input, results, status, wait = 0, asked = 0, chosen = -1;

  function build() {
    dialog = document.createElement("dialog");
    dialog.className = "palette";
    dialog.setAttribute("aria-label", "Search and commands");
    dialog.innerHTML = `<form method="get" action="/search">
      <input name="q" type="text" role="combobox" aria-label="Search, or say what to do" aria-expanded="true" aria-controls="palette-list"
        aria-autocomplete="list" autocomplete="off" spellcheck="false" placeholder="An exporter, a company, a page; or run, pause and a name">
      <button type="button" class="plain" data-close>Close</button></form>
      <div class="results"><div role="listbox" id="palette-list" aria-label="Results"></div></div>
      <p class="keys" aria-hidden="true"><kbd>↑</kbd> <kbd>↓</kbd> choose, <kbd>Enter</kbd> go, <kbd>Esc</kbd> close</p>
      <p class="hidden" role="status"></p>`;
    document.body.append(dialog);
    input = dialog.querySelector("input");
    results = dialog.querySelector(".results");
    status = dialog.querySelector("[role=status]");
    input.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(ask, 120); });
    input.addEventListener("keydown", steer);
    dialog.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); go(options()[chosen]); });
    results.addEventListener("mousemove", (event) => {
      const at = options().indexOf(event.target.closest("[role=option]"));
      if (at >= 0 && at !== chosen) choose(at, false);
    });
    results.addEventListener("click", (event) => go(event.target.closest("[role=option]"), event.ctrlKey || event.metaKey));
    dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(); });
    dialog.addEventListener("close", () => { clearTimeout(wait); asked++; input.value = ""; });
  }

  const options = () => [...results.querySelectorAll("[role=option]")];

  async function ask() {
    const mine = ++asked;
    let text;
    try {
      const answer = await fetch("/search?q=" + encodeURIComponent(input.value), { headers: { "X-Fragment": "1" } });
      if (answer.redirected || !answer.ok) { // the session has ended
        if (mine === asked) location.href = "/search?q=" + encodeURIComponent(input.value);
        return;
      }
      text = await answer.text();
    } catch {
      text = "";
    }
    if (mine !== asked) return;
    if (!text) {
      status.textContent = "The server cannot be reached.";
      return;
    }
    results.innerHTML = text;
    status.textContent = results.firstElementChild.dataset.count;
    choose(0);
  }

  function choose(at, follow = true) {
    const list = options();
    chosen = list.length === 0 ? -1 : (at + list.length) % list.length;
    for (const [i, option] of list.entries()) option.setAttribute("aria-selected", i === chosen);
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list[chosen].id);
    if (chosen === 0) results.firstElementChild.scrollTop = 0;
    else if (follow) list[chosen].scrollIntoView({ block: "nearest" });
  }

  function steer(event) {
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: Math.min(chosen + 6, options().length - 1), PageUp: Math.max(chosen - 6, 0) }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      choose(to);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      go(options()[chosen], true);
    }
  }

  function go(option, aside = false) {
    if (!option) return;
    const { href, post } = option.dataset;
    if (post) {
      const form = document.createElement("form");
      form.method = "post";
      form.action = post;
      document.body.append(form);
      form.submit();
    } else if (aside) {
      window.open(href, "_blank", "noopener");
    } else {
      dialog.close();
      location.href = href;
    }
  }

  function open() {
    if (!dialog) build();
    if (dialog.open) return dialog.close();
    if (document.querySelector("dialog[open]")) return;
    dialog.showModal();
    input.focus();
    ask();
  }

  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey || event.ctrlKey === event.metaKey) return;
    event.preventDefault();
    open();
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) opener.title = opener.title.replace("Ctrl K", "⌘ K");
})();
