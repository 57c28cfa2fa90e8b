// SQLite: schema, seed, one connection (better-sqlite3 is synchronous: one writer, no lock waiting).

import Database from 'better-sqlite3';
import { phoneNumberIdOf, schemaOf } from './index.js';
import { queue } from './sqlite-queue.js';

export async function open(config, { receiver }) {
  const db = new Database(config.databaseUrl.slice('sqlite:'.length));
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${config.sqliteSynchronous}`);
  db.pragma('foreign_keys = ON');
  // As Hoopoe sets them.
  db.pragma('cache_size = -32768');
  db.pragma('temp_store = memory');
  db.pragma('wal_autocheckpoint = 4000');
  db.exec(schemaOf('sqlite'));
  db.prepare(`INSERT OR IGNORE INTO tenants (id, name) VALUES (1, 'Bench')`).run();
  const addAccount = db.prepare('INSERT OR IGNORE INTO accounts (id, tenant_id, phone_number_id, name) VALUES (?, 1, ?, ?)');
  db.transaction(() => {
    for (let n = 1; n <= config.accounts; n += 1) addAccount.run(n, phoneNumberIdOf(n), `Number ${n}`);
  })();
  return {
    accounts: async () => db.prepare('SELECT id, tenant_id, phone_number_id FROM accounts').all(),
    receive: receiver(db),
    ...queue(db),
  };
}
