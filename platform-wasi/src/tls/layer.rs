//! TLS as a layer over another one.

use std::io::{self, Read, Write};

use super::{
    Tls, TlsError,
    session::{Fault, Session},
};
use crate::{layer::Layer, wire::WireError};

/// TLS over TCP, or over TLS to a proxy.
#[derive(Debug)]
pub(crate) struct TlsLayer {
    session: Session,
    below: Layer,
}

impl TlsLayer {
    /// `name` is the server's: a name, or an address without brackets.
    pub(crate) fn new(below: Layer, tls: &Tls, name: &str) -> Result<Self, TlsError> {
        let session = Session::new(tls, name)?;
        Ok(Self { session, below })
    }

    /// Takes the handshake as far as it goes without waiting. True: done.
    pub(crate) fn handshake(&mut self) -> Result<bool, WireError> {
        self.over(|session, below| session.handshake(below))
    }

    /// See [`Layer::read`].
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, WireError> {
        self.over(|session, below| session.read(below, buf))
    }

    /// See [`Layer::write`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        self.over(|session, below| session.write(below, bytes))
    }

    /// See [`Layer::flush`].
    pub(crate) fn flush(&mut self) -> Result<bool, WireError> {
        Ok(self.over(|session, below| session.push(below))? && self.below.flush()?)
    }

    /// See [`Layer::wants_write`].
    pub(crate) fn wants_write(&self) -> bool {
        self.session.wants_write() || self.below.wants_write()
    }

    /// See [`Layer::end`].
    pub(crate) fn end(&mut self) {
        let _ = self.over(|session, below| {
            session.close(below);
            Ok(())
        });
        let _ = self.below.flush();
        self.below.end();
    }

    /// The layer that this one lies on.
    pub(crate) const fn below(&self) -> &Layer {
        &self.below
    }

    fn over<T>(
        &mut self,
        call: impl FnOnce(&mut Session, &mut Below<'_>) -> Result<T, Fault>,
    ) -> Result<T, WireError> {
        let mut below = Below {
            layer: &mut self.below,
            error: None,
        };
        call(&mut self.session, &mut below).map_err(|fault| match (fault, below.error) {
            (Fault::Below, Some(error)) => error,
            (Fault::Below | Fault::Cut, _) => WireError::Cut,
            (Fault::Tls(error), _) => WireError::Tls(error),
        })
    }
}

/// A layer as rustls reads and writes it. Its own error waits here: an
/// [`io::Error`] would hide it.
struct Below<'a> {
    layer: &'a mut Layer,
    error: Option<WireError>,
}

impl Below<'_> {
    fn done(&mut self, done: Result<Option<usize>, WireError>) -> io::Result<usize> {
        match done {
            Ok(Some(n)) => Ok(n),
            Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => {
                self.error = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }
}

impl Read for Below<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let done = self.layer.read(buf);
        self.done(done)
    }
}

impl Write for Below<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.layer.write(bytes);
        self.done(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
