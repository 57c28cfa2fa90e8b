// GET /conversations, POST /conversations/:id/messages: stored with its job in one transaction, announced, answered; sending follows.

import express from 'express';
import { messageOf, posted } from './announce.js';
import { userOf } from './sockets.js';

const MOST_CHARACTERS = 4096;

export function messageRoutes({ config, store, announce, sending }) {
  const router = express.Router();

  router.use((request, response, next) => {
    try {
      request.user = userOf((request.get('authorization') ?? '').replace(/^Bearer /, ''), config.jwtSecret);
    } catch {
      return response.sendStatus(401);
    }
    return next();
  });

  router.get('/', async (request, response) => {
    const found = await store.conversations(request.user.account_ids);
    response.json({ items: found.map(({ id }) => ({ id: String(id) })), next_cursor: null });
  });

  router.post('/:id/messages', express.json(), async (request, response) => {
    const { client_id: clientId, text } = request.body;
    const body = text?.body;
    const isGood = /^[A-Za-z0-9_-]{1,64}$/.test(clientId) && typeof body === 'string' && body && body.length <= MOST_CHARACTERS;
    if (!isGood) return response.sendStatus(422);
    const conversation = await store.conversation(request.params.id);
    const maySee = conversation && request.user.account_ids.includes(Number(conversation.account_id));
    if (!maySee) return response.sendStatus(404);

    const draft = { clientId, authorId: request.user.sub, body, at: Date.now() };
    const row = await store.post(conversation, draft);
    if (!row) {
      return response.status(200).json(messageOf(await store.byClientId(conversation.account_id, clientId)));
    }
    const stored = {
      ...conversation, ...row, client_id: clientId, author_id: draft.authorId, body, message_status: 'sending', provider_at: draft.at, sent_at: null,
    };
    const news = posted(stored);
    announce({ id: conversation.account_id }, news);
    response.status(201).json(news.message);
    return sending.wake();
  });

  return router;
}
