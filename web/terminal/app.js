// Puts the terminal together: slot, memory, machine, page. Everything that
// happens becomes an event; `take` moves the machine, shows the state, and
// carries the effects out. The parts of the page say `tell(type, fields)`.

import { el } from "./dom.js";
import { createEffects } from "./effects.js";
import { step } from "./machine/step.js";
import { newState } from "./machine/state.js";
import { newRecord, openMemory } from "./memory.js";
import { createAppBar } from "./parts/app_bar.js";
import { createBench } from "./parts/bench.js";
import { createBody } from "./parts/body.js";
import { createJournal } from "./parts/journal.js";
import { createMenu } from "./parts/menu.js";
import { createPings } from "./parts/pings.js";
import { createStage } from "./parts/stage.js";
import { createStatusBar } from "./parts/status_bar.js";
import { takeSlot } from "./slot.js";
import { TEXT } from "./text.js";

// A terminal without slot or memory still has a screen to say so.
async function prepare() {
  const place = await takeSlot(location.search);
  const record = newRecord("");
  if (place.taken) {
    return { ...place, record, fault: "slot" };
  }
  try {
    return { ...place, ...(await openMemory(place.slot)) };
  } catch (error) {
    console.warn(error);
    return { ...place, record, fault: "memory" };
  }
}

function createScreen(tell) {
  const screen = el("div.screen", { "data-screen": "off" });
  const bar = createStatusBar();
  const app = createAppBar(tell);
  const stage = createStage(screen, tell);
  const menu = createMenu(tell, [app.element, stage.element], app.options);
  const pings = createPings(tell);
  const parts = [bar, app, stage, menu, pings];
  screen.append(...parts.map((part) => part.element));
  return { element: screen, show: (state) => parts.forEach((part) => part.show(state)) };
}

// Runs events one after the other: an event that an effect causes at once
// waits until the effects before it are done.
function createRunner(state, showAll) {
  const queue = [];
  let running = false;
  const runner = { state, carryOut: () => {} };
  runner.take = (event) => {
    queue.push(event);
    if (running) {
      return;
    }
    running = true;
    try {
      while (queue.length > 0) {
        const [next, effects] = step(runner.state, queue.shift());
        runner.state = next;
        showAll(next);
        effects.forEach((effect) => runner.carryOut(effect));
      }
    } finally {
      running = false;
    }
  };
  runner.tell = (type, fields) => runner.take({ type, ...fields });
  return runner;
}

// Escape closes what lies on top; Enter presses a screen's main button when
// nothing else has the focus.
function listenToKeys(runner, screen) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      runner.tell(runner.state.pings.length > 0 ? "pings_dismissed" : "menu_closed");
    } else if (event.key === "Enter" && event.target === document.body) {
      screen.querySelector(".stage .button[data-focus]")?.click();
    }
  });
}

function listenToTheBrowser({ tell }) {
  window.addEventListener("online", () => tell("network_hint"));
  window.addEventListener("offline", () => tell("network_lost"));
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  document.addEventListener("visibilitychange", () => document.hidden || tell("network_hint"));
}

async function start() {
  document.title = TEXT.page.title;
  document.getElementById("heading").textContent = TEXT.page.heading;
  const { slot, locked, record, save, fault } = await prepare();
  const journal = createJournal();
  const shown = [];
  const runner = createRunner(newState(record, slot), (state) => shown.forEach((part) => part.show(state)));
  const { tell } = runner;
  const screen = createScreen(tell);
  const body = createBody(document.getElementById("device"), screen.element);
  const bench = createBench(document.getElementById("bench"), tell, () => runner.state, journal);
  shown.push(body, screen, bench);
  runner.carryOut = createEffects(runner.take, save, journal);
  listenToTheBrowser(runner);
  listenToKeys(runner, screen.element);
  if (locked === false) {
    journal.note(TEXT.bench.notes.no_locks);
  }
  document.body.dataset.memory = "saved";
  shown.forEach((part) => part.show(runner.state));
  tell(fault ? "start_failed" : "started", { fault, power: record.power, asleep: record.asleep });
}

start();
