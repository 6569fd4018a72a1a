//! What bytes pass through below a WebSocket: TCP, and TLS over it. Nothing
//! here waits; [`Wire`](crate::wire::Wire) does.
//!
//! ```text
//!   Wire      waits, with deadlines
//!   Layer     TLS to the server      each over the one below,
//!   Layer     TLS to a proxy         where there is need of it
//!   Layer     TCP
//! ```

use wasi::io::poll::Pollable;

use crate::{stream::WasiStream, wire::WireError};

/// A byte stream that never waits.
#[derive(Debug)]
pub(crate) enum Layer {
    Tcp(WasiStream),
    #[cfg(feature = "tls")]
    Tls(alloc::boxed::Box<crate::tls::TlsLayer>),
}

impl Layer {
    /// Reads what is there. `None`: nothing yet. `Some(0)`: the peer has
    /// ended the stream. `buf` is never empty.
    ///
    /// Over TLS, a stream that ended without close_notify is
    /// [`WireError::Cut`].
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, WireError> {
        match self {
            Self::Tcp(tcp) => Ok(tcp.try_read(buf)?),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.read(buf),
        }
    }

    /// Takes some of `bytes`, at least one. `None`: there is no room now.
    /// `bytes` is never empty. What is taken may wait here for
    /// [`flush`](Self::flush).
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<Option<usize>, WireError> {
        match self {
            Self::Tcp(tcp) => Ok(tcp.try_write(bytes)?),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    /// Hands over what was taken. True: the host has it all. False: there is
    /// no room now.
    pub(crate) fn flush(&mut self) -> Result<bool, WireError> {
        match self {
            // The host is asked to send; it is not waited for, as with a
            // socket of an operating system.
            Self::Tcp(tcp) => Ok(tcp.start_flush().map(|()| true)?),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.flush(),
        }
    }

    /// Whether bytes wait here that have to go out before more can be read:
    /// then room to write is worth waking for, too.
    pub(crate) fn wants_write(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.wants_write(),
        }
    }

    /// Ends this side, as far as that goes without waiting: close_notify over
    /// TLS, then a FIN.
    pub(crate) fn end(&mut self) {
        match self {
            Self::Tcp(tcp) => tcp.end(),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.end(),
        }
    }

    /// The socket at the bottom.
    pub(crate) fn tcp(&self) -> &WasiStream {
        match self {
            Self::Tcp(tcp) => tcp,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.below().tcp(),
        }
    }

    /// Ready once there may be something to read.
    pub(crate) fn readable(&self) -> &Pollable {
        self.tcp().readable()
    }

    /// Ready once there may be room to write.
    pub(crate) fn writable(&self) -> &Pollable {
        self.tcp().writable()
    }
}
