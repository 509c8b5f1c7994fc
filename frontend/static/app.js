// What every page does: guards requests, says what happened, opens dialogs and the drawer, hears keys.
(() => {
  "use strict";
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const body = document.body;
  const marks = new Set([body.dataset.n]);
  let csrf = $("meta[name=csrf]").content;
  const STAYS = 10_000; // milliseconds of a toast
  const listen = (name, heard, capture) => document.addEventListener(name, heard, capture);
  const tell = (name) => document.dispatchEvent(new CustomEvent(name));

  // Requests: only elements that we rendered send any; what changes something carries the token.
  const ours = (element) => marks.has(element?.dataset?.n);
  listen("htmx:config:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (!ours(sourceElement)) return event.preventDefault();
    if (request.method !== "GET") request.headers["X-CSRF-Token"] = csrf;
  }, true);
  listen("htmx:sse:before:connection", (event) => ours(event.target) || event.preventDefault(), true);

  // SortableJS asks every 50 ms where the hand is: a quick one has let go elsewhere by then.
  listen("pointerup", () => window.Sortable?.active?._emulateDragOver(), true);

  // Signed out elsewhere: who signs in elsewhere again goes on here, with what he has typed.
  let out = false;
  listen("out", () => { out = true; });
  addEventListener("focus", async () => {
    const answer = out && await fetch(location.href);
    if (!answer || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    out = false;
    csrf = $("meta[name=csrf]", page).content;
    marks.add(page.body.dataset.n);
    for (const door of all("#toasts [data-door]")) door.parentNode.remove();
  });

  // What is swapped in is open where what it replaces was, and has the focus; so has its heading
  // where what had it is gone.
  let kept = [];
  let held;
  listen("htmx:before:swap", () => {
    held = document.activeElement;
    kept = [$("details[open][id]")?.id, held.id || held.closest("[data-field]")?.id];
  });
  listen("htmx:after:swap", ({ detail: { ctx } }) => {
    const [opened, focused, place] = [...kept, ctx.target?.id].map((id) => id && document.getElementById(id));
    if (opened) opened.open = true;
    if (held === body || document.activeElement !== body) return;
    const goal = focused ? $("button", focused) ?? focused
      : place && $(place === dialog ? FIRST : "h1[tabindex], h2[tabindex]", place);
    goal?.focus?.({ preventScroll: true });
  });
  listen("noted", ({ target }) => target.reset?.()); // the form that was sent is kept as it stands

  // What is typed and not sent is not left without a question.
  const mind = (form) => {
    window.onbeforeunload = form && ((event) => form.isConnected && event.preventDefault());
  };
  listen("input", ({ target }) => target.form?.method === "post" && mind(target.form));
  listen("submit", () => mind(null));

  // A thin bar, when an answer is long in coming.
  const busy = $("#busy");
  let waiting = 0;
  listen("htmx:before:request", () => {
    waiting += 1;
    setTimeout(() => waiting && busy?.classList.add("on"), 400);
  });
  listen("htmx:finally:request", () => {
    waiting = Math.max(0, waiting - 1);
    if (!waiting) busy?.classList.remove("on");
  });

  // Said to who listens: politely, or at once.
  const say = (text, alarm) => {
    const place = $(alarm ? "#alarm" : "#said");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = text; }, 50);
  };

  // Toasts: ten seconds, but not while the mouse or the focus rests on one.
  const toasts = $("#toasts");
  const toast = ({ text, tone = "", undo, values, retry, door }) => {
    if (!toasts) return;
    const one = $("#toast").content.firstElementChild.cloneNode(true);
    let timer;
    const gone = () => { clearTimeout(timer); one.remove(); };
    const stay = () => clearTimeout(timer);
    const go = () => { stay(); if (!door) timer = setTimeout(gone, STAYS); };
    $("span", one).textContent = text;
    if (tone) one.classList.add(tone);
    const button = (name, does) => {
      const found = $(`[data-${name}]`, one);
      if (!does) return found.remove();
      found.addEventListener("click", () => { gone(); does(); });
    };
    button("undo", undo && (() => htmx.ajax("POST", undo, { source: "#inbox", target: "#inbox", values })));
    button("retry", retry);
    door ? $("[data-door]", one).href = door : $("[data-door]", one).remove();
    button("close", () => {});
    one.addEventListener("pointerenter", stay);
    one.addEventListener("focusin", stay);
    one.addEventListener("pointerleave", go);
    one.addEventListener("focusout", go);
    while (toasts.childElementCount > 2) toasts.firstElementChild.remove();
    above();
    toasts.append(one);
    say(text, tone === "bad");
    go();
  };
  // While a dialog is open, nothing outside it can be clicked: what is said comes into it.
  const above = () => {
    ($("dialog:modal") ?? body).append(toasts);
    toasts.popover = "manual";
    toasts.showPopover();
  };
  const empty = (box) => {
    if (box.contains(toasts)) above();
    box.replaceChildren();
  };
  listen("htmx:after:swap", () => toasts?.isConnected === false && above());
  listen("toast", (event) => toast(event.detail));

  // Failures that no answer explains.
  const again = (ctx) => () => {
    const { sourceElement: element, request } = ctx;
    if (element.matches(".asks")) body.append(element);
    if (!element.isConnected) return location.reload();
    if (element.matches("form")) return element.requestSubmit(request.submitter ?? undefined);
    const values = request.body ? Object.fromEntries(request.body) : undefined;
    return htmx.ajax(request.method, request.action, { source: element, target: ctx.target, swap: ctx.swap, values });
  };
  listen("htmx:response:error", ({ detail: { ctx } }) => {
    if (!ctx.hx?.trigger && !ctx.hx?.redirect && ctx.response.status >= 500) {
      toast({ text: body.dataset.failed, tone: "bad", retry: again(ctx) });
    }
  });
  listen("htmx:error", ({ detail: { ctx } }) => {
    if (ctx?.request) toast({ text: body.dataset.offline, tone: "bad", retry: again(ctx) });
  });

  // The dialog opens when something is put into it, and empties when it closes. Who has put it
  // there hears `dialog:done` or `dialog:cancelled`.
  const dialog = $("#dlg");
  const drawer = $("#drawer");
  const filled = (box, opened) => box && new MutationObserver(() => {
    if (box.childElementCount && !box.open && box.returnValue !== "done") { box.showModal(); opened?.(); }
    else if (!box.childElementCount && box.open) box.close("done");
  }).observe(box, { childList: true });
  const FIRST = "input:not([type=hidden]), select, textarea";
  let opener; // the address of what is in the dialog: another button may ask for it by now
  filled(dialog, () => {
    if (!$("[autofocus]", dialog)) $(FIRST, dialog)?.focus();
  });
  listen("click", ({ target }) => {
    const asks = target.closest?.("[hx-target='#dlg']");
    if (asks && !dialog.contains(asks)) opener = asks.getAttribute("hx-get");
  }, true);
  dialog?.addEventListener("close", () => {
    const done = dialog.returnValue === "done";
    dialog.returnValue = "";
    empty(dialog);
    if (opener && document.activeElement === body) ($(`[hx-get="${CSS.escape(opener)}"]`) ?? $("#main")).focus();
    tell(done ? "dialog:done" : "dialog:cancelled");
  });
  listen("done", () => { // what was said with it outlives it
    if (!dialog?.open) return;
    dialog.close("done");
    if (dialog.contains(toasts)) above();
  });

  // The drawer has its own place in the history: Back closes it and asks the server nothing, for
  // what it lay over is still there.
  const PLACE = { drawer: 1, htmx: true }; // htmx restores what bears its mark, and tells before
  const address = () => location.pathname + location.search;
  let shown = address(); // of what the page shows, without its drawer
  let going;
  if (!history.state) history.replaceState({ htmx: true }, "");
  filled(drawer, () => history.pushState(PLACE, "", going));
  listen("click", (event) => {
    const link = event.target.closest?.("a[data-drawer]");
    if (!link || !drawer || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const inside = drawer.contains(link);
    going = link.href;
    htmx.ajax("GET", link.href, { source: drawer, target: drawer, swap: "innerHTML" }).then(() => {
      if (inside && drawer.open) history.replaceState(PLACE, "", going);
    });
  });
  drawer?.addEventListener("close", () => {
    drawer.returnValue = "";
    empty(drawer);
    tell("drawer:closed");
    const held = document.activeElement; // a step back in the history takes the focus away
    const resume = () => document.activeElement === body && held.focus({ preventScroll: true });
    held.addEventListener("blur", () => setTimeout(resume), { once: true, signal: AbortSignal.timeout(500) });
    if (history.state?.drawer) history.back();
  });
  addEventListener("popstate", () => drawer?.open && drawer.close());
  listen("htmx:after:history:push", () => { shown = address(); });
  listen("htmx:before:history:restore", (event) => {
    const there = address() === shown;
    const whole = history.state.drawer || !$("[hx-history-elt]"); // nothing here to put it into
    if (there || whole) event.preventDefault();
    if (whole && !there) location.reload();
  });
  listen("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.request?.headers?.["HX-History-Restore-Request"]) shown = address();
  });

  // Closing: a button, or the ground behind a dialog.
  listen("click", (event) => {
    const box = event.target.closest?.("dialog");
    if (!box) return;
    const { left, right, top, bottom } = box.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    const outside = event.target === box && event.detail && (x < left || x > right || y < top || y > bottom);
    if (outside || event.target.closest("[data-close]")) box.close();
  });

  // Esc in a field that is edited in its place puts the old value back, and closes nothing else.
  listen("keydown", (event) => {
    const cancel = event.key === "Escape" && event.target.closest?.("[data-field]")?.querySelector("[data-cancel]");
    if (!cancel) return;
    event.preventDefault();
    event.stopPropagation();
    cancel.click();
  }, true);

  // Keys, unless somebody writes or a dialog is open. In another alphabet a key is what it is in ours.
  const latin = ({ key, code }) => {
    if (code === "Slash") return { ".": "/", ",": "?" }[key] ?? key;
    return key.length > 1 ? key : (key > "~" && /^Key/.test(code) ? code[3] : key).toLowerCase();
  };
  let led = 0;
  const keys = {
    "?": () => $("#help")?.showModal(),
    "/": () => { const field = $("[data-search]"); field ? field.focus() : location.assign("/clients#search"); },
    c: () => $("[data-new]")?.click(),
    g: () => { led = Date.now(); },
  };
  listen("keydown", (event) => {
    if (!("keys" in body.dataset) || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("dialog[open]")) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const key = latin(event);
    const link = Date.now() - led < 1500 && $(`.nav a[data-key="${CSS.escape(key)}"]`);
    if (key !== "g") led = 0;
    const does = link ? () => link.click() : keys[key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  // A file that is too large is not even sent.
  listen("change", ({ target }) => {
    if (!target.dataset?.largest) return;
    const large = [...target.files].some((one) => one.size > Number(target.dataset.largest));
    target.setCustomValidity(large ? target.dataset.refusal : "");
    target.reportValidity();
  });

  // What the page before has done.
  if (body.dataset.said) toast({ text: body.dataset.said });

  window.voronka = { $, all, latin, listen, tell, say, toast };
})();
