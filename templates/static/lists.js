// What makes long lists quicker for those who have scripts: ticking by range and by keyboard, and how many are ticked.
"use strict";

(() => {
  const bulk = document.querySelector("[data-bulk]");
  if (!bulk) return;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const boxes = () => all('input[name="id"][form="bulk"]');
  const page = document.querySelector("[data-pick-page]"), whole = bulk.querySelector("[data-pick-all]");
  const said = bulk.querySelector("[data-picked]");
  let last = null; // the box that was ticked last, where a range begins

  function update() {
    const list = boxes(), ticked = list.filter((box) => box.checked);
    page.checked = list.length > 0 && ticked.length === list.length;
    page.indeterminate = ticked.length > 0 && !page.checked;
    const everything = whole?.checked ?? false;
    bulk.hidden = ticked.length === 0 && !everything;
    document.documentElement.classList.toggle("picking", !bulk.hidden);
    const text = everything ? "Ticked:" : ticked.length + (ticked.length === 1 ? " exporter ticked" : " exporters ticked");
    if (said.textContent !== text) said.textContent = text;
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.('input[name="id"][form="bulk"]');
    if (!box) return;
    const list = boxes();
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      for (const between of list.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    update();
  });
  document.addEventListener("change", (event) => {
    if (event.target === page) for (const box of boxes()) box.checked = page.checked;
    if (event.target === page || event.target === whole) update();
  });
  // x ticks the row that has the focus, and X all rows from the one that was ticked last.
  document.addEventListener("keydown", (event) => {
    if (!("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key !== "x" && event.key !== "X") return;
    const typing = event.target.closest('select, textarea, input:not([type="checkbox"]), dialog');
    const box = event.target.closest("tr")?.querySelector('input[name="id"][form="bulk"]');
    if (typing || !box) return;
    event.preventDefault();
    box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: event.shiftKey }));
  });
  // Live lists bring rows and take them away.
  const table = document.querySelector('[data-region="exporters"]');
  new MutationObserver(update).observe(table, { childList: true, subtree: true });
  window.addEventListener("pageshow", update); // coming back, a browser may have ticked what was ticked before
  page.hidden = false;
  update();
})();
