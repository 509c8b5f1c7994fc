// The order of stages by dragging; the buttons beside them do the same.
(() => {
  "use strict";
  const drag = () => {
    const list = document.querySelector("[data-order]");
    if (!list || Sortable.get(list)) return;
    new Sortable(list, {
      handle: ".grip", animation: 0, forceFallback: true, fallbackTolerance: 4,
      ghostClass: "ghost", delay: 120, delayOnTouchOnly: true,
      onEnd: ({ item, oldIndex, newIndex }) => {
        if (oldIndex === newIndex) return;
        const { path, version } = item.dataset;
        const stages = document.getElementById("stages");
        const back = () => list.insertBefore(item, list.children[oldIndex + (newIndex < oldIndex ? 1 : 0)] ?? null);
        const values = { position: newIndex + 1, version };
        htmx.ajax("POST", path, { source: stages, target: stages, swap: "outerHTML", values })
          .finally(() => item.isConnected && back());
      },
    });
  };
  // The stages are a part of the pipeline: its own form goes on with the version that they left.
  const follow = () => {
    const { before, version } = document.getElementById("stages").dataset;
    const field = document.querySelector("[aria-labelledby=own] [name=version]");
    if (field.value === before) field.value = version;
  };
  // The list is new after each answer: the focus goes to the button that was pressed.
  let pressed = "";
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => { pressed = ctx.sourceElement.id; });
  document.addEventListener("htmx:after:swap", () => {
    drag();
    follow();
    const button = /^(up|down)-/.test(pressed) && document.getElementById(pressed);
    if (button) (button.disabled ? button.parentElement.querySelector("button:enabled") : button).focus();
  });
  drag();
})();
