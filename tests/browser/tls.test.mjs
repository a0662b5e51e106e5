// The Smart Terminal page in Chromium as a shop has it: over https, from
// `tillwire serve` itself and through a proxy that does the TLS.
//
// Chromium does not know the certificate's authority, as in a shop with a
// certificate of its own: the tests tell it to go on, but for the one in which
// it must not.

import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { makeCertificate, Production } from "../end/support/production.mjs";
import { Proxy } from "../end/support/proxy.mjs";
import { endWatched, makeFolder, removeFolder, until } from "../end/support/server.mjs";
import { codeOf, logIn, onScreen, part, startBrowser, stored, watch } from "./browser.mjs";

const OFFLINE = /WebSocket connection to '[^']*' failed/; // what Chromium says while a server restarts

let folder;
let browser;
let context;
let page;
let complaints;
let seen; // { requests, sockets }: every address that the page asked for

before(async () => {
  folder = makeFolder();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  endWatched();
  removeFolder(folder);
});

async function openPage(address) {
  complaints = [];
  seen = { requests: [], sockets: [] };
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.on("request", (request) => seen.requests.push(request.url()));
  page = await context.newPage();
  page.on("websocket", (socket) => seen.sockets.push(socket.url()));
  watch(page, complaints);
  await page.goto(`${address}/terminal/`);
}

// Nothing was asked of anybody else, and nothing without TLS.
function onlyBy(address) {
  assert.ok(seen.requests.length > 10, "the page and its parts");
  for (const url of seen.requests) {
    assert.ok(url.startsWith(`${address}/`) || url.startsWith("data:"), url);
  }
  assert.ok(seen.sockets.length > 0);
  for (const url of seen.sockets) {
    assert.equal(url, `${address.replace("https:", "wss:")}/device/v1`);
  }
}

async function pairAndContinue(facts) {
  await logIn(page, facts);
  await onScreen(page, "pairing");
  const code = await codeOf(page);
  assert.match(code, /^[A-Z0-9]{4}$/);
  await part(page, "continue").click();
  await onScreen(page, "ready");
  return code;
}

describe("served by TLS", () => {
  let server;
  let files;

  const ping = async (code) => (await server.call(`/devices/${code}/ping`)).status;

  before(async () => {
    files = makeCertificate(folder, { name: "page" });
    server = await Production.start(join(folder, "data"), ["--tls-cert", files.certificate, "--tls-key", files.key]);
  });

  after(async () => {
    if (server) {
      assert.deepEqual(await server.stop(), { code: 0, signal: null });
    }
  });

  beforeEach(() => openPage(server.url));

  afterEach(async () => {
    await context.close();
    onlyBy(server.url);
    assert.deepEqual(complaints, [], "the console has errors");
  });

  test("a log-in shows a device code; a ping over https is shown, before Continue and after", async () => {
    await logIn(page, server.facts);
    await onScreen(page, "pairing");
    const code = await codeOf(page);
    assert.equal((await server.call(`/devices/${code}/ping?message=Till%203`)).status, 202);
    assert.equal(await part(page, "ping-message").textContent(), "Till 3");
    await part(page, "ping").click();
    await part(page, "ping").waitFor({ state: "detached" });
    await part(page, "continue").click();
    await onScreen(page, "ready");
    assert.equal(await ping(code), 202);
    assert.ok(await part(page, "ping").isVisible());
  });

  test("asleep it does not listen, awake it has the same code", async () => {
    const code = await pairAndContinue(server.facts);
    await part(page, "bench-sleep").click();
    await onScreen(page, "sleep");
    assert.equal(await ping(code), 409);
    await page.locator(".sleep").click();
    await onScreen(page, "ready");
    assert.equal(await codeOf(page), code);
    assert.equal(await ping(code), 202);
  });

  test("a reload keeps the log-in", async () => {
    const code = await pairAndContinue(server.facts);
    await stored(page);
    await page.reload();
    await onScreen(page, "ready");
    assert.equal(await codeOf(page), code);
    assert.equal(await ping(code), 202);
  });

  for (const signal of ["SIGTERM", "SIGKILL"]) {
    test(`after ${signal} and a new start the page comes back by itself, with its code`, async () => {
      const code = await pairAndContinue(server.facts);
      await stored(page);
      await server.stop(signal);
      await onScreen(page, "not-connected");
      server = await server.startAgain();
      await page.locator('[data-screen="ready"]').waitFor({ timeout: 20_000 });
      assert.equal(await codeOf(page), code);
      assert.equal(await ping(code), 202);
      assert.ok(seen.sockets.length > 1);
      complaints = complaints.filter((text) => !OFFLINE.test(text));
    });
  }

  test("a new certificate does not disturb a page that is connected, and the next page gets it", async () => {
    const code = await pairAndContinue(server.facts);
    const next = makeCertificate(folder, { name: "next", names: ["renewed.example"] });
    copyFileSync(next.certificate, files.certificate);
    copyFileSync(next.key, files.key);
    server.child.kill("SIGHUP");
    await until("it is read", () => server.log.includes("event=tls.reloaded subject=renewed.example"));
    assert.equal(await ping(code), 202);
    assert.ok(await part(page, "ping").isVisible());
    assert.equal(seen.sockets.length, 1, "the connection is the first one");

    const other = await browser.newContext({ ignoreHTTPSErrors: true });
    const answer = await (await other.newPage()).goto(`${server.url}/terminal/`);
    assert.equal((await answer.securityDetails()).subjectName, "renewed.example");
    await other.close();
  });

  test("Chromium speaks TLS 1.3 with it", async () => {
    const answer = await page.reload();
    assert.equal((await answer.securityDetails()).protocol, "TLS 1.3");
    await onScreen(page, "log-in");
  });

  test("who does not trust the certificate gets no page", async () => {
    await onScreen(page, "log-in");
    const strict = await browser.newContext();
    const asked = (await strict.newPage()).goto(`${server.url}/terminal/`);
    await assert.rejects(asked, /ERR_CERT_AUTHORITY_INVALID/);
    await strict.close();
  });
});

describe("behind nginx", { skip: Proxy.whyNot("nginx") }, () => {
  test("one day of a terminal: log-in, ping, Continue, sleep, reload, and the server restarts", async () => {
    const files = makeCertificate(folder, { name: "proxy" });
    let server = await Production.start(join(folder, "behind"), ["--trust-proxy", "127.0.0.1"]);
    const proxy = await Proxy.start("nginx", folder, server.url, files);
    const ping = async (code) => (await server.call(`/devices/${code}/ping`)).status;

    await openPage(proxy.url);
    const code = await pairAndContinue(server.facts);
    assert.equal(await ping(code), 202);
    assert.ok(await part(page, "ping").isVisible());
    await part(page, "ping").click();
    await part(page, "bench-sleep").click();
    await onScreen(page, "sleep");
    assert.equal(await ping(code), 409);
    await page.locator(".sleep").click();
    await onScreen(page, "ready");
    await stored(page);
    await page.reload();
    await onScreen(page, "ready");
    assert.equal(await codeOf(page), code);
    await stored(page);
    assert.deepEqual(complaints, [], "the console has errors");

    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    await onScreen(page, "not-connected");
    server = await server.startAgain();
    await page.locator('[data-screen="ready"]').waitFor({ timeout: 20_000 });
    assert.equal(await codeOf(page), code);
    assert.equal(await ping(code), 202);
    onlyBy(proxy.url);
    assert.deepEqual(complaints.filter((text) => !OFFLINE.test(text)), [], "the console has errors");
    await context.close();
    await server.stop();
    proxy.stop();
  });
});
