//! A line to PostgreSQL that a test can cut, so that the server behind it seems to be stopped.

use std::sync::Arc;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A line to a database that can be cut.
#[derive(Clone)]
pub struct Line {
    /// The database's address at its near end.
    pub url: String,
    up: Arc<watch::Sender<bool>>,
}

impl Line {
    /// Lays one to the server of a database's address.
    pub async fn lay(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (scheme, rest) = url.split_once("://").unwrap();
        let (authority, path) = rest.split_once('/').unwrap();
        let (user, host) = authority.rsplit_once('@').unwrap();
        let here = format!(
            "{scheme}://{user}@{}/{path}",
            listener.local_addr().unwrap()
        );
        let (up, host) = (Arc::new(watch::Sender::new(true)), host.to_owned());
        let line = Arc::clone(&up);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let (mut line, host) = (line.subscribe(), host.clone());
                tokio::spawn(async move {
                    if !*line.borrow() {
                        return;
                    }
                    let mut to = TcpStream::connect(host).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        _ = line.wait_for(|up| !up) => {}
                    }
                });
            }
        });
        Self { url: here, up }
    }

    /// Cuts it, or lays it again.
    pub fn set_up(&self, up: bool) {
        self.up.send_replace(up);
    }
}
