// PostgreSQL: schema, seed, pool.

import pg from 'pg';
import { schemaOf } from './index.js';
import { queue } from './postgres-queue.js';

export async function open(config, { receiver, poster, settler }) {
  const pool = new pg.Pool({ connectionString: config.databaseUrl, max: config.poolSize });
  await pool.query(schemaOf('postgres'));
  await pool.query(`INSERT INTO tenants (id, name) VALUES (1, 'Bench') ON CONFLICT DO NOTHING`);
  await pool.query(
    `INSERT INTO accounts (id, tenant_id, phone_number_id, name)
     SELECT n, 1, (100000000000000 + n)::text, 'Number ' || n FROM generate_series(1, $1::bigint) n ON CONFLICT DO NOTHING`,
    [config.accounts],
  );
  return {
    accounts: async () => (await pool.query('SELECT id, tenant_id, phone_number_id FROM accounts')).rows,
    receive: receiver(pool),
    post: poster(pool),
    settle: settler(pool),
    ...queue(pool),
  };
}
