// Socket.IO: a token in the handshake, one room per account the user may see.

import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';

export const roomOf = (accountId) => `account:${accountId}`;

export function attachSockets(httpServer, { jwtSecret }) {
  const io = new Server(httpServer, { serveClient: false });

  io.use((socket, next) => {
    try {
      socket.data.user = jwt.verify(socket.handshake.auth.token, jwtSecret, { algorithms: ['HS256'] });
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

  return { announce: (account, data) => io.to(roomOf(account.id)).emit('message:new', data) };
}
