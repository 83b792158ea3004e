"use strict";
// Runs before the page is drawn, so that a chosen theme does not flash.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage is closed: the system's theme stays */ }
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
