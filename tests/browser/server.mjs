// Starts the server that the page is tested against: the real binary, or with
// TILLWIRE_MOCK=1 the stand-in of mock_server.mjs (which alone has `control`).
// Both answer { facts, stop, restart }: facts are what `tillwire dev --json`
// prints; restart kills the server and starts it again, with the same data on
// the same port. The real one has `admin(...)`, which answers what it prints.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startMock } from "./mock_server.mjs";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

export const isMock = process.env.TILLWIRE_MOCK === "1";

function readFacts(child) {
  return new Promise((done, refuse) => {
    createInterface({ input: child.stdout }).once("line", (line) => done(JSON.parse(line)));
    child.once("error", refuse);
    child.once("exit", (code) => refuse(new Error(`tillwire dev ended with ${code}`)));
  });
}

const PROGRAM = resolve(CHECKOUT, process.env.BUILD || "build", "tillwire");

function runReal(listen, data) {
  const options = ["dev", "--listen", listen, "--data", data, "--json"];
  return spawn(PROGRAM, options, { stdio: ["ignore", "pipe", "inherit"] });
}

async function startReal() {
  const data = await mkdtemp(join(tmpdir(), "tillwire-browser-"));
  let child = runReal("127.0.0.1:0", data);
  const facts = await readFacts(child);
  async function end(signal) {
    if (child.exitCode === null) {
      const ended = new Promise((done) => { child.once("exit", done); });
      child.kill(signal);
      await ended;
    }
  }
  async function stop() {
    await end("SIGTERM");
    await rm(data, { recursive: true, force: true });
  }
  async function restart() {
    await end("SIGKILL");
    child = runReal(new URL(facts.api).host, data);
    await readFacts(child);
  }
  async function admin(...words) {
    const { stdout } = await promisify(execFile)(PROGRAM, ["admin", ...words, "--data", data, "--json"]);
    return JSON.parse(stdout);
  }
  return { facts, stop, restart, admin };
}

export const startServer = () => (isMock ? startMock() : startReal());
