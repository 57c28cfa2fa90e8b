// The conventional stack: Express 5, Socket.IO, `pg` or better-sqlite3. See README.md.

import { createServer } from 'node:http';
import express from 'express';
import { config } from './config.js';
import { messageRoutes } from './messages.js';
import { startSending } from './sending.js';
import { attachSockets } from './sockets.js';
import { openStore } from './stores/index.js';
import { webhookRoutes } from './webhook.js';

const store = await openStore(config);
const accounts = new Map((await store.accounts()).map((account) => [account.phone_number_id, account]));

const app = express();
app.disable('x-powered-by');
app.disable('etag');
const server = createServer(app);
server.keepAliveTimeout = 60_000;
const { announce } = attachSockets(server, config);

app.get('/health', (_request, response) => response.json({ status: 'ok' }));
app.use('/webhooks/whatsapp', webhookRoutes({ config, store, accounts, announce }));
const sending = startSending({ config, store, accounts, announce });
app.use('/api/v1/conversations', messageRoutes({ config, store, announce, sending }));
app.use((error, _request, response, _next) => {
  console.error(error);
  response.sendStatus(error.status ?? 503);
});

server.listen(config.port, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
