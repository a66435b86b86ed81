// One stream of news for all tabs of a browser, held by a shared worker: browsers open only six connections to a host.
// The stream is open while at least one tab is visible. Without shared workers, each visible tab has its own.
"use strict";

function openNews(address, tell) {
  let source = null;
  return {
    open() {
      if (source && source.readyState !== EventSource.CLOSED) return;
      source = new EventSource(address);
      source.addEventListener("open", () => tell({ kind: "open" }));
      source.addEventListener("run", (event) => tell({ kind: "run", ...JSON.parse(event.data) }));
      source.addEventListener("error", () => {
        // Closed for good means that the server has refused: the session has ended. Otherwise the browser tries again.
        if (source?.readyState === EventSource.CLOSED) tell({ kind: "ended" });
      });
    },
    close() {
      source?.close();
      source = null;
    },
  };
}

if (typeof SharedWorkerGlobalScope !== "undefined" && self instanceof SharedWorkerGlobalScope) {
  const visible = new Set();
  let news = null;
  const tell = (message) => { for (const port of visible) port.postMessage(message); };
  self.addEventListener("connect", (event) => {
    const port = event.ports[0];
    port.addEventListener("message", ({ data }) => {
      news ??= openNews(data.address, tell);
      if (data.visible) visible.add(port);
      else visible.delete(port);
      if (visible.size > 0) news.open();
      else news.close();
    });
    port.start();
  });
}
