// Without this script the page works, too: it only counts down, and notices when the work has another state.
"use strict";
(() => {
  const bar = document.querySelector("[data-state]");
  if (!bar) return;
  const left = bar.querySelector("[data-left]");
  const frame = document.querySelector("iframe");
  let seconds = Number(left.dataset.left);
  const show = () => {
    const s = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    left.textContent = `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  };
  const look = async () => {
    const answer = await fetch(bar.dataset.state, { headers: { Accept: "application/json" } });
    const { status } = await answer.json();
    if (status !== bar.dataset.stay) location.assign(status === "Gone" ? bar.dataset.list : location.href);
  };
  show();
  setInterval(() => { seconds -= 1; show(); }, 1000);
  setInterval(() => { look().catch(() => {}); }, 3000);
  frame?.addEventListener("load", () => { look().catch(() => {}); });
})();
