// A board: where cards stand, how they are dragged and kept fresh. It decides nothing, draws no card.
(() => {
  "use strict";
  const { $, all, listen, tell, toast, say } = window.voronka;
  const inbox = $("#inbox");
  const board = () => $("#board");
  const GATHERED = 120; // milliseconds in which changes fall together
  const AT_ONCE = 50; // cards that are patched; more, and the columns are loaded again
  const path = (tail, more = "") => {
    const { path: start, query } = board().dataset;
    return start + tail + query + (more && (query ? "&" : "?") + more);
  };

  // Requests: each has an element of its own, so that several may be under way at once. What was
  // asked `at` other filters comes too late: it would be put among what they do not let through.
  const asker = (at = "") => {
    const made = Object.assign(document.createElement("i"), { hidden: true, className: "asks" });
    Object.assign(made.dataset, { at, n: document.body.dataset.n });
    document.body.append(made);
    return made;
  };
  listen("htmx:before:swap", (event) => {
    const at = event.detail.ctx.sourceElement?.dataset?.at;
    if (at && at !== path("")) event.preventDefault();
  });
  const ask = (method, to, values, ids = []) => {
    const source = asker(method === "GET" ? path("") : "");
    source.dataset.ids = ids.join();
    return htmx.ajax(method, to, { source, target: inbox, swap: "innerHTML", values });
  };
  listen("htmx:finally:request", ({ target }) => target.matches?.(".asks") && target.remove());
  listen("htmx:config:request", ({ detail: { ctx } }) => {
    if (ctx.sourceElement.id !== "f") return;
    for (const [name, value] of [...ctx.request.body]) if (!value) ctx.request.body.delete(name);
  });

  // Where cards stood before they were lifted: there they go back when nothing comes of it.
  const lifted = new Map();
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
    if (ctx?.response?.status < 500 && ctx.response.status !== 401) return;
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
    else if ($(".more", list) && !own && others) return card.remove();
    else list.insertBefore(card, $(".more, .adds", list));
    delete card.dataset.lane;
    delete card.dataset.after;
    if (focused) focus(card);
    else if (others) card.classList.add("just-moved");
  };
  let counting;
  listen("htmx:after:swap", ({ detail: { ctx } }) => {
    if (inbox.childElementCount) {
      listed() ? anew() : settle(ctx.request?.method === "GET");
      clearTimeout(counting);
      counting = setTimeout(() => navigator.onLine && tell("moved"), 3000); // figures follow
    }
    const whole = ctx.target?.matches?.(".view");
    if (whole) {
      stale = false;
      for (const id of asked) heard.set(id, 0); // it may have been drawn before they changed
      soon();
    }
    if (whole || ctx.sourceElement?.closest?.(".more")) twins();
    ready();
  });
  const twins = () => { // a card that was put here before its page came
    const seen = new Set();
    for (const card of all(".cards li.card")) seen.has(card.id) ? card.remove() : seen.add(card.id);
  };

  // A list has rows and no places: it is drawn anew as a whole, under the eyes of who reads it.
  const listed = () => !board().matches(".board");
  const anew = () => {
    inbox.replaceChildren();
    htmx.ajax("GET", path(""), { source: asker(path("")), target: "#board", select: "#board", swap: "outerMorph" });
  };

  // Moving: by mouse and finger here, by keys and by the menu in board-keys.js. `after` is a card, "0" the top, none the end.
  const lanes = () => all(".cards");
  const idOf = (card) => card.id.slice(1);
  const ordered = (list) => list.matches("[data-rank]") || toast({ text: board().dataset.sorted });
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
    if (after !== undefined && $(`#l-${lane}[data-rank]`)) values.after = after;
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
      navigator.vibrate?.(10); // where there is something to feel it with
    },
    onMove: ({ to, related }) => !related?.matches(".more, .adds") || to !== related.parentNode || -1,
    onEnd: ({ item, to, originalEvent: { clientX: x, clientY: y } = {} }) => {
      dragged = null;
      const from = lifted.get(item.id);
      const outside = x !== undefined && !document.elementFromPoint(x, y)?.closest(".col");
      const stays = from && to === from.list && item.nextElementSibling === from.next;
      if (outside || stays || (to === from?.list && !ordered(to))) back(item.id);
      else { item.classList.add("pending"); move(item, to.dataset.lane, before(item)); }
      soon();
    },
  });
  listen("keydown", (event) => { // a hand that holds a card does nothing else
    if (!dragged) return;
    event.stopImmediatePropagation();
    if (event.key !== "Escape") return;
    event.preventDefault();
    document.dispatchEvent(new PointerEvent("pointerup", { bubbles: true })); // far from any column
  }, true);

  // Live: thin signals, gathered; each browser asks for its own patch, when nobody drags or writes.
  const live = $("#live");
  const heard = new Map();
  let asked = []; // of what has been asked last
  let timer;
  const soon = () => { clearTimeout(timer); timer = setTimeout(flush, GATHERED); };
  const flush = () => {
    if (!heard.size || lifted.size || $("dialog[open]:not(#drawer)")) return;
    const ids = [...heard].filter(([id, v]) => !(v && +document.getElementById(`c${id}`)?.dataset.v >= v)).map(([id]) => id);
    heard.clear();
    asked = ids;
    if (ids.length > AT_ONCE) return missed();
    if (ids.length) listed() ? anew() : ask("GET", path("/patch", `ids=${ids.join()}`));
  };
  const fresh = (word) => {
    const place = $("#fresh");
    if (!place || place.textContent === place.dataset[word]) return;
    place.textContent = place.dataset[word];
    place.classList.toggle("warn", word !== "now");
    place.disabled = word !== "missed";
    say(place.textContent);
  };
  let stale = false; // until all is drawn anew, however often the line comes back
  const missed = () => { stale = true; fresh("missed"); };
  const there = () => fresh(stale ? "missed" : "now");
  const again = () => htmx.ajax("GET", location.href, { source: asker(path("")), target: "#view", swap: "innerHTML" });
  live.addEventListener("cards", ({ detail: { data } }) => {
    for (const [id, v] of JSON.parse(data)) heard.set(String(id), heard.get(String(id)) === 0 ? 0 : v);
    soon();
  });
  live.addEventListener("reload", missed);
  live.addEventListener("htmx:sse:error", () => fresh("lost"));
  live.addEventListener("htmx:sse:after:connection", there);
  listen("click", ({ target }) => target.id === "fresh" && again());
  let opened; // the card under the hand, which may be drawn anew while its drawer is open
  listen("click", ({ target }) => { opened = target.closest?.(".card")?.id ?? opened; });
  listen("drawer:closed", () => {
    const card = document.getElementById(opened);
    if (!card) return;
    if (document.activeElement === document.body) focus(card);
    heard.set(idOf(card), 0);
    soon();
  });
  addEventListener("offline", () => fresh("lost"));
  addEventListener("online", there);

  const ready = () => {
    if (!listed() && board().dataset.by === "stage") lanes().forEach(sortable);
    tell("cards:placed");
  };

  // Back from another page: each column where it was.
  const spots = () => [board(), ...lanes()].filter(Boolean);
  const seen = () => `scroll ${path("")}`;
  addEventListener("pagehide", () => sessionStorage.setItem(seen(), JSON.stringify(spots().map((one) => [one.scrollLeft, one.scrollTop]))));
  const left = performance.getEntriesByType("navigation")[0]?.type === "back_forward" && sessionStorage.getItem(seen());
  if (left) JSON.parse(left).forEach((place, n) => spots()[n]?.scrollTo(...place));

  Object.assign(window.voronka, { ask, asker, board, focus, idOf, lanes, lift, move, online, ordered, path });
  ready();
})();
