// How the pages look changes at once, and nothing that is written beside it is lost.
(() => {
  "use strict";
  const mark = (element, name, value) => {
    if (value) element.dataset[name] = value;
    else delete element.dataset[name];
  };
  document.addEventListener("look", ({ detail: { theme, density, keys } }) => {
    mark(document.documentElement, "theme", theme);
    mark(document.documentElement, "density", density);
    document.body.toggleAttribute("data-keys", !keys);
  });
})();
