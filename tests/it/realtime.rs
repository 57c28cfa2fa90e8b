//! Sockets, spoken to by the official JavaScript client: who is let in, what is told, what is missed, and who is here.

mod access;
mod catch_up;
mod epoch;
mod handshake;
mod lobby;
mod presence;
mod slow;
