// Socket.IO: a token in the handshake, one room per account the user may see.

import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

export const roomOf = (accountId) => `account:${accountId}`;

/** Whom a token is of; throws when it is not good. */
export const userOf = (token, jwtSecret) => jwt.verify(token, jwtSecret, { algorithms: ['HS256'] });

export function attachSockets(httpServer, { jwtSecret }) {
  const io = new Server(httpServer, { serveClient: false });

  io.use((socket, next) => {
    try {
      socket.data.user = userOf(socket.handshake.auth.token, jwtSecret);
      next();
    } catch {
      next(new Error('unauthorized'));
    }
  });
  io.on('connection', (socket) => {
    socket.join(socket.data.user.account_ids.map(roomOf));
    socket.emit('hello', { user_id: socket.data.user.sub });
  });
  // As Socket.IO's guide to memory use advises: the first request is not needed after the handshake.
  io.engine.on('connection', (rawSocket) => { rawSocket.request = null; });

  return { announce: (account, data, event = 'message:new') => io.to(roomOf(account.id)).emit(event, data) };
}
