//! Connections that have not yet shown a token. The token comes in the handshake of Socket.IO, after the connection of the engine below is
//! open, so that one can't be asked for before; how many may wait like this is bounded instead, by network address and in all. One that has
//! not shown a valid token after [`PATIENCE`] is closed by the library.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{app::App, auth::site, error::ApiError, extract::ClientIp};

/// How long a connection may take to show a valid token.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Most connections that wait, in all. Showing a token takes milliseconds: this many are only reached by a flood.
const MAX_WAITING: usize = 4_096;

/// Most that wait from one network address: an office that comes back at once after a restart has room.
pub(super) const MAX_OF_ADDRESS: usize = 256;

/// The path of the sockets.
const SOCKETS: &str = "/socket.io";

/// Those who wait; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Lobby(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place in the lobby. It is free again once its connection was let in, or is gone.
#[derive(Debug)]
pub(super) struct Place {
    lobby: Lobby,
    address: IpAddr,
    is_left: AtomicBool,
}

impl Lobby {
    /// A place, if there is one.
    fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = site(address);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = waiting
            .by_address
            .get(&address)
            .copied()
            .unwrap_or_default();
        if waiting.in_all >= MAX_WAITING || of_address >= MAX_OF_ADDRESS {
            return None;
        }
        waiting.in_all += 1;
        waiting.by_address.insert(address, of_address + 1);
        Some(Place {
            lobby: self.clone(),
            address,
            is_left: AtomicBool::new(false),
        })
    }
}

impl Place {
    /// The connection was let in.
    pub(super) fn leave(&self) {
        if self.is_left.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut waiting = self.lobby.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.in_all = waiting.in_all.saturating_sub(1);
        match waiting.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                waiting.by_address.remove(&self.address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The layer: gives every new connection of the engine a place, which it keeps among its request's extensions, or sends it away.
pub(super) async fn admit(
    State(app): State<App>,
    ClientIp(address): ClientIp,
    mut request: Request,
    next: Next,
) -> Response {
    if is_opening(&request) {
        let Some(place) = app.hub.lobby().enter(address) else {
            metrics::counter!("hoopoe_sockets_turned_away_total").increment(1);
            return ApiError::unavailable("too many connections have not shown a token yet")
                .into_response();
        };
        request.extensions_mut().insert(Arc::new(place));
    }
    next.run(request).await
}

/// Whether a request opens a connection of the engine: the others name theirs.
fn is_opening(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.uri().path().starts_with(SOCKETS)
        && !query.split('&').any(|part| part.starts_with("sid="))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_fills_its_own_places_only_and_they_are_free_again() {
        let lobby = Lobby::default();
        let (one, other) = (IpAddr::from([9, 9, 9, 9]), IpAddr::from([8, 8, 8, 8]));
        let mut places: Vec<Place> = (0..MAX_OF_ADDRESS)
            .map(|_| lobby.enter(one).unwrap())
            .collect();
        assert!(lobby.enter(one).is_none());
        assert!(lobby.enter(other).is_some());
        places.pop();
        let again = lobby.enter(one).unwrap();
        again.leave();
        let third = lobby.enter(one).unwrap();
        drop(again);
        assert!(lobby.enter(one).is_none(), "a place is left once");
        drop((third, places));
        assert_eq!(lobby.0.lock().unwrap().in_all, 0);
        assert!(lobby.0.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn many_addresses_share_a_bound() {
        let lobby = Lobby::default();
        let address = |n: u16| IpAddr::from([10, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]]);
        let places: Vec<Option<Place>> = (0..5_000).map(|n| lobby.enter(address(n))).collect();
        assert_eq!(places.iter().flatten().count(), MAX_WAITING);
    }
}
