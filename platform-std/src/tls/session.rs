//! One TLS connection over a non-blocking stream.

use core::fmt;
use std::io::{self, Read, Write};

use rustls::ClientConnection;

use super::{Tls, TlsError};
use crate::wait::Interest;

/// rustls and nothing else: the stream below is passed to each call.
pub(crate) struct Session {
    connection: ClientConnection,
}

impl Session {
    pub(crate) fn new(tls: &Tls, host: &str) -> Result<Self, TlsError> {
        let connection = ClientConnection::new(tls.config.clone(), tls.name_of(host)?)
            .map_err(|error| TlsError::of(&error))?;
        Ok(Self { connection })
    }

    /// Takes the handshake as far as it goes without waiting. `Some`: wait
    /// for that, then call again. `None`: done.
    pub(crate) fn advance(
        &mut self,
        below: &mut (impl Read + Write),
    ) -> Result<Option<Interest>, TlsError> {
        loop {
            match self.push(below) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Some(Interest::Write));
                }
                Err(error) => return Err(error.into()),
            }
            if !self.connection.is_handshaking() {
                return Ok(None);
            }
            match self.connection.read_tls(below) {
                Ok(0) => return Err(TlsError::Closed),
                Ok(_) => self.process(below).map_err(|error| TlsError::of(&error))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Some(Interest::Read));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn read(
        &mut self,
        below: &mut (impl Read + Write),
        buf: &mut [u8],
    ) -> io::Result<usize> {
        loop {
            match self.connection.reader().read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            // What earlier writes left; a failure shows in the read.
            let _ = self.push(below);
            self.connection.read_tls(below)?;
            self.process(below)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    /// Takes bytes only when all earlier ones have gone.
    pub(crate) fn write(
        &mut self,
        below: &mut (impl Read + Write),
        bytes: &[u8],
    ) -> io::Result<usize> {
        self.push(below)?;
        let n = self.connection.writer().write(bytes)?;
        match self.push(below) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(n),
        }
    }

    pub(crate) fn flush(&mut self, below: &mut impl Write) -> io::Result<()> {
        self.push(below)
    }

    pub(crate) fn wants_write(&self) -> bool {
        self.connection.wants_write()
    }

    /// Sends `close_notify`, if it goes out without waiting.
    pub(crate) fn close(&mut self, below: &mut impl Write) {
        self.connection.send_close_notify();
        let _ = self.push(below);
    }

    fn push(&mut self, below: &mut impl Write) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(below) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        below.flush()
    }

    fn process(&mut self, below: &mut impl Write) -> Result<(), rustls::Error> {
        match self.connection.process_new_packets() {
            Ok(_) => Ok(()),
            Err(error) => {
                // The alert that tells the server why.
                let _ = self.push(below);
                Err(error)
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
