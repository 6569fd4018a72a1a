//! The stream for a caller that waits by itself: nothing here waits, except
//! where a stream that cannot be polled does.

use std::io::{self, Read, Write};

use super::Stream;
use crate::{socket::Shared, wait::Waiter};

impl Stream {
    /// The socket, to wait for it without the stream. `None`: it cannot be
    /// waited for; pause and try again.
    pub(crate) fn shared(&self) -> Option<Shared> {
        self.layer.socket().shared().cloned()
    }

    /// Waits like those of this stream, with the waker that it has by now.
    pub(crate) fn waiter(&self) -> Waiter {
        self.waiter.clone()
    }

    /// `Ok(None)`: nothing is there yet.
    pub(crate) fn try_read(&mut self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        if let Some(result) = self.ahead.take(buf) {
            return result.map(Some);
        }
        self.layer.socket_mut().set_read_waits(false);
        attempt(|| self.layer.read(buf))
    }

    /// `Ok(None)`: there is no room yet.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match attempt(|| self.layer.write(bytes))? {
            Some(0) if !bytes.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            done => Ok(done),
        }
    }

    /// Whether the operating system has everything now.
    pub(crate) fn try_flush(&mut self) -> io::Result<bool> {
        Ok(attempt(|| self.layer.flush())?.is_some())
    }

    /// Whether bytes that were written before still wait for the socket.
    pub(crate) fn wants_write(&self) -> bool {
        self.layer.wants_write()
    }

    /// Reads no more ahead than about the largest message takes, in bytes.
    pub(crate) fn bound_read_ahead(&mut self, largest_message: u64) {
        self.ahead.bound(largest_message);
    }

    /// Whether [`read_ahead`](Self::read_ahead) would take anything.
    pub(crate) fn can_read_ahead(&self) -> bool {
        self.ahead.has_room() && self.layer.descriptor().is_some()
    }

    /// Reads what is there and keeps it for later reads: a peer that waits
    /// for us to read, before it reads, goes on.
    pub(crate) fn read_ahead(&mut self) {
        if self.can_read_ahead() {
            self.layer.socket_mut().set_read_waits(false);
            self.ahead.fill(&mut self.layer);
        }
    }
}

/// `None` where the operation would wait.
fn attempt<T>(mut operation: impl FnMut() -> io::Result<T>) -> io::Result<Option<T>> {
    loop {
        match operation() {
            Ok(done) => return Ok(Some(done)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}
