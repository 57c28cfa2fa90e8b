/** The outbox on disk, so that what waits survives a reload: IndexedDB, because files must fit. */
import type { Pending } from "./pending";

const DATABASE = "hoopoe-outbox";
const STORE = "messages";

let opening: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opening ??= new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "client_id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB is not available"));
  });
  return opening;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise<T>((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("The outbox could not be written"));
  });
}

export const stored = (): Promise<Pending[]> => run("readonly", (store) => store.getAll() as IDBRequest<Pending[]>);
export const keep = (item: Pending): Promise<unknown> => run("readwrite", (store) => store.put(item));
export const drop = (clientId: string): Promise<unknown> => run("readwrite", (store) => store.delete(clientId));
