//! One TLS connection over a stream that never waits.

use core::fmt;
use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::{Tls, TlsError};

/// rustls and nothing else: the stream below is passed to each call, and says
/// [`WouldBlock`](io::ErrorKind::WouldBlock) where it would have to wait.
pub(super) struct Session {
    connection: ClientConnection,
}

/// Why no bytes pass.
#[derive(Debug)]
pub(super) enum Fault {
    /// The stream below failed; it knows how.
    Below,
    /// The stream ended without close_notify: what is missing may have been
    /// cut off (RFC 8446 §6.1).
    Cut,
    Tls(TlsError),
}

impl From<rustls::Error> for Fault {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(TlsError::of(&error))
    }
}

impl Session {
    pub(super) fn new(tls: &Tls, host: &str) -> Result<Self, TlsError> {
        let connection = ClientConnection::new(tls.config.clone(), tls.name_of(host)?)
            .map_err(|error| TlsError::of(&error))?;
        Ok(Self { connection })
    }

    /// Takes the handshake as far as it goes without waiting. True: done.
    pub(super) fn handshake(&mut self, below: &mut (impl Read + Write)) -> Result<bool, Fault> {
        loop {
            if !self.push(below)? {
                return Ok(false);
            }
            if !self.connection.is_handshaking() {
                return Ok(true);
            }
            match self.pull(below)? {
                None => return Ok(false),
                Some(0) => return Err(Fault::Tls(TlsError::Closed)),
                Some(_) => self.process(below)?,
            }
        }
    }

    /// Reads what is there. `None`: nothing yet. `Some(0)`: the peer has said
    /// close_notify.
    pub(super) fn read(
        &mut self,
        below: &mut (impl Read + Write),
        buf: &mut [u8],
    ) -> Result<Option<usize>, Fault> {
        loop {
            match self.connection.reader().read(buf) {
                Ok(n) => return Ok(Some(n)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(Fault::Cut),
            }
            // What earlier writes left, and answers to a KeyUpdate; a failure
            // shows in the read.
            let _ = self.push(below);
            if self.pull(below)?.is_none() {
                return Ok(None);
            }
            self.process(below)?;
        }
    }

    /// Takes some of `bytes`. `None`: earlier ones have not gone out yet.
    pub(super) fn write(
        &mut self,
        below: &mut (impl Read + Write),
        bytes: &[u8],
    ) -> Result<Option<usize>, Fault> {
        if !self.push(below)? {
            return Ok(None);
        }
        let n = self.connection.writer().write(bytes).map_err(|_| {
            // rustls takes bytes until it has been closed.
            Fault::Cut
        })?;
        self.push(below)?;
        Ok(Some(n))
    }

    /// True: all has gone out. False: there is no room now.
    pub(super) fn push(&mut self, below: &mut impl Write) -> Result<bool, Fault> {
        while self.connection.wants_write() {
            match self.connection.write_tls(below) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Ok(0) | Err(_) => return Err(Fault::Below),
            }
        }
        Ok(true)
    }

    pub(super) fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    /// Sends close_notify, if it goes out without waiting.
    pub(super) fn close(&mut self, below: &mut impl Write) {
        self.connection.send_close_notify();
        let _ = self.push(below);
    }

    /// Some bytes of the peer. `Some(0)`: there will be no more. `None`:
    /// nothing yet.
    fn pull(&mut self, below: &mut impl Read) -> Result<Option<usize>, Fault> {
        loop {
            match self.connection.read_tls(below) {
                Ok(n) => return Ok(Some(n)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(_) => return Err(Fault::Below),
            }
        }
    }

    fn process(&mut self, below: &mut impl Write) -> Result<(), Fault> {
        match self.connection.process_new_packets() {
            Ok(_) => Ok(()),
            Err(error) => {
                // The alert that tells the server why.
                let _ = self.push(below);
                Err(error.into())
            }
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("version", &self.connection.protocol_version())
            .finish_non_exhaustive()
    }
}
