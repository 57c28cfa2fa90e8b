//! The line of a connection: how many bytes went out on it, and how it is cut from outside. Sockets need both: what waits for a client that
//! reads too slowly is known by it, and a client that does not hang up is made to.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One connection as others see it. Every request carries it among its extensions.
#[derive(Debug, Default)]
pub struct Line {
    written: AtomicU64,
    is_cut: AtomicBool,
    reading: AtomicWaker,
    writing: AtomicWaker,
}

impl Line {
    /// Bytes that the system took so far.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Ends the connection, whatever it is busy with.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.reading.wake();
        self.writing.wake();
    }

    fn check(&self, waker: &AtomicWaker, cx: &Context<'_>) -> io::Result<()> {
        waker.register(cx.waker());
        if self.is_cut.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }

    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            let bytes = u64::try_from(*bytes).unwrap_or_default();
            self.written.fetch_add(bytes, Ordering::Relaxed);
        }
        written
    }
}

/// A stream with its line.
#[derive(Debug)]
pub struct Lined<S> {
    stream: S,
    line: Arc<Line>,
}

impl<S> Lined<S> {
    /// Counts and cuts a stream by a line.
    pub fn new(stream: S, line: Arc<Line>) -> Self {
        Self { stream, line }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lined<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Err(cut) = self.line.check(&self.line.reading, cx) {
            return Poll::Ready(Err(cut));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lined<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Err(cut) = self.line.check(&self.line.writing, cx) {
            return Poll::Ready(Err(cut));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.line.count(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Err(cut) = self.line.check(&self.line.writing, cx) {
            return Poll::Ready(Err(cut));
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Err(cut) = self.line.check(&self.line.writing, cx) {
            return Poll::Ready(Err(cut));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.line.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_the_system_took_is_counted_and_a_stuck_line_can_be_cut() {
        let (ours, theirs) = tokio::io::duplex(8);
        let line = Arc::new(Line::default());
        let mut stream = Lined::new(ours, Arc::clone(&line));
        let stuck = tokio::spawn(async move {
            let error = stream.write_all(&[7; 20]).await.unwrap_err();
            (error.kind(), stream.read_u8().await.is_err())
        });
        while line.written() < 8 {
            tokio::task::yield_now().await;
        }
        line.cut();
        assert_eq!(
            stuck.await.unwrap(),
            (io::ErrorKind::ConnectionAborted, true)
        );
        assert_eq!(line.written(), 8);
        drop(theirs);
    }
}
