// Before the first paint: take the theme that Airflow's switch has set. The system's is the default.
"use strict";
const applyTheme = () => {
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden in a frame: the system's theme stays.
  }
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
};
applyTheme();
addEventListener("storage", applyTheme);
