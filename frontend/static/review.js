// The list of renewals to decide about: one tick for all rows of its table.
(() => {
  "use strict";
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-every]")) return;
    for (const one of target.form.querySelectorAll("[name=chosen]")) one.checked = target.checked;
  });
})();
