// Options and Hardware Settings: dialogs inside the device's screen. What lies
// `beneath` cannot be reached; the focus goes back to the `opener`.

import { el } from "../dom.js";
import { icon } from "../icons.js";
import { isOpen, isWaiting, showsPayment } from "../machine/payment.js";
import { TEXT } from "../text.js";
import { VERSION } from "../version.js";
import { connectionWord } from "./status_bar.js";

const item = (name, text, attributes) => el("button.item", attributes, icon(name), el("span", text));

function buildOptions(view, tell) {
  return el("div.sheet", { role: "dialog", "aria-modal": "true", label: TEXT.menu.title },
    el("h2.sheet-title", TEXT.menu.title),
    item("settings", TEXT.menu.hardware, {
      onclick: () => tell("hardware_opened"), testid: "hardware-settings", focus: true,
    }),
    view.cancels
      ? item("cross", TEXT.payment.cancel_item, {
        onclick: () => tell("cancel_pressed", { by: "cashier" }), testid: "cancel-payment",
      })
      : null,
    view.loggedIn
      ? item("leave", TEXT.menu.log_out, { onclick: () => tell("log_out_pressed"), testid: "log-out" })
      : null,
    el("button.item-close", { onclick: () => tell("menu_closed") }, TEXT.menu.close),
  );
}

function row(term, text, testid) {
  return el("div.row", el("dt", term), el("dd", { testid }, text ?? TEXT.hardware.none));
}

function buildHardware(view, tell) {
  const back = { label: TEXT.menu.back, testid: "back", focus: true, onclick: () => tell("menu_closed") };
  const texts = TEXT.hardware;
  return el("div.settings", { role: "dialog", "aria-modal": "true", label: texts.title },
    el("div.settings-bar", el("button.options", back, icon("back")), el("h2", texts.title)),
    el("dl.rows",
      ["code", "serial", "business", "user", "connection", "version"].map((each) =>
        row(texts[each], view[each], `hw-${each}`)),
    ),
  );
}

function viewOf(state) {
  const { code, serial, businessName: business, user } = state.memory;
  return {
    menu: state.menu,
    cancels: showsPayment(state) && isWaiting(state.payment),
    loggedIn: ["pairing", "codeless", "readying", "ready"].includes(state.phase) && !isOpen(state.payment),
    code, serial, business, user,
    connection: TEXT.status[connectionWord(state)],
    version: VERSION,
  };
}

const BUILD = { options: buildOptions, hardware: buildHardware };

export function createMenu(tell, beneath, opener) {
  const element = el("div.menu-layer");
  let shown = "null";

  // Into the dialog, or back to the opener; never away from the bench.
  function placeFocus() {
    const active = document.activeElement;
    const lost = active === document.body || beneath.some((each) => each.inert && each.contains(active));
    if (lost) {
      (element.querySelector("[data-focus]") ?? opener).focus({ preventScroll: true });
    }
  }

  element.addEventListener("click", (event) => {
    if (event.target === element) {
      tell("menu_closed");
    }
  });

  return {
    element,
    show(state) {
      const view = state.menu === null ? null : viewOf(state);
      const key = JSON.stringify(view);
      if (key === shown) {
        return;
      }
      shown = key;
      beneath.forEach((each) => { each.inert = view !== null; });
      element.classList.toggle("open", view !== null);
      element.replaceChildren(...(view === null ? [] : [BUILD[view.menu](view, tell)]));
      placeFocus();
    },
  };
}
