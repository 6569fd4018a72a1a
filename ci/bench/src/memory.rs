//! A transport in memory: what a server has sent, and where the client's
//! bytes are counted.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A server's bytes. Pending at their end, as a silent socket is.
#[derive(Debug, Clone)]
pub struct Input {
    bytes: Arc<[u8]>,
    at: usize,
}

impl Input {
    pub fn new(bytes: Arc<[u8]>) -> Self {
        Self { bytes, at: 0 }
    }

    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        let left = &self.bytes[self.at..];
        let taken = left.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&left[..taken]);
        self.at += taken;
        taken
    }
}

/// Counts what is written, and forgets it.
#[derive(Debug, Clone, Default)]
pub struct Output(Arc<AtomicUsize>);

impl Output {
    pub fn write(&self, bytes: &[u8]) {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
    }

    pub fn written(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Both, for clients over tokio's traits.
#[derive(Debug, Default)]
pub struct Stream {
    pub input: Option<Input>,
    pub output: Output,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(input) = &mut self.input else {
            return Poll::Pending;
        };
        let taken = input.read(buffer.initialize_unfilled());
        buffer.advance(taken);
        if taken == 0 {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.output.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
