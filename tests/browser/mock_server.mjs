// A stand-in for the server, for working on the page while the server is being
// built: the pages with their Content-Security-Policy, the terminal door, and
// the three calls of the API that the tests of the page use. It follows
// docs/terminal-protocol.md and keeps everything in memory. Beside it stands
// `control`: what an administrator would do.

import { randomBytes, randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { Payments } from "./mock_payments.mjs";

const WEB = fileURLToPath(new URL("../../web/", import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789";
const PING_LIMIT_MS = 3000;

const BUSINESS = { business: 1, businessName: "Corner Bakery", currency: "CAD", user: "Alex Baker", heartbeatSeconds: 20 };
const LOG_IN = { email: "alex@example.com", password: "correct horse battery", pin: "4321" };

const newCode = () => Array.from({ length: 4 }, () => CODE_LETTERS[randomInt(CODE_LETTERS.length)]).join("");

function createDevices() {
  const bySerial = new Map();
  return {
    bySerial,
    byCode: (code) => [...bySerial.values()].find((device) => device.code === code.toUpperCase()),
    byCredential: (credential) => [...bySerial.values()].find((device) => device.credentials.includes(credential)),
    get(serial) {
      if (!bySerial.has(serial)) {
        bySerial.set(serial, { serial, code: null, credentials: [], loggedIn: false, wrong: 0, session: null });
      }
      return bySerial.get(serial);
    },
  };
}

// One connection of a terminal.
class Session {
  constructor(socket, shop) {
    this.socket = socket;
    this.shop = shop;
    this.device = null;
    this.pings = new Map();
    socket.on("message", (data) => this.receive(JSON.parse(data)));
    socket.on("close", () => this.end());
  }

  send(type, fields = {}) {
    this.socket.send(JSON.stringify({ type, ...fields }));
  }

  end() {
    if (this.device?.session === this) {
      this.device.session = null;
    }
    this.pings.forEach((finish) => finish(false));
  }

  receive(message) {
    this.shop.log.push(message);
    if (this.shop.mute) {
      return; // a cable was pulled
    }
    if (message.payment !== undefined) {
      this.shop.payments.hear(this, message);
    } else {
      this[message.type]?.(message);
    }
  }

  hello({ serial, credential }) {
    this.serial = serial;
    const known = credential && this.shop.devices.byCredential(credential);
    if (!known) {
      this.require(credential ? "unknown_credential" : "new", null, false);
      return;
    }
    known.credentials = [credential];
    this.take(known);
    if (known.loggedIn) {
      this.welcome(null);
    } else {
      this.require("logged_out", BUSINESS.businessName, true);
    }
  }

  require(reason, businessName, pin) {
    this.send("log_in_required", { reason, businessName, pin, message: "Log in to use this terminal." });
  }

  take(device) {
    if (device.session && device.session !== this) {
      device.session.send("error", { reason: "replaced", message: "Another connection took over.", retryAfterMs: 0 });
      device.session.socket.close(4001);
    }
    device.session = this;
    this.device = device;
  }

  log_in({ email, password, pin }) {
    const byPin = pin !== undefined;
    const right = byPin ? this.device && pin === LOG_IN.pin : email === LOG_IN.email && password === LOG_IN.password;
    if (this.shop.slow) {
      return; // a server that never answers
    }
    if (this.shop.lock !== null) {
      this.send("log_in_refused", { reason: "locked", message: "Too many wrong log-ins.", ...this.shop.lock });
      return;
    }
    if (!right) {
      this.refuse(byPin);
      return;
    }
    const device = this.shop.devices.get(this.serial);
    this.take(device);
    device.loggedIn = true;
    device.wrong = 0;
    device.code ??= this.shop.apiMode ? newCode() : null;
    const credential = randomBytes(32).toString("base64url");
    device.credentials.push(credential);
    this.welcome(credential);
  }

  refuse(byPin) {
    const { device } = this;
    if (device && byPin) {
      device.wrong += 1;
    }
    const pin = device !== null && device.wrong < 5;
    this.send("log_in_refused", { reason: "wrong", message: "The log-in is not right. Please try again.", pin, waitSeconds: 0 });
  }

  welcome(credential) {
    this.send("welcome", { ...BUSINESS, code: this.device.code, apiMode: this.shop.apiMode, credential });
    this.shop.payments.welcome(this.device);
  }

  log_out() {
    if (this.shop.slow) {
      return;
    }
    this.device.loggedIn = false;
    this.send("logged_out");
  }

  ready() {
    if (!this.shop.slow) {
      this.isReady = true;
      this.send("ready_confirmed");
    }
  }

  probe() {
    this.send("probe_answered");
  }

  ping_shown({ id }) {
    this.pings.get(id)?.(true);
  }

  ping(message) {
    const id = (this.shop.lastPing += 1);
    this.send("ping", { id, message });
    return new Promise((resolve) => {
      const late = setTimeout(() => this.pings.get(id)?.(false), PING_LIMIT_MS);
      this.pings.set(id, (shown) => {
        clearTimeout(late);
        this.pings.delete(id);
        resolve(shown);
      });
    });
  }
}

async function servePage(path, response) {
  const file = path === "/terminal" || path === "/terminal/" ? "/terminal/index.html" : path;
  try {
    const body = await readFile(join(WEB, normalize(file)));
    response.writeHead(200, { "content-type": TYPES[extname(file)], "content-security-policy": POLICY, "cache-control": "no-cache" });
    response.end(body);
  } catch {
    response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found");
  }
}

function answer(response, status, body) {
  response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function servePing(shop, code, message, response) {
  const device = shop.devices.byCode(code);
  if (!device) {
    answer(response, 404, { errors: [`device with code ${code} not found`] });
  } else if (shop.apiMode && device.loggedIn && device.session && (await device.session.ping(message))) {
    answer(response, 202);
  } else {
    answer(response, 409, { errors: [`device with code ${device.code} not listening`] });
  }
}

async function servePayment(shop, request, [, code, rest], response) {
  const device = shop.devices.byCode(code);
  let text = "";
  for await (const chunk of request) {
    text += chunk;
  }
  const body = text === "" ? {} : JSON.parse(text);
  const [status, answered, location] = await shop.payments.serve(request.method, rest, device, body);
  if (location !== undefined) {
    response.setHeader("location", location);
  }
  answer(response, status, answered);
}

function serveApi(shop, request, url, response) {
  if (request.headers["api-token"] !== shop.token) {
    answer(response, 403, { errors: ["Unauthorized"] });
    return;
  }
  const payment = /^\/v2\/devices\/([A-Za-z0-9]{4})(\/payments?\/.+)$/.exec(url.pathname);
  if (payment) {
    servePayment(shop, request, payment, response);
    return;
  }
  const ping = /^\/v2\/devices\/([A-Za-z0-9]{4})\/ping$/.exec(url.pathname);
  if (ping) {
    servePing(shop, ping[1], url.searchParams.get("message"), response);
  } else {
    answer(response, 404);
  }
}

function createControl(shop, server, sockets) {
  const live = () => [...shop.devices.bySerial.values()].filter((device) => device.session);
  return {
    log: shop.log,
    setApiMode(on) {
      shop.apiMode = on;
      live().forEach((device) => device.session.send("api_mode", { on }));
    },
    setSlow(on) {
      shop.slow = on;
    },
    // Nothing is heard of the server any more, and nothing is closed.
    setMute(on) {
      shop.mute = on;
    },
    // { waitSeconds, pin }: every log-in is refused; null: none.
    setLock(lock) {
      shop.lock = lock;
    },
    remove(code, reason = "removed") {
      const device = shop.devices.byCode(code);
      device.session?.send("error", { reason, message: "This terminal was removed.", retryAfterMs: 0 });
      device.session?.socket.close(4002);
      shop.devices.bySerial.delete(device.serial);
    },
    // An administrator gave it another code.
    move(code, to, retryAfterMs) {
      const device = shop.devices.byCode(code);
      device.code = to;
      device.session.send("error", { reason: "moved", message: "This terminal has another code now.", retryAfterMs });
      device.session.socket.close(1012);
    },
    // Another connection shows the same credential.
    replace(code) {
      const { session } = shop.devices.byCode(code);
      session.send("error", { reason: "replaced", message: "Another connection took over.", retryAfterMs: 0 });
      session.socket.close(4001);
    },
    payments: shop.payments,
    connections: () => sockets.clients.size,
    // The server goes away, and comes back on the same port.
    async goDown() {
      sockets.clients.forEach((socket) => socket.close(1001));
      await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    },
    comeUp: () => new Promise((resolve) => { server.listen(shop.port, "127.0.0.1", resolve); }),
  };
}

export async function startMock() {
  const shop = { devices: createDevices(), token: randomBytes(12).toString("hex"), apiMode: true, slow: false, mute: false, lock: null, lastPing: 0, payments: new Payments(), log: [], port: 0 };
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname.startsWith("/v2/")) {
      serveApi(shop, request, url, response);
    } else {
      servePage(url.pathname, response);
    }
  });
  const sockets = new WebSocketServer({ server, path: "/device/v1", perMessageDeflate: false, maxPayload: 4096 });
  sockets.on("connection", (socket) => new Session(socket, shop));
  sockets.on("error", () => {});
  await new Promise((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  shop.port = server.address().port;
  const control = createControl(shop, server, sockets);
  const base = `http://127.0.0.1:${shop.port}`;
  return {
    facts: { api: `${base}/v2`, token: shop.token, terminalPage: `${base}/terminal`, business: 1, ...LOG_IN },
    control,
    async restart() {
      await control.goDown();
      await control.comeUp();
    },
    stop: () => new Promise((resolve) => {
      sockets.clients.forEach((socket) => socket.terminate());
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
