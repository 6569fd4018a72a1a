//! A transport in memory: what a server has sent, and where the client's
//! bytes are counted. Reads yield at most 64 KiB, as a socket's do.

use std::{
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::upgrade;

const LARGEST_READ: usize = 64 << 10;

/// What passed. Only one thread counts at a time.
#[derive(Debug, Default)]
pub struct Tally {
    reads: AtomicU64,
    writes: AtomicU64,
    bytes_written: AtomicU64,
    written: Mutex<Vec<u8>>,
}

impl Tally {
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    pub fn bytes_written(&self) -> u64 {
        self.bytes_written.load(Ordering::Relaxed)
    }

    /// What was written to a stream that keeps it.
    pub fn written(&self) -> Vec<u8> {
        self.written.lock().expect("nobody panicked").clone()
    }
}

/// Adds without the lock that `fetch_add` takes.
fn add(counter: &AtomicU64, n: usize) {
    counter.store(
        counter.load(Ordering::Relaxed) + n as u64,
        Ordering::Relaxed,
    );
}

/// Where the opening handshake stands.
#[derive(Debug)]
enum Opening {
    /// The request so far.
    Asked(Vec<u8>),
    /// The response, not read yet.
    Answered(Vec<u8>),
    Done,
}

#[derive(Debug)]
pub struct Stream {
    input: Arc<[u8]>,
    at: usize,
    /// Whether the input begins again at its end; else the stream ends there.
    endless: bool,
    largest_read: usize,
    reads_at_end: u32,
    opening: Opening,
    extensions: Option<&'static str>,
    keep: bool,
    pub tally: Arc<Tally>,
}

impl Stream {
    /// Sends the input over and over.
    pub fn endless(input: Arc<[u8]>) -> Self {
        Self {
            input,
            at: 0,
            endless: true,
            largest_read: LARGEST_READ,
            reads_at_end: 0,
            opening: Opening::Asked(Vec::new()),
            extensions: None,
            keep: false,
            tally: Arc::default(),
        }
    }

    /// Sends the input once, and ends.
    pub fn once(input: Arc<[u8]>) -> Self {
        let mut stream = Self::endless(input);
        stream.endless = false;
        stream
    }

    /// One read gets at most so many bytes.
    pub fn largest_read(mut self, bytes: usize) -> Self {
        self.largest_read = bytes;
        self
    }

    /// Keeps what is written.
    pub fn keeping(mut self) -> Self {
        self.keep = true;
        self
    }

    /// What to answer an opening handshake with.
    pub fn extensions(mut self, extensions: Option<&'static str>) -> Self {
        self.extensions = extensions;
        self
    }

    /// For clients that take over after the opening handshake.
    pub fn opened(mut self) -> Self {
        self.opening = Opening::Done;
        self
    }

    fn lend(&mut self, mut give: impl FnMut(&[u8]), room: usize) -> usize {
        add(&self.tally.reads, 1);
        if let Opening::Answered(response) = &self.opening {
            // The first frames do not come with the response.
            let len = response.len();
            assert!(len <= room, "room for the response head");
            give(response);
            self.opening = Opening::Done;
            return len;
        }
        if self.at == self.input.len() {
            if self.endless {
                self.at = 0;
            } else {
                self.reads_at_end += 1;
                assert!(self.reads_at_end < 1000, "reads on after the end");
            }
        }
        let left = &self.input[self.at..];
        let len = left.len().min(room).min(self.largest_read);
        give(&left[..len]);
        self.at += len;
        len
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Opening::Asked(request) = &mut self.opening {
            request.extend(bytes);
            if request.ends_with(b"\r\n\r\n") {
                let response = upgrade::response(request, self.extensions);
                self.opening = Opening::Answered(response.expect("a request with a key"));
            }
            return;
        }
        add(&self.tally.bytes_written, bytes.len());
        if self.keep {
            let written = self.tally.written.lock();
            written.expect("nobody panicked").extend(bytes);
        }
    }

    fn put_all(&mut self, all: &[IoSlice<'_>]) -> usize {
        add(&self.tally.writes, 1);
        all.iter().for_each(|bytes| self.put(bytes));
        all.iter().map(|bytes| bytes.len()).sum()
    }

    fn put_one(&mut self, bytes: &[u8]) -> usize {
        add(&self.tally.writes, 1);
        self.put(bytes);
        bytes.len()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len();
        Ok(self.lend(|bytes| buffer[..bytes.len()].copy_from_slice(bytes), room))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.put_one(bytes))
    }

    fn write_vectored(&mut self, all: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(self.put_all(all))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        self.lend(|bytes| buffer.put_slice(bytes), room);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.put_one(bytes)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        all: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.put_all(all)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
