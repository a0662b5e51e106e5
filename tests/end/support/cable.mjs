// A network cable between a terminal and its server: each direction can fall
// silent, at once or from a certain word on, or everything can be pulled.

import { connect, createServer } from 'node:net';

export class Cable {
  // `port()`: the server's, asked at each connection.
  static async start(port) {
    const cable = new Cable();
    cable.muted = { up: false, down: false };
    cable.word = null;
    cable.plugged = true;
    cable.lines = new Set();
    cable.lost = { up: 0, down: 0 }; // bytes that were swallowed
    cable.door = createServer((terminal) => cable.#join(terminal, port()));
    await new Promise((done) => cable.door.listen(0, '127.0.0.1', done));
    cable.url = `http://127.0.0.1:${cable.door.address().port}`;
    return cable;
  }

  #join(terminal, port) {
    if (!this.plugged) {
      terminal.destroy();
      return;
    }
    const server = connect(port, '127.0.0.1');
    const line = { end: () => { terminal.destroy(); server.destroy(); this.lines.delete(line); } };
    this.lines.add(line);
    for (const [from, to, way] of [[terminal, server, 'up'], [server, terminal, 'down']]) {
      from.on('data', (bytes) => {
        if (way === 'down' && this.word !== null && bytes.includes(this.word)) this.muted.down = true;
        if (this.muted[way]) this.lost[way] += bytes.length;
        else to.write(bytes);
      });
      from.on('error', () => {});
      from.on('close', line.end);
    }
  }

  // What goes that way from now on is lost: 'up' to the server, 'down' to the terminal.
  mute(way) {
    this.muted[way] = true;
    this.lost[way] = 0;
  }

  // The terminal hears nothing any more from the first message of that type on.
  muteFrom(type) {
    this.word = `"type":"${type}"`;
    this.lost.down = 0;
  }

  // Everything on it is cut; nothing gets through until plug.
  pull() {
    this.plugged = false;
    for (const line of [...this.lines]) line.end();
  }

  plug() {
    this.word = null;
    this.muted = { up: false, down: false };
    this.plugged = true;
  }

  stop() {
    this.pull();
    return new Promise((done) => this.door.close(done));
  }
}
