// Two comforts; every page works without them: parts of a page that follow what happens, and buttons that copy.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    button.textContent = button.dataset.done;
  });
}

const live = document.querySelector("[data-live]");
if (live && window.EventSource) {
  let first = true;
  const events = new EventSource(live.dataset.live);
  events.onmessage = async () => {
    if (first) { first = false; return; }
    const part = document.getElementById(live.id);
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) return;
    const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
    if (!answer.ok || answer.redirected) { events.close(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(live.id);
    if (fresh) part.replaceWith(fresh);
  };
}
