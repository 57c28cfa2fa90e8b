//! A listener that can be switched off: then every connection breaks, and new ones are refused.
//! Used by `Simulator::start`, for tests of an outage.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A listener that closes its port while `online` is false.
pub(crate) struct SwitchedListener {
    /// `None` while offline.
    listener: Option<TcpListener>,
    address: SocketAddr,
    online: watch::Receiver<bool>,
}

impl SwitchedListener {
    pub(crate) fn new(listener: TcpListener, online: watch::Receiver<bool>) -> io::Result<Self> {
        Ok(Self {
            address: listener.local_addr()?,
            listener: Some(listener),
            online,
        })
    }

    async fn wait_until_online(&mut self) {
        self.listener = None;
        // A sender that is gone stays as it was.
        let _ = self.online.wait_for(|online| *online).await;
        while self.listener.is_none() {
            match TcpListener::bind(self.address).await {
                Ok(listener) => self.listener = Some(listener),
                Err(error) => {
                    tracing::warn!(%error, "the simulator cannot have its port back yet");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl Listener for SwitchedListener {
    type Io = SwitchedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (SwitchedStream, SocketAddr) {
        loop {
            let Some(listener) = &self.listener else {
                self.wait_until_online().await;
                continue;
            };
            let accepted = tokio::select! {
                () = offline(self.online.clone()) => None,
                accepted = listener.accept() => Some(accepted),
            };
            match accepted {
                None => self.listener = None,
                Some(Ok((stream, address))) => {
                    return (SwitchedStream::new(stream, self.online.clone()), address);
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Ends when the listener goes offline.
async fn offline(mut online: watch::Receiver<bool>) {
    if online.wait_for(|online| !online).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A connection that breaks when its listener goes offline.
pub(crate) struct SwitchedStream {
    stream: TcpStream,
    offline: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_broken: bool,
}

impl SwitchedStream {
    fn new(stream: TcpStream, online: watch::Receiver<bool>) -> Self {
        Self {
            stream,
            offline: Box::pin(offline(online)),
            is_broken: false,
        }
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.is_broken && self.offline.as_mut().poll(context).is_ready() {
            self.is_broken = true;
        }
        if self.is_broken {
            return Err(io::Error::from(io::ErrorKind::ConnectionReset));
        }
        Ok(())
    }
}

impl AsyncRead for SwitchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for SwitchedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_broken {
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::ConnectionReset)));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
