// A password that can be looked at.
(() => {
  "use strict";
  for (const field of document.querySelectorAll("input[data-shown]")) {
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "btn ghost", textContent: field.dataset.shown,
    });
    const around = Object.assign(document.createElement("span"), { className: "shows" });
    field.replaceWith(around);
    around.append(field, button);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      field.focus();
    });
  }
})();
