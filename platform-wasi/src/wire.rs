//! The byte stream below a WebSocket, with waits: each one is a
//! `wasi:io/poll` of the socket and a deadline.

use core::{fmt, time::Duration};

use alloc::vec::Vec;
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use hybi_core::driver::blocking::Transport;

use crate::{ahead::Ahead, error::WasiError, layer::Layer, poll, stream::WasiStream};

#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsError, TlsLayer};

/// Bytes to and from the peer.
#[derive(Debug)]
pub(crate) struct Wire {
    layer: Layer,
    ahead: Ahead,
    write_deadline: Option<Duration>,
    patience: Patience,
}

/// What to do where nothing can be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Wait, up to the deadline.
    Waits,
    /// Do as if the deadline had passed.
    Looks,
    /// Fail: there will be no other time.
    Leaves,
}

/// Why the bytes do not pass.
#[derive(Debug)]
pub(crate) enum WireError {
    /// TCP.
    Wasi(WasiError),
    /// TLS ended without close_notify: no more than lost.
    #[cfg_attr(not(feature = "tls"), allow(dead_code, reason = "there is no TLS"))]
    Cut,
    #[cfg(feature = "tls")]
    Tls(TlsError),
}

impl From<WasiError> for WireError {
    fn from(error: WasiError) -> Self {
        Self::Wasi(error)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wasi(error) => error.fmt(f),
            Self::Cut => f.write_str("TLS ended without a word"),
            #[cfg(feature = "tls")]
            Self::Tls(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for WireError {}

impl embedded_io::Error for WireError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Wasi(error) => error.kind(),
            _ => ErrorKind::Other,
        }
    }
}

impl Wire {
    pub(crate) fn new(tcp: WasiStream) -> Self {
        Self::over(Layer::Tcp(tcp), Ahead::new())
    }

    const fn over(layer: Layer, ahead: Ahead) -> Self {
        Self {
            layer,
            ahead,
            write_deadline: None,
            patience: Patience::Waits,
        }
    }

    /// Reads no more ahead than about the largest message takes, in bytes.
    pub(crate) fn bound_read_ahead(&mut self, largest_message: u64) {
        self.ahead.bound(largest_message);
    }

    /// What a tunnel's proxy has sent after its answer comes first.
    pub(crate) fn put_back(&mut self, bytes: &[u8]) {
        self.ahead.put_back(bytes);
    }

    /// Lays TLS over the stream and performs its handshake before `deadline`.
    /// `name` is the server's: a name, or an address without brackets.
    #[cfg(feature = "tls")]
    pub(crate) fn start_tls(
        self,
        tls: &Tls,
        name: &str,
        deadline: Option<Duration>,
    ) -> Result<Self, WireError> {
        if !self.ahead.is_empty() {
            // Not TLS: nobody may speak before this side's ClientHello.
            return Err(WireError::Tls(TlsError::unexpected_bytes()));
        }
        let mut layer = TlsLayer::new(self.layer, tls, name).map_err(WireError::Tls)?;
        while !layer.handshake()? {
            let below = layer.below();
            let ready = if layer.wants_write() {
                poll::wait_any(&[below.readable(), below.writable()], deadline)
            } else {
                poll::wait_any(&[below.readable()], deadline)
            };
            if ready.is_empty() || poll::passed(deadline) {
                return Err(WireError::Wasi(WasiError::TimedOut));
            }
        }
        Ok(Self::over(Layer::Tls(layer.into()), self.ahead))
    }

    /// What reads and writes do from now on.
    pub(crate) const fn be(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Ends this side, as far as that goes without waiting.
    pub(crate) fn end(&mut self) {
        self.layer.end();
    }

    pub(crate) const fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Waits for room to write, and reads ahead meanwhile: a peer that writes
    /// without reading would otherwise wait for this side to read, and this
    /// side for the peer. False: the deadline passed.
    fn wait_to_write(&mut self, deadline: Option<Duration>) -> Result<bool, WireError> {
        match self.patience {
            Patience::Waits => {}
            Patience::Looks => return Ok(false),
            Patience::Leaves => return Err(WasiError::TimedOut.into()),
        }
        let (readable, writable) = (self.layer.readable(), self.layer.writable());
        let all = [writable, readable];
        let watched = if self.ahead.has_room() {
            &all[..]
        } else {
            &all[..1]
        };
        let ready: Vec<usize> = poll::wait_any(watched, deadline);
        if ready.contains(&1) {
            self.ahead.fill(&mut self.layer);
        }
        Ok(!ready.is_empty())
    }
}

impl ErrorType for Wire {
    type Error = WireError;
}

impl Transport for Wire {
    fn now(&mut self) -> Duration {
        poll::now()
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WireError> {
        loop {
            if let Some(result) = self.ahead.take(buf) {
                return result.map(Some);
            }
            if let Some(n) = self.layer.read(buf)? {
                return Ok(Some(n));
            }
            if self.patience != Patience::Waits {
                return Ok(None);
            }
            let (readable, writable) = (self.layer.readable(), self.layer.writable());
            let ready = if self.layer.wants_write() {
                !poll::wait_any(&[readable, writable], deadline).is_empty()
            } else {
                poll::wait(readable, deadline)
            };
            if !ready {
                return Ok(None);
            }
        }
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WireError> {
        self.write_deadline = deadline;
        loop {
            if let Some(n) = self.layer.write(bytes)? {
                return Ok(Some(n));
            }
            if !self.wait_to_write(deadline)? {
                return Ok(None);
            }
        }
    }

    fn flush_until(&mut self, deadline: Option<Duration>) -> Result<Option<()>, WireError> {
        while !self.layer.flush()? {
            if !self.wait_to_write(deadline)? {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }
}

impl Read for Wire {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, WireError> {
        Ok(self.read_until(buf, None)?.unwrap_or_default())
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WireError> {
        Ok(self.write_until(bytes, None)?.unwrap_or_default())
    }

    fn flush(&mut self) -> Result<(), WireError> {
        let deadline = self.write_deadline;
        self.flush_until(deadline).map(|_| ())
    }
}
