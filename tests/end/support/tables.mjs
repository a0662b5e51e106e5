// What the program itself knows, as data: its tables, printed by small programs
// that are built with it (tests/tool/).

import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const TOOLS = resolve(CHECKOUT, process.env.BUILD || 'build', 'tests/tool');

// Every route: { method, path, kind, needs, errors, target }.
export function routeTable() {
  return JSON.parse(execFileSync(resolve(TOOLS, 'route_table')));
}

// Every message of the terminal protocol: { protocol, messageMax, messages }.
export function terminalTable() {
  return JSON.parse(execFileSync(resolve(TOOLS, 'terminal_table')));
}

// What the program's own reader says of each message: 'ok', or what is wrong.
export function readMessages(messages) {
  const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
  return execFileSync(resolve(TOOLS, 'terminal_table'), ['--read'], { input }).toString().trimEnd().split('\n');
}

// What our own code signs a webhook's message with: "v1,...".
export function signWith(token, id, seconds, body) {
  return execFileSync(resolve(TOOLS, 'sign'), [token, id, String(seconds)], { input: body }).toString().trim();
}
