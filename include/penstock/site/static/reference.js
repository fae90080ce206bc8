// The interactive reference of the API.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("reference");
  SwaggerUIBundle({ url: place.dataset.openapi, domNode: place, deepLinking: true, defaultModelsExpandDepth: 0 });
});
