// What a terminal remembers when its power is cut: one record per slot in
// IndexedDB, in order. A promise of `save` is kept only when it is durable: a
// credential is used after that (docs/terminal-protocol.md, Credential).

import { makeSerial } from "./serial.js";

const DATABASE = "tillwire-terminal";
const STORE = "slots";

const randomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

export function newRecord(serial) {
  return {
    serial,
    credential: null,
    continued: false,
    power: true,
    asleep: false,
    code: null,
    businessName: null,
    user: null,
    payment: null, // the one that was begun (machine/payment.js); older records lack it
  };
}

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function readRecord(database, slot) {
  return new Promise((resolve, reject) => {
    const request = database.transaction(STORE, "readonly").objectStore(STORE).get(slot);
    request.onsuccess = () => resolve(request.result ?? null);
    request.onerror = () => reject(request.error);
  });
}

function writeRecord(database, slot, record) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    transaction.objectStore(STORE).put(record, slot);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

// Answers { record, save }; a terminal without a record gets its serial number
// now, stored before anyone hears of it. Rejects when nothing can be stored.
export async function openMemory(slot) {
  const database = await openDatabase();
  let record = await readRecord(database, slot);
  if (record === null) {
    record = newRecord(makeSerial(randomBytes));
    await writeRecord(database, slot, record);
  }
  let last = Promise.resolve();
  function save(next) {
    const write = last.then(() => writeRecord(database, slot, next));
    last = write.catch(() => {});
    return write;
  }
  return { record, save };
}
