// GET|POST /webhooks/whatsapp: handshake; signature over the raw bytes; store; announce; only then 200.

import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import { announcement } from './announce.js';
import { inboundMessages } from './cloud-api.js';

function signatureIsValid(secret, body, header) {
  const given = Buffer.from(header ?? '');
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function webhookRoutes({ config, store, accounts, announce }) {
  const router = express.Router();

  router.get('/', (request, response) => {
    const ok = request.query['hub.mode'] === 'subscribe' && request.query['hub.verify_token'] === config.verifyToken;
    if (!ok) return response.sendStatus(403);
    return response.type('text/plain').send(String(request.query['hub.challenge']));
  });

  router.post('/', express.raw({ type: () => true, limit: '3mb' }), async (request, response) => {
    if (!signatureIsValid(config.appSecret, request.body, request.get('x-hub-signature-256'))) {
      return response.sendStatus(401);
    }
    for (const inbound of inboundMessages(JSON.parse(request.body))) {
      const account = accounts.get(inbound.phoneNumberId);
      if (!account) continue;
      const row = await store.receive(account, inbound);
      if (row) announce(account, announcement(inbound, account, row));
    }
    return response.sendStatus(200);
  });

  return router;
}
