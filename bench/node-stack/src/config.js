// Settings from the environment; the bench driver sets every one of them.

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const config = {
  port: Number(required('PORT')),
  databaseUrl: required('DATABASE_URL'),
  /** `plain` or `one-statement` */
  form: process.env.FORM ?? 'plain',
  appSecret: required('APP_SECRET'),
  verifyToken: process.env.VERIFY_TOKEN ?? 'verify',
  jwtSecret: required('JWT_SECRET'),
  /** How many accounts (business numbers) the bench tenant has. */
  accounts: Number(process.env.ACCOUNTS ?? 1),
  poolSize: Number(process.env.POOL_SIZE ?? 16),
  /** Where messages of ours are sent; none are where it is left out. */
  providerUrl: process.env.PROVIDER_URL,
  providerToken: process.env.PROVIDER_TOKEN,
  /** Messages under way to the provider at the same time. */
  workers: Number(process.env.WORKERS ?? 32),
  sqliteSynchronous: process.env.SQLITE_SYNCHRONOUS ?? 'FULL',
};
