// The interactive reference of the API.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const { theme } = document.documentElement.dataset;
  const isDark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark-mode", isDark);
  const place = document.getElementById("reference");
  SwaggerUIBundle({ url: place.dataset.openapi, domNode: place, defaultModelsExpandDepth: 0 });
});
