//! Listening: accepts connections, gives each the socket options that real-time traffic needs, and drains them on shutdown.

mod counted;
mod line;
mod tls;

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

use crate::{app::App, config::Config, nodes, router::router, telemetry};
use counted::Counted;
pub use line::{Line, Lined};

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may lie idle between requests, and a client take to send a request's head. Longer than the minute for which
/// proxies keep theirs: who closes first must not be us, or a request that is on its way meets a closed connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// hyper's buffer per connection in bytes: heads are small, and thousands of connections are idle.
const BUFFER: usize = 16 * 1024;

/// How long sent bytes may stay unacknowledged before the connection counts as dead.
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests under way may take after the signal to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause after a failed accept: out of file descriptors, mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Starts to listen where the configuration says, and notes the port there where the system chose it.
///
/// # Errors
/// When the address is taken or not ours.
pub async fn listen(config: &mut Config) -> anyhow::Result<TcpListener> {
    let address = config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("server.listen: can't listen on {address}"))?;
    config.server.listen = listener.local_addr()?;
    Ok(listener)
}

/// Starts the tasks and answers requests until `stop` completes; then drains, ends the tasks and closes the database.
///
/// # Errors
/// When the certificate can't be read, or a node serves already whose media are elsewhere.
pub async fn run(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let server = Server::new(&app)?;
    nodes::join(&app).await?;
    telemetry::metrics();
    app.start();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = server.accept(&listener) => {
                if let Some((stream, peer)) = accepted {
                    server.spawn(stream, peer);
                }
            }
        }
    }
    drop(listener);
    tracing::info!("stopping");
    server.drain().await;
    nodes::leave(&app).await;
    app.stop().await;
    Ok(())
}

struct Server {
    router: Router,
    tls: Option<tokio_rustls::TlsAcceptor>,
    places: Arc<Semaphore>,
    connections: TaskTracker,
    draining: CancellationToken,
}

impl Server {
    fn new(app: &App) -> anyhow::Result<Self> {
        let tls = &app.config.server.tls;
        Ok(Self {
            router: router(app),
            tls: tls.is_enabled().then(|| tls::acceptor(tls)).transpose()?,
            places: Arc::new(Semaphore::new(app.config.server.max_connections)),
            connections: TaskTracker::new(),
            draining: CancellationToken::new(),
        })
    }

    /// The next connection; `None` where it was gone before it came, or there is no room for it.
    async fn accept(&self, listener: &TcpListener) -> Option<(Counted<TcpStream>, SocketAddr)> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, peer)) => {
                prepare(&stream);
                Some((Counted::new(stream, place), peer))
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }

    fn spawn(&self, stream: Counted<TcpStream>, peer: SocketAddr) {
        let (router, draining) = (self.router.clone(), self.draining.clone());
        let Some(tls) = self.tls.clone() else {
            self.connections
                .spawn(connection(router, stream, peer, draining));
            return;
        };
        self.connections.spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) => connection(router, stream, peer, draining).await,
                Ok(Err(error)) => tracing::debug!(%error, %peer, "no TLS connection"),
                Err(_) => tracing::debug!(%peer, "TLS took too long"),
            }
        });
    }

    /// Lets requests under way end; idle connections are closed at once. Sockets are not among them: they left hyper when they became
    /// WebSockets, end with the process, and catch up wherever they connect next.
    async fn drain(&self) {
        self.draining.cancel();
        self.connections.close();
        let drained = tokio::time::timeout(DRAIN_TIMEOUT, self.connections.wait());
        if drained.await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

/// Small packets leave at once, and a peer that vanished is noticed.
fn prepare(stream: &TcpStream) {
    let told = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let told = told.and_then(|()| SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(error) = told {
        tracing::debug!(%error, "socket options could not be set");
    }
}

async fn connection<S>(router: Router, stream: S, peer: SocketAddr, draining: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let line = Arc::new(Line::default());
    let stream = Lined::new(stream, Arc::clone(&line));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(Arc::clone(&line));
        router.clone().call(request.map(Body::new))
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(IDLE_TIMEOUT)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = draining.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended");
    }
}

/// Begins to watch for the signals by which the operator or the system stops the server; the future completes with the first.
///
/// # Errors
/// When the system lets nobody watch.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// As [`stop_signal`], watching only from when it is first polled; where nobody may watch it never completes.
pub async fn signal() {
    match stop_signal() {
        Ok(stop) => stop.await,
        Err(error) => {
            tracing::error!(%error, "signals can't be watched");
            std::future::pending::<()>().await;
        }
    }
}
