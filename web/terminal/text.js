// Everything that a person can read on the terminal and on the bench. It all
// stands here so that another language is one more file like this one, and so
// that the wording can be read in one go. What comes from outside (the names
// of businesses and users, the messages of the server and of the point of
// sale) is shown as it comes.

export const TEXT = {
  page: {
    title: "Smart Terminal · Tillwire",
    heading: "Smart Terminal, with a tester's bench",
    device: "Smart Terminal",
    brand: "tillwire",
  },

  status: {
    battery: "Battery",
    connected: "Connected",
    connecting: "Connecting",
    not_connected: "Not connected",
    network_off: "Network off",
    asleep: "Asleep",
    off: "Off",
  },

  off: { title: "The terminal is off", hint: "Turn the power on at the tester's bench." },
  boot: { title: "Starting" },
  sleep: { title: "Asleep", wake: "Wake the terminal", hint: "Tap, or press any key, to wake" },

  connecting: { title: "Connecting…" },
  not_connected: {
    title: "Not connected",
    network_off: "The network is off.",
    network_off_hint: "Turn the network on and the terminal connects by itself.",
    unreachable: "The server does not answer.",
    unreachable_hint: "Check the network, and that the server is running. The terminal keeps trying by itself.",
    trying: "Trying now…",
    next: (seconds) => (seconds < 1 ? "Trying again in a moment" : `Trying again in ${seconds} s`),
    attempts: (count) => (count === 1 ? "1 attempt so far" : `${count} attempts so far`),
    retry: "Try now",
  },

  log_in: {
    title: "Log in",
    lead: "With the e-mail and password of a user of your business.",
    email: "E-mail",
    password: "Password",
    submit: "Log in",
    use_pin: "Use a PIN instead",
    missing: "Enter an e-mail and a password.",
  },
  pin: {
    title: "Enter your PIN",
    entered: (count) => (count === 1 ? "1 digit entered" : `${count} digits entered`),
    pad: "PIN pad",
    remove: "Delete the last digit",
    submit: "Log in",
    use_email: "Use e-mail and password",
    short: "A PIN has 4 to 8 digits.",
  },
  refused: {
    wrong: "That is not right. Please try again.",
    serial_in_use: "A terminal with this serial number is connected already.",
    no_codes_left: "Your business has no device codes left.",
    busy: "The server is busy. Please try again in a moment.",
    trouble: "The log-in did not work. Please try again.",
  },
  registering: { title: "Registering…", lead: "This takes a moment." },
  leaving: { title: "Logging out…" },

  pairing: {
    title: "Pair this terminal",
    lead: "Enter this code in your point of sale",
    code: (letters) => `Device code: ${letters.split("").join(", ")}`,
    hint: "Pings arrive already. Payments can come after you continue.",
    submit: "Continue",
  },
  api_off: {
    title: "API mode is off",
    none: "This terminal has no device code yet.",
    none_hint: "Ask an administrator of your business to turn on API mode. Then log in again.",
    now_on: "API mode is on now",
    now_on_hint: "Log in again to get a device code.",
    kept: "Your point of sale cannot reach this terminal.",
    kept_hint: "Ask an administrator to turn API mode on. The device code stays the same.",
    again: "Log in again",
    code: "Device code",
  },
  getting_ready: { title: "Getting ready…" },
  ready: { title: "Ready to take payment", code: "Device code" },

  replaced: {
    title: "In use elsewhere",
    lead: "Another connection took over this terminal.",
    hint: "If that is not what you want, take it back.",
    submit: "Take it back",
  },
  removed: {
    title: "Terminal removed",
    lead: "An administrator removed this terminal from the business.",
    hint: "Log in with e-mail and password to register it again.",
    submit: "Log in",
  },
  fault: {
    title: "This terminal cannot start",
    slot: (slot) => `Terminal ${slot} is open in another tab or window.`,
    slot_hint: "Close it there, or open this page without a slot number.",
    memory: "This browser cannot store the terminal's memory.",
    memory_hint: "Leave private browsing, or free some space, and try again.",
    retry: "Try again",
  },
  trouble: {
    no_answer: "The server did not answer in time.",
    unreadable: "The server sent something this terminal cannot read.",
  },

  ping: {
    title: "Ping",
    plain: "Your point of sale found this terminal.",
    from: "Message from your point of sale",
    close: "OK",
  },

  menu: {
    open: "Options",
    title: "Options",
    hardware: "Hardware Settings",
    log_out: "Log out",
    close: "Close",
    back: "Back",
  },
  hardware: {
    title: "Hardware Settings",
    code: "Device code",
    serial: "Serial number",
    business: "Business",
    user: "User",
    connection: "Connection",
    version: "Version",
    none: "None",
  },

  bench: {
    title: "Tester's bench",
    lead: "Not part of the terminal: what you do here happens to it.",
    power: "Power",
    network: "Network",
    on: "On",
    off: "Off",
    sleep: "Put to sleep",
    wake: "Wake",
    state: "Connection",
    slot: (slot, serial) => `Terminal ${slot} · ${serial}`,
    another: "Open another terminal",
    journal: "Journal",
    journal_empty: "Nothing sent or received yet.",
    sent: "sent",
    received: "received",
    noted: "note",
    notes: {
      opened: "connection open",
      closed: (code) => `connection closed (${code})`,
      ended: "connection closed by the terminal",
      unreadable: "message not understood",
      retry: (ms) => `next attempt in ${(ms / 1000).toFixed(1)} s`,
      no_locks: "no tab locks here: open further terminals with ?slot=1, ?slot=2, …",
    },
  },
};
