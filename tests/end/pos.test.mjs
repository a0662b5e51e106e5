// `tillwire pos` as a shop uses it: the real binary against a small API of the
// test's own, which can also answer what ours never does.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Authority } from "./support/authority.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = path.resolve(root, process.env.BUILD || "build", "tillwire");

// What a device code of the fake API answers: status, content type, body.
const answers = {
  SHWN: [202, null, ""],
  G0NE: [404, "application/json", '{"errors":["device with code G0NE not found"]}'],
  MUTE: [409, "application/json", '{"errors":["device with code MUTE not listening"]}'],
  BUSY: [409, "application/json", '{"errors":["device with code BUSY busy"]}'],
  DENY: [403, "application/json", '{"errors":["Unauthorized"]}'],
  N0PE: [401, "application/json", '{"errors":"Unauthorized"}'],
  ODD1: [200, "application/json", '{"errors":['],
  EVIL: [500, "application/json", '{"errors":["\\u001b[2Jboom"]}'],
  MOVE: [302, "text/plain", "elsewhere"],
};

let api;
let requests;
let folder;
let file;

before(async () => {
  api = http.createServer((request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    const found = /^\/v2\/devices\/([A-Z0-9]{4})\/ping(\?.*)?$/.exec(request.url);
    if (found?.[1] === "SHUT") {
      request.socket.destroy();
      return;
    }
    const [status, type, body] = answers[found?.[1]] ?? [404, "text/plain", "404 page not found"];
    if (status === 302) {
      response.setHeader("location", "/v2/devices/SHWN/ping");
    }
    response.writeHead(status, type === null ? {} : { "content-type": type });
    response.end(body);
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
});

after(() => api.close());

beforeEach(async () => {
  requests = [];
  folder = await mkdtemp(path.join(tmpdir(), "tillwire-pos-"));
  file = path.join(folder, "pairings.json");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const base = () => `http://127.0.0.1:${api.address().port}/v2`;

// Runs the binary with nothing of this shell's own settings.
async function tillwire(words, environment = {}) {
  const child = spawn(binary, words, {
    env: { HOME: folder, TILLWIRE_TOKEN: "secret-token", TILLWIRE_API: base(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes) => (stdout += bytes));
  child.stderr.on("data", (bytes) => (stderr += bytes));
  const [code, signal] = await once(child, "close");
  assert.equal(signal, null, stderr);
  return { code, stdout, stderr };
}

const pos = (verb, ...words) => tillwire(["pos", verb, ...words, "--pairings", file]);
const stored = async () => JSON.parse(await readFile(file, "utf8")).pairings;

async function assertNothingStored() {
  await assert.rejects(stat(file), { code: "ENOENT" });
}

// A listener that answers each connection as it likes, not with HTTP.
async function withListener(onSocket, use) {
  const server = net.createServer(onSocket);
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    return await use(`http://127.0.0.1:${server.address().port}/v2`);
  } finally {
    server.close();
  }
}

test("a pairing is stored after the terminal has shown a ping", async () => {
  const { code, stdout, stderr } = await pos("pair", "Till 1", "shwn");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, 'Paired "Till 1" with SHWN; the terminal has shown a ping.\n');
  assert.equal(requests.length, 1);
  assert.equal(requests[0].method, "GET");
  assert.equal(requests[0].url, "/v2/devices/SHWN/ping");
  assert.equal(requests[0].headers["api-token"], "secret-token");
  const [pairing] = await stored();
  assert.deepEqual([pairing.name, pairing.code, pairing.api], ["Till 1", "SHWN", base()]);
  assert.match(pairing.pairedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(folder)).sort(), ["pairings.json", "pairings.json.lock"]);
});

test("without --pairings the file is in the person's data folder", async () => {
  const { code } = await tillwire(["pos", "pair", "Till 1", "SHWN"]);
  assert.equal(code, 0);
  await stat(path.join(folder, ".local/share/tillwire/pairings.json"));
  const elsewhere = path.join(folder, "data");
  await tillwire(["pos", "pair", "Till 1", "SHWN"], { XDG_DATA_HOME: elsewhere });
  await stat(path.join(elsewhere, "tillwire/pairings.json"));
});

for (const [device, code, outcome, problem] of [
  ["G0NE", 1, "not_found", "device with code G0NE not found"],
  ["MUTE", 1, "not_listening", "device with code MUTE not listening"],
  ["BUSY", 1, "busy", "device with code BUSY busy"],
  ["DENY", 3, "unauthorized", "Unauthorized"],
  ["N0PE", 3, "unauthorized", "Unauthorized"],
  ["ODD1", 4, "unexpected", "the answer was 200, without a reason that a Smart Terminal API would give"],
  ["EVIL", 4, "unexpected", "?[2Jboom"],
]) {
  test(`a pairing with ${device} is refused (${outcome}) and nothing is stored`, async () => {
    const plain = await pos("pair", "Till 1", device);
    assert.equal(plain.code, code);
    assert.equal(plain.stdout, "");
    assert.equal(plain.stderr, `tillwire: ${problem}; nothing was stored\n`);
    const json = await pos("pair", "Till 1", device, "--json");
    assert.equal(json.code, code);
    assert.equal(JSON.parse(json.stdout).outcome, outcome);
    await assertNothingStored();
  });
}

test("a redirect is not followed", async () => {
  assert.equal((await pos("pair", "Till 1", "MOVE")).code, 4);
  assert.equal(requests.length, 1);
  await assertNothingStored();
});

test("an API that closes at once is unreachable", async () => {
  const { code, stderr } = await pos("pair", "Till 1", "SHUT");
  assert.equal(code, 4);
  assert.match(stderr, /^tillwire: 127\.0\.0\.1 port \d+ closed the connection without an answer/);
  await assertNothingStored();
});

test("nobody listening is told with the question that helps", async () => {
  const address = await withListener(() => {}, async (url) => url);
  const { code, stdout, stderr } = await pos("pair", "Till 1", "SHWN", "--api", address, "--json");
  assert.equal(code, 4);
  const { port } = new URL(address);
  const problem = `could not connect to 127.0.0.1 port ${port}: is Tillwire running there?`;
  assert.equal(stderr, `tillwire: ${problem}; nothing was stored\n`);
  assert.deepEqual(JSON.parse(stdout), { outcome: "unreachable", problem: `${problem}; nothing was stored` });
  await assertNothingStored();
});

test("what does not speak HTTP is told apart from nobody", async () => {
  const garbage = (socket) => socket.on("error", () => {}).end("220 mail.example ESMTP\r\n");
  await withListener(garbage, async (url) => {
    const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url);
    assert.equal(code, 4);
    assert.match(stderr, /does not speak HTTP/);
  });
  const cut = (socket) =>
    socket.on("error", () => {}).end("HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nabc");
  await withListener(cut, async (url) => {
    const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url);
    assert.equal(code, 4);
    assert.match(stderr, /was cut before the answer was complete/);
  });
  await assertNothingStored();
});

test("an answer of more than a mebibyte is not taken", async () => {
  const endless = (socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n");
    socket.end("x".repeat(1024 * 1024 + 1));
  };
  await withListener(endless, async (url) => {
    const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url);
    assert.equal(code, 4);
    assert.match(stderr, /larger than 1 MiB/);
  });
});

test("an address without /v2 is used as given, and the 404 is understood", async () => {
  const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", base().slice(0, -3));
  assert.equal(code, 4);
  assert.match(stderr, /should it end in \/v2\?/);
  assert.equal(requests[0].url, "/devices/SHWN/ping");
});

test("a closing slash of the address does no harm", async () => {
  assert.equal((await pos("pair", "Till 1", "SHWN", "--api", `${base()}/`)).code, 0);
  assert.equal(requests[0].url, "/v2/devices/SHWN/ping");
});

test("a proxy of the environment is not asked for this machine", async () => {
  const { code } = await tillwire(["pos", "pair", "Till 1", "SHWN"], { http_proxy: "http://127.0.0.1:1" });
  assert.equal(code, 0);
});

test("--no-ping stores without asking, and needs no token", async () => {
  const { code, stdout } = await tillwire(
    ["pos", "pair", "Till 1", "SHWN", "--no-ping", "--pairings", file, "--json"],
    { TILLWIRE_TOKEN: "" },
  );
  assert.equal(code, 0);
  assert.equal(requests.length, 0);
  const answer = JSON.parse(stdout);
  assert.deepEqual([answer.outcome, answer.pinged, answer.replacedCode], ["paired", false, null]);
  assert.equal((await stored()).length, 1);
});

test("pairing a name again replaces it and says so", async () => {
  await pos("pair", "Till 1", "MUTE", "--no-ping");
  const { stdout } = await pos("pair", "Till 1", "SHWN");
  assert.equal(stdout, 'Paired "Till 1" with SHWN, in place of MUTE before; the terminal has shown a ping.\n');
  assert.deepEqual((await stored()).map(({ code }) => code), ["SHWN"]);
});

test("a refused second pairing leaves the first as it was", async () => {
  await pos("pair", "Till 1", "SHWN");
  assert.equal((await pos("pair", "Till 1", "MUTE")).code, 1);
  assert.deepEqual((await stored()).map(({ code }) => code), ["SHWN"]);
});

test("the list shows what is paired", async () => {
  const none = await pos("list");
  assert.equal(none.stdout, "Nothing is paired yet: tillwire pos pair NAME CODE\n");
  await pos("pair", "Café 1", "SHWN");
  await pos("pair", "Till 22", "MUTE", "--no-ping");
  const lines = (await pos("list")).stdout.split("\n");
  assert.match(lines[0], /^NAME {5}CODE {2}PAIRED +API$/);
  assert.match(lines[1], /^Café 1 {3}SHWN {2}\d{4}-/);
  assert.match(lines[2], /^Till 22 {2}MUTE {2}\d{4}-/);
  assert.deepEqual(JSON.parse((await pos("list", "--json")).stdout).pairings, await stored());
});

test("a ping goes to the paired API, with its message encoded", async () => {
  await pos("pair", "Till 1", "SHWN", "--no-ping");
  const message = "Ein Gruß: 50% & mehr? #1 a+b=c";
  const { code, stdout } = await tillwire(
    ["pos", "ping", "Till 1", "--message", message, "--pairings", file],
    { TILLWIRE_API: "http://127.0.0.1:1/v2" },
  );
  assert.equal(code, 0);
  assert.equal(stdout, "Till 1 (SHWN) has shown the ping.\n");
  assert.equal(requests[0].url, `/v2/devices/SHWN/ping?message=${encodeURIComponent(message)}`);
  const json = JSON.parse((await pos("ping", "Till 1", "--json")).stdout);
  assert.deepEqual([json.outcome, json.name, json.code], ["shown", "Till 1", "SHWN"]);
  assert.ok(Number.isInteger(json.milliseconds));
  assert.equal(requests[1].url, "/v2/devices/SHWN/ping");
});

test("a ping that the terminal does not show ends with 1", async () => {
  await pos("pair", "Till 1", "MUTE", "--no-ping");
  const { code, stdout, stderr } = await pos("ping", "Till 1");
  assert.deepEqual([code, stdout, stderr], [1, "", "tillwire: device with code MUTE not listening\n"]);
});

test("an unknown name is answered with the nearest", async () => {
  await pos("pair", "Till 1", "SHWN", "--no-ping");
  const { code, stderr } = await pos("ping", "Till 2");
  assert.equal(code, 1);
  assert.match(stderr, /nothing is paired under the name "Till 2": did you mean "Till 1"\?/);
  assert.equal(requests.length, 0);
});

test("an unpaired name is forgotten", async () => {
  await pos("pair", "Till 1", "SHWN", "--no-ping");
  const { code, stdout } = await pos("unpair", "Till 1");
  assert.equal(code, 0);
  assert.equal(stdout, '"Till 1" is no longer paired with SHWN.\n');
  assert.deepEqual(await stored(), []);
  assert.equal((await pos("unpair", "Till 1")).code, 1);
});

test("a damaged file is found out before the terminal is asked, and stays", async () => {
  await writeFile(file, '{"version":1,"pairings":[');
  for (const words of [["pair", "Till 1", "SHWN"], ["list"], ["ping", "Till 1"], ["unpair", "Till 1"]]) {
    const { code, stdout, stderr } = await pos(...words);
    assert.equal(code, 5, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, /pairings\.json is damaged .*it was left as it is/);
  }
  assert.equal(await readFile(file, "utf8"), '{"version":1,"pairings":[');
  assert.equal(requests.length, 0);
});

test("a file that may not be read is trouble with the file", { skip: process.getuid() === 0 }, async () => {
  await writeFile(file, "{}");
  await chmod(file, 0);
  assert.equal((await pos("list")).code, 5);
});

test("ten commands at once lose no pairing", async () => {
  const names = Array.from({ length: 10 }, (_, i) => `Till ${i}`);
  const results = await Promise.all(names.map((name) => pos("pair", name, "SHWN")));
  assert.deepEqual(results.map(({ code }) => code), names.map(() => 0));
  assert.deepEqual((await stored()).map(({ name }) => name).sort(), names);
});

test("wrong usage ends with 2 and asks nobody", async () => {
  const long = "x".repeat(81);
  for (const [words, problem] of [
    [["pair", "Till 1"], /CODE is missing/],
    [["pair", "Till 1", "SHW"], /a device code is four letters or digits/],
    [["pair", long, "SHWN"], /a name has 1 to 80 characters/],
    [["pair", "", "SHWN"], /a name has 1 to 80 characters/],
    [["pair", "Till 1", "SHWN", "--tokn", "x"], /no option --tokn: did you mean --token\?/],
    [["pair", "Till 1", "SHWN", "--api", "127.0.0.1"], /must start with http/],
    [["pair", "Till 1", "SHWN", "--token", "a b"], /an api-token has/],
    [["pair", "Till 1", "SHWN", "--json", "--json"], /--json is given twice/],
    [["ping", "Till 1", "--message", long], /a message has 1 to 80 characters/],
    [["pnig", "Till 1"], /there is no command 'pos pnig'/],
  ]) {
    const { code, stdout, stderr } = await pos(...words);
    assert.equal(code, 2, words.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, problem);
  }
  const { code } = await tillwire(["pos", "pair", "Till 1", "SHWN", "--pairings", file], { TILLWIRE_TOKEN: "" });
  assert.equal(code, 2);
  assert.equal(requests.length, 0);
  await assertNothingStored();
});

test("no message ever repeats the token", async () => {
  for (const device of ["SHWN", "G0NE", "DENY", "ODD1", "SHUT"]) {
    const { stdout, stderr } = await pos("pair", "Till 1", device, "--json");
    assert.ok(!`${stdout}${stderr}`.includes("secret-token"));
  }
});

test("help and version answer on standard output", async () => {
  for (const words of [["--help"], ["help"], ["pos", "--help"], ["help", "pos", "ping"], ["pos", "ping", "--help"]]) {
    const { code, stdout, stderr } = await tillwire(words);
    assert.deepEqual([code, stderr], [0, ""], words.join(" "));
    assert.match(stdout, /^Usage: tillwire /);
  }
  assert.match((await tillwire(["version"])).stdout, /^tillwire \d+\.\d+\.\d+\n$/);
  const nothing = await tillwire([]);
  assert.deepEqual([nothing.code, nothing.stdout], [2, ""]);
  assert.match(nothing.stderr, /^Usage: tillwire /);
});

test("a device is not added by hand, and the answer says how", async () => {
  const { code, stderr } = await tillwire(["admin", "device", "add", "--serial", "X"]);
  assert.equal(code, 2);
  assert.match(stderr, /devices register themselves/);
});

// --- Over TLS ---

// An API with a certificate of an authority that nobody else knows.
async function withSecureApi(names, days, use) {
  const authority = new Authority(folder);
  const identity = authority.issue("api", names, days);
  const server = https.createServer({ key: identity.key, cert: identity.cert }, (request, response) => {
    response.writeHead(202).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  try {
    return await use(`https://localhost:${server.address().port}/v2`, authority.file);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("an https API is trusted by the CA file that was given, as an option or in the environment", async () => {
  await withSecureApi("DNS:localhost", 1, async (url, ca) => {
    assert.equal((await pos("pair", "Till 1", "SHWN", "--api", url, "--ca-file", ca)).code, 0);
    assert.equal((await pos("ping", "Till 1", "--ca-file", ca)).code, 0);
    const environment = { TILLWIRE_CA_FILE: ca };
    assert.equal((await tillwire(["pos", "ping", "Till 1", "--pairings", file], environment)).code, 0);
    const { code, stderr } = await pos("ping", "Till 1");
    assert.equal(code, 4);
    assert.equal(stderr, "tillwire: the certificate of localhost is signed by nobody whom this machine knows: " +
      "give the authority's certificate with --ca-file\n");
  });
});

test("a certificate that cannot be accepted is told in the words of the terminal", async () => {
  await withSecureApi("DNS:pos.example.com", 1, async (url, ca) => {
    const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url, "--ca-file", ca);
    assert.equal(code, 4);
    assert.match(stderr, /^tillwire: the certificate that came is for another name than localhost: check the address; /);
  });
  await withSecureApi("DNS:localhost", -1, async (url, ca) => {
    const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url, "--ca-file", ca);
    assert.equal(code, 4);
    assert.match(stderr, /^tillwire: the certificate of localhost has expired/);
  });
  await assertNothingStored();
});

test("a CA file that cannot be used is refused before anything is asked", async () => {
  const missing = path.join(folder, "none.pem");
  const wrong = path.join(folder, "wrong.pem");
  await writeFile(wrong, "no certificate\n");
  const secure = ["pair", "Till 1", "SHWN", "--api", "https://localhost:1/v2"];
  let { code, stderr } = await pos(...secure, "--ca-file", missing);
  assert.equal(code, 2);
  assert.match(stderr, /^tillwire: --ca-file: .*none\.pem.*there is no such file\n$/);
  ({ code, stderr } = await pos(...secure, "--ca-file", wrong));
  assert.equal(code, 2);
  assert.match(stderr, /holds no certificate in PEM form/);
  ({ code, stderr } = await pos("pair", "Till 1", "SHWN", "--ca-file", missing));
  assert.equal(code, 2);
  assert.match(stderr, /--ca-file is of no use with http:.*must begin with https/);
  assert.equal(requests.length, 0);
  // Of the environment, where it is of no use, it is left aside.
  const words = ["pos", "pair", "Till 1", "SHWN", "--pairings", file];
  assert.equal((await tillwire(words, { TILLWIRE_CA_FILE: missing })).code, 0);
});

test("an API that speaks only TLS 1.1 is not spoken to", async () => {
  const authority = new Authority(folder);
  const { key, cert } = authority.issue("old");
  const old = { key, cert, minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
  const server = https.createServer(old, (request, response) => response.writeHead(202).end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `https://localhost:${server.address().port}/v2`;
  const { code, stderr } = await pos("pair", "Till 1", "SHWN", "--api", url, "--ca-file", authority.file);
  assert.equal(code, 4);
  assert.match(stderr, /^tillwire: no secure connection with localhost/);
  server.close();
});
