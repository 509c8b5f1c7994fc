// A board: dragging, moving by keys and by menu, live changes. It decides nothing and draws no card.
(() => {
  "use strict";
  const { toast, say } = window.voronka;
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const listen = (name, heard) => document.addEventListener(name, heard);
  const inbox = $("#inbox");
  const menu = $("#menu");
  const board = () => $("#board");
  const GATHERED = 120; // milliseconds in which changes fall together
  const AT_ONCE = 50; // cards that are patched; more, and the columns are loaded again
  const path = (tail, more = "") => {
    const { path: start, query } = board().dataset;
    return start + tail + query + (more && (query ? "&" : "?") + more);
  };

  // Requests: each has an element of its own, so that several may be under way at once.
  const asker = () => {
    const made = Object.assign(document.createElement("i"), { hidden: true });
    made.dataset.n = document.body.dataset.n;
    document.body.append(made);
    return made;
  };
  const ask = (method, to, values, ids = []) => {
    const source = asker();
    source.dataset.ids = ids.join();
    return htmx.ajax(method, to, { source, target: inbox, swap: "innerHTML", values });
  };
  listen("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.id !== "f") return;
    for (const [name, value] of [...ctx.request.body]) if (!value) ctx.request.body.delete(name);
  });

  // Where cards stood before they were lifted: there they go back when nothing comes of it.
  const lifted = new Map();
  let pricing = false; // the drawer that comes is for its amount
  const lift = (card) => {
    lifted.set(card.id, { list: card.parentNode, next: card.nextElementSibling });
    card.classList.add("pending");
  };
  const back = (id) => {
    const [card, from] = [document.getElementById(id), lifted.get(id)];
    lifted.delete(id);
    if (!card || !from) return;
    card.classList.remove("pending");
    from.list.insertBefore(card, from.next?.parentNode === from.list ? from.next : $(".more, .adds", from.list));
    focus(card);
  };
  const focus = (card) => $(".t a", card)?.focus({ preventScroll: true });
  const failed = ({ detail: { ctx } }) => {
    const source = ctx?.sourceElement;
    if (ctx?.response && ctx.response.status < 500) return;
    for (const id of source?.dataset?.ids?.split(",") ?? []) back(`c${id}`);
    const more = source?.closest?.(".more button");
    if (more) more.textContent = more.dataset.failed;
  };
  listen("htmx:response:error", failed);
  listen("htmx:error", failed);
  listen("dialog:cancelled", () => {
    if (lifted.size) say(board().dataset.cancelled);
    for (const id of [...lifted.keys()]) back(id);
    soon();
  });
  listen("dialog:done", () => soon());

  // What the server says goes to its place: cards, those that are gone, heads.
  const settle = (seen) => {
    for (const one of [...inbox.children]) {
      if (one.matches(".card")) place(one, seen);
      else if (one.dataset.gone) { gone(`c${one.dataset.gone}`); one.remove(); }
      else put(one);
    }
    rove();
  };
  const put = (one) => {
    const old = document.getElementById(one.id);
    if (old && old !== one) old.replaceWith(one);
    else one.remove();
  };
  const gone = (id) => { lifted.delete(id); document.getElementById(id)?.remove(); };
  const place = (card, others) => {
    const { lane, after, v } = card.dataset;
    const old = document.getElementById(card.id);
    const own = lifted.delete(card.id);
    if (old !== card && +old.dataset.v > +v) return card.remove();
    const focused = own || (old !== card && old.contains(document.activeElement));
    const list = document.getElementById(`l-${lane}`);
    const behind = after && document.getElementById(`c${after}`);
    if (old !== card) old.remove();
    if (!list) return card.remove();
    if (!after) list.insertBefore(card, $(".new-card", list)?.nextElementSibling ?? list.firstElementChild);
    else if (behind?.parentNode === list && behind !== card) behind.after(card);
    else if ($(".more", list) && !own) return card.remove();
    else list.insertBefore(card, $(".more, .adds", list));
    delete card.dataset.lane;
    delete card.dataset.after;
    if (focused) focus(card);
    else if (others) card.classList.add("just-moved");
  };
  listen("htmx:after:swap", ({ detail: { ctx } }) => {
    if (inbox.childElementCount) settle(ctx.request?.method === "GET");
    if (pricing && ctx.target?.id === "drawer") { pricing = false; $("#f-amount button", ctx.target)?.click(); }
    if (ctx.target?.id === "view" || ctx.sourceElement?.closest?.(".more")) twins();
    ready();
  });
  const twins = () => { // a card that was put here before its page came
    const seen = new Set();
    for (const card of all(".cards .card")) seen.has(card.id) ? card.remove() : seen.add(card.id);
  };

  // Moving: by mouse and finger, by keys, by the menu. `after` is a card, "0" the top, none the end.
  const idOf = (card) => card.id.slice(1);
  const before = (card) => {
    let one = card.previousElementSibling;
    while (one && !one.matches(".card")) one = one.previousElementSibling;
    return one ? idOf(one) : "0";
  };
  const online = () => {
    if (navigator.onLine) return true;
    toast({ text: board().dataset.away, tone: "bad" });
    return false;
  };
  const move = (card, lane, after) => {
    if (!lifted.has(card.id)) lift(card);
    if (!online()) return back(card.id);
    const values = { to: lane, ids: idOf(card), vers: card.dataset.v };
    if (after !== undefined && board().dataset.sort === "rank") values.after = after;
    return ask("POST", path(`/${idOf(card)}/move`), values, [idOf(card)]);
  };

  let dragged = null;
  const sortable = (list) => Sortable.get(list) || new Sortable(list, {
    group: "board", draggable: ".card", filter: ".mv, .pending, .fixed, .more, .adds, .new-card",
    preventOnFilter: false, animation: 0, forceFallback: true, fallbackOnBody: true,
    fallbackTolerance: 4, delay: 220, delayOnTouchOnly: true, touchStartThreshold: 6,
    scrollSensitivity: 60, bubbleScroll: true, ghostClass: "ghost", fallbackClass: "drag",
    onStart: ({ item }) => {
      dragged = item;
      lift(item);
      item.classList.remove("pending");
      if (matchMedia("(pointer: coarse)").matches) navigator.vibrate?.(10);
    },
    onMove: ({ to, related }) => !related?.matches(".more, .adds") || to !== related.parentNode || -1,
    onEnd: ({ item, to, originalEvent: { clientX: x, clientY: y } = {} }) => {
      dragged = null;
      const from = lifted.get(item.id);
      const outside = x !== undefined && !document.elementFromPoint(x, y)?.closest(".col");
      const stays = from && to === from.list && item.nextElementSibling === from.next;
      if (outside || stays) back(item.id);
      else { item.classList.add("pending"); move(item, to.dataset.lane, before(item)); }
      soon();
    },
  });
  document.addEventListener("keydown", (event) => {
    if (!dragged || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    document.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })); // far from any column
  }, true);

  // The menu: one for all cards.
  const lanes = () => all(".cards");
  const name = (list) => $("h2", list.closest(".col")).textContent;
  const item = (text, does) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.setAttribute("role", "menuitem");
    made.addEventListener("click", () => { menu.hidePopover(); does(); });
    return made;
  };
  const open = (card) => {
    const here = card.parentNode;
    menu.replaceChildren(
      ...lanes().filter((list) => list !== here && list.dataset.kind !== "holding")
        .map((list) => item(name(list), () => move(card, list.dataset.lane, "0"))),
      item(board().dataset.top, () => move(card, here.dataset.lane, "0")),
      item(board().dataset.end, () => move(card, here.dataset.lane)),
    );
    menu.card = card;
    menu.showPopover();
    const { right, bottom } = $(".mv", card).getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.max(8, Math.min(bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
    menu.firstElementChild.focus();
  };
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState !== "closed") return;
    const card = document.getElementById(menu.card?.id);
    if (card && (menu.contains(document.activeElement) || document.activeElement === document.body)) focus(card);
  });
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.children];
    const at = items.indexOf(document.activeElement);
    const letter = event.key.length === 1 && event.key.toLowerCase();
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key] ??
      (letter ? items.findIndex((one, n) => n > at && one.textContent.toLowerCase().startsWith(letter)) : undefined);
    if (to === undefined || (letter && to < 0)) return;
    event.preventDefault();
    event.stopPropagation();
    items.at(to % items.length).focus();
  });
  listen("click", (event) => {
    const button = event.target.closest?.(".mv");
    if (button) return open(button.closest(".card"));
    for (const one of all("details.pick[open]")) if (!one.contains(event.target)) one.open = false;
    const card = event.target.closest?.(".cards .card");
    if (card && (event.ctrlKey || event.metaKey)) { event.preventDefault(); select(card); }
  });
  listen("dblclick", (event) => $("[data-fold]", event.target.closest?.(".ch") ?? inbox)?.click());

  // Keys of a card that has the focus; one stop of the Tab key in each column.
  const cards = (list) => all(".card", list);
  const rove = () => {
    for (const list of lanes()) {
      const links = all(".t a", list);
      if (links.length && !links.some((link) => link.tabIndex === 0)) links[0].tabIndex = 0;
    }
  };
  listen("focusin", (event) => {
    const link = event.target.closest?.(".card .t a");
    if (!link) return;
    for (const one of all(".t a[tabindex='0']", link.closest(".cards"))) one.tabIndex = -1;
    link.tabIndex = 0;
  });
  const beside = (list, step) => {
    const found = lanes();
    return found[found.indexOf(list) + step];
  };
  const to = (card, down, across) => {
    const list = across ? beside(card.parentNode, across) : card.parentNode;
    if (!list) return;
    const at = cards(card.parentNode).indexOf(card) + down;
    const there = cards(list);
    const next = there[across ? Math.min(at, there.length - 1) : at];
    if (next) { focus(next); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  };
  const shift = (card, down, across) => {
    if (card.matches(".pending, .fixed")) return;
    const list = card.parentNode;
    if (across) {
      const goal = beside(list, across);
      return goal && move(card, goal.dataset.lane, "0");
    }
    const there = cards(list);
    const at = there.indexOf(card);
    if (down < 0 && at > 0) move(card, list.dataset.lane, at > 1 ? idOf(there[at - 2]) : "0");
    if (down > 0 && at < there.length - 1) move(card, list.dataset.lane, idOf(there[at + 1]));
  };
  const arrows = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    k: [-1, 0], j: [1, 0], h: [0, -1], l: [0, 1],
  };
  const letters = {
    m: (card) => !card.matches(".fixed, .pending") && open(card),
    t: (card) => many("task", [card]),
    e: (card) => { pricing = true; $(".t a", card).click(); },
    x: (card) => select(card),
    z: () => $("#toasts .toast:last-child [data-undo]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const card = document.activeElement?.closest?.(".cards .card");
    if (!card || event.ctrlKey || event.metaKey || event.isComposing || dragged) return;
    const single = event.key.length === 1;
    if (single && (!("keys" in document.body.dataset) || event.altKey)) return;
    const arrow = arrows[single ? event.key.toLowerCase() : event.key];
    const letter = single && letters[event.key.toLowerCase()];
    if (!arrow && !letter) return;
    event.preventDefault();
    event.stopPropagation();
    if (letter) letter(card);
    else (event.altKey ? shift : to)(card, ...arrow);
  }, true);

  // Several at once: chosen by X or Ctrl and click, moved by one request, taken back by one.
  const chosen = new Set();
  const select = (card) => {
    if (card.matches(".fixed, .pending")) return;
    chosen.has(card.id) ? chosen.delete(card.id) : chosen.add(card.id);
    bar();
  };
  const bar = () => {
    const place = $("#bulk");
    for (const card of all(".card.chosen")) card.classList.toggle("chosen", chosen.has(card.id));
    for (const id of [...chosen]) {
      const card = document.getElementById(id);
      if (card) card.classList.add("chosen");
      else chosen.delete(id);
    }
    if (!place) return;
    place.hidden = !chosen.size;
    $("#f").hidden = Boolean(chosen.size);
    $("b", place).textContent = chosen.size;
  };
  listen("change", (event) => {
    if (!event.target.matches?.("#bulk select") || !event.target.value) return;
    const picked = [...chosen].map((id) => document.getElementById(id)).filter(Boolean);
    const lane = event.target.value;
    event.target.value = "";
    chosen.clear();
    bar();
    if (!picked.length || !online()) return;
    picked.forEach(lift);
    const ids = picked.map(idOf);
    ask("POST", path("/bulk"), { to: lane, ids: ids.join(), vers: picked.map((card) => card.dataset.v).join() }, ids);
  });
  listen("click", (event) => {
    const button = event.target.closest?.("#bulk button");
    if (button?.dataset.many) many(button.dataset.many, [...chosen].map((id) => document.getElementById(id)));
    else if (button) { chosen.clear(); bar(); }
  });
  const many = (what, about) => {
    const asked = new URLSearchParams({ ids: about.map(idOf), vers: about.map((card) => card.dataset.v) });
    htmx.ajax("GET", path(`/bulk/${what}`, asked), { source: asker(), target: "#dlg", swap: "innerHTML" });
  };
  listen("dialog:done", () => { chosen.clear(); bar(); });

  // A new card: the form stands first in its column and stays for the next one.
  const add = (key) => {
    const list = key ? document.getElementById(`l-${key}`) : $("[data-add]")?.closest(".cards");
    const form = $("#quick")?.content.firstElementChild.cloneNode(true);
    if (!list || !form) return;
    $(".new-card")?.remove();
    $("[name=stage]", form).value = list.dataset.lane;
    list.prepend(form);
    htmx.process(form);
    $("[name=whom]", form).focus();
  };
  listen("click", ({ target }) => {
    const one = target.closest?.("[data-add], [data-new]");
    if (one) add(one.dataset.add);
    if (target.closest?.("[data-quit]")) $(".new-card").remove();
    const fresh = target.closest?.(".card.new");
    if (fresh && target.closest("a")) ask("POST", path(`/${idOf(fresh)}/opened`));
  });
  listen("keydown", (event) => event.key === "Escape" && event.target.closest?.(".new-card")?.remove());
  listen("added", () => {
    const form = $(".new-card form");
    form?.reset();
    if (form) $("[name=whom]", form).focus();
  });

  // Live: thin signals, gathered; each browser asks for its own patch, when nobody drags or writes.
  const live = $("#live");
  const heard = new Map();
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(flush, GATHERED); };
  const flush = () => {
    if (!heard.size || lifted.size || $("dialog[open]:not(#drawer)")) return;
    const ids = [...heard].filter(([id, v]) => !(v && +document.getElementById(`c${id}`)?.dataset.v >= v)).map(([id]) => id);
    heard.clear();
    if (ids.length > AT_ONCE) return missed();
    if (ids.length) ask("GET", path("/patch", `ids=${ids.join()}`));
  };
  const fresh = (word) => {
    const place = $("#fresh");
    if (!place) return;
    place.textContent = place.dataset[word];
    place.classList.toggle("warn", word !== "now");
    place.classList.toggle("link", word === "missed");
  };
  const missed = () => fresh("missed");
  const again = () => htmx.ajax("GET", location.href, { source: $("#figures") ?? asker(), target: "#view", swap: "innerHTML" });
  live.addEventListener("cards", ({ detail: { data } }) => {
    for (const [id, v] of JSON.parse(data)) heard.set(String(id), heard.get(String(id)) === 0 ? 0 : v);
    soon();
  });
  live.addEventListener("reload", missed);
  live.addEventListener("htmx:sse:error", () => fresh("lost"));
  live.addEventListener("htmx:sse:after:connection", () => fresh("now"));
  listen("click", (event) => event.target.closest?.("#fresh.link") && again());
  listen("drawer:closed", () => {
    const id = document.activeElement?.closest?.(".card")?.id;
    if (id) heard.set(id.slice(1), 0);
    soon();
  });
  addEventListener("offline", () => fresh("lost"));
  addEventListener("online", () => fresh("now"));

  const ready = () => {
    if (board()?.matches(".board") && board().dataset.by === "stage") lanes().forEach(sortable);
    rove();
    bar();
  };
  ready();
})();
