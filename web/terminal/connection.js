// The WebSocket to the terminal door, one at a time: carries messages and reports
// what happens; the machine decides. A socket that was closed from here reports
// nothing any more, so an old connection cannot be taken for the new.
//
// A page cannot see WebSocket pings: it notices silence by a probe of its own
// (machine/link.js), the browser's events, and time limits where an answer is due.

import { readMessage } from "./message.js";

export function terminalDoor(location) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/device/v1`;
}

// `take(event)` gets link_opened, link_closed, link_message, link_unreadable.
export function createConnection(url, take) {
  let socket = null;

  function listen(mine) {
    const current = (report) => (event) => {
      if (socket === mine) {
        report(event);
      }
    };
    mine.onopen = current(() => take({ type: "link_opened" }));
    mine.onmessage = current((event) => {
      const { message, problem } = readMessage(event.data);
      take(message ? { type: "link_message", message, at: performance.now() } : { type: "link_unreadable", problem });
    });
    mine.onclose = current((event) => {
      socket = null;
      take({ type: "link_closed", code: event.code });
    });
  }

  function close() {
    const mine = socket;
    socket = null;
    mine?.close();
    return mine !== null;
  }

  return {
    open() {
      close();
      socket = new WebSocket(url);
      listen(socket);
    },
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify(message));
        return true;
      }
      return false;
    },
    // What was sent before still goes out; answers whether there was a socket.
    close,
  };
}
