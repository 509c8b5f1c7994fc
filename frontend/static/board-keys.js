// A board without dragging: the menu of a card, its keys, several cards at once, new cards.
(() => {
  "use strict";
  const { $, all, listen, ask, asker, board, focus, idOf, lanes, latin, lift, move, online, ordered, path } = window.voronka;
  const menu = $("#menu");
  const CARD = ".cards li.card"; // the form of a new one looks like a card, and is none

  // The menu: one for all cards.
  const item = (text, does) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.setAttribute("role", "menuitem");
    made.addEventListener("click", () => { menu.hidePopover(); does(); });
    return made;
  };
  const open = (card) => {
    const { dataset: { lane, rank } } = card.parentNode;
    const { top, end, select: choose } = board().dataset;
    menu.replaceChildren(
      ...all("#bulk option").filter(({ value }) => value && value !== lane)
        .map(({ value, text }) => item(text, () => move(card, value, "0"))),
      ...(rank === undefined ? [] : [item(top, () => move(card, lane, "0")), item(end, () => move(card, lane))]),
      item(choose, () => select(card)),
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
    event.target.closest?.("[data-fold]")?.closest("details").firstElementChild.focus();
    const card = event.target.closest?.(CARD);
    if (card && (event.ctrlKey || event.metaKey)) { event.preventDefault(); select(card); }
  });
  listen("dblclick", (event) => $("[data-fold]", event.target.closest?.(".ch") ?? menu)?.click());

  // A flag takes the place of another: what its chip counts is what it shows.
  listen("change", ({ target }) => {
    if (target.name === "flag") for (const one of all("[name=flag]")) one.checked &&= one === target;
  }, true);

  // Keys of a card that has the focus; one stop of the Tab key in each column.
  const cards = (list) => (list.closest(".folded") ? [] : all("li.card", list));
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
    let list = card.parentNode;
    const at = cards(list).indexOf(card) + down;
    if (across) do list = beside(list, across); while (list && !cards(list).length);
    if (!list) return;
    const there = cards(list);
    const next = there[across ? Math.min(at, there.length - 1) : at];
    if (next) { focus(next); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  };
  const shift = (card, down, across) => {
    if (card.matches(".pending, .fixed") || board().dataset.by !== "stage") return;
    const list = card.parentNode;
    if (across) {
      const goal = beside(list, across);
      return goal && move(card, goal.dataset.lane, "0");
    }
    if (!ordered(list)) return;
    const there = cards(list);
    const at = there.indexOf(card);
    if (down < 0 && at > 0) move(card, list.dataset.lane, at > 1 ? idOf(there[at - 2]) : "0");
    if (down > 0 && at < there.length - 1) move(card, list.dataset.lane, idOf(there[at + 1]));
  };
  const arrows = {
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    k: [-1, 0], j: [1, 0], h: [0, -1], l: [0, 1],
  };
  let pricing = false; // the drawer that comes is for its amount
  listen("htmx:after:swap", ({ detail: { ctx } }) => {
    if (!pricing || ctx.target?.id !== "drawer") return;
    pricing = false;
    $("#f-amount button", ctx.target)?.click();
  });
  const letters = {
    m: (card) => !card.matches(".fixed, .pending") && open(card),
    t: (card) => many("task", [card]),
    e: (card) => { pricing = true; $(".t a", card).click(); },
    x: (card) => select(card),
    z: () => $("#toasts .toast:last-child [data-undo]")?.click(),
  };
  listen("keydown", (event) => {
    const card = document.activeElement?.closest?.(CARD);
    if (!card || event.ctrlKey || event.metaKey || event.isComposing) return;
    const key = latin(event);
    const single = key.length === 1;
    if (single && (!("keys" in document.body.dataset) || event.altKey)) return;
    const arrow = arrows[key];
    const letter = single && letters[key];
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
    for (const id of [...chosen]) if (!document.getElementById(id)) chosen.delete(id);
    for (const card of all(CARD)) card.classList.toggle("chosen", chosen.has(card.id));
    place.hidden = !chosen.size;
    $("#f").hidden = !place.hidden;
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
  let about; // the cards of a dialog
  const many = (what, cards) => {
    about = cards;
    const asked = new URLSearchParams({ ids: about.map(idOf), vers: about.map((card) => card.dataset.v) });
    htmx.ajax("GET", path(`/bulk/${what}`, asked), { source: asker(), target: "#dlg", swap: "innerHTML" });
  };
  listen("dialog:done", () => {
    chosen.clear();
    bar();
    const first = about && document.getElementById(about[0].id);
    if (first && document.activeElement === document.body) focus(first);
  });

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

  const placed = () => { rove(); bar(); };
  listen("cards:placed", placed);
  placed();
})();
