//! The layers of a stream: a socket, and what lies over it.

use std::io::{self, Read, Write};

use rustix::fd::BorrowedFd;

use crate::{socket::Socket, tls::session::Session};

/// What the bytes pass through. Reads and writes never block (over a stream
/// that can be polled): `WouldBlock` says to wait.
#[derive(Debug)]
pub(super) enum Layer {
    Plain(Socket),
    Tls(Box<TlsLayer>),
    Tunnel(Box<TunnelLayer>),
}

#[derive(Debug)]
pub(super) struct TlsLayer {
    session: Session,
    below: Layer,
}

/// Where what is below leads to a proxy, and what is above beyond it.
#[derive(Debug)]
pub(super) struct TunnelLayer {
    /// Bytes that arrived while the tunnel was opened.
    first: io::Cursor<Vec<u8>>,
    below: Layer,
}

impl Layer {
    pub(super) fn tls(session: Session, below: Self) -> Self {
        Self::Tls(Box::new(TlsLayer { session, below }))
    }

    pub(super) fn tunnel(first: &[u8], below: Self) -> Self {
        let first = io::Cursor::new(first.to_owned());
        Self::Tunnel(Box::new(TunnelLayer { first, below }))
    }

    pub(super) const fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(super) const fn socket(&self) -> &Socket {
        let mut layer = self;
        loop {
            match layer {
                Self::Plain(socket) => return socket,
                Self::Tls(tls) => layer = &tls.below,
                Self::Tunnel(tunnel) => layer = &tunnel.below,
            }
        }
    }

    pub(super) const fn socket_mut(&mut self) -> &mut Socket {
        let mut layer = self;
        loop {
            match layer {
                Self::Plain(socket) => return socket,
                Self::Tls(tls) => layer = &mut tls.below,
                Self::Tunnel(tunnel) => layer = &mut tunnel.below,
            }
        }
    }

    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.socket().descriptor()
    }

    /// Whether bytes taken by an earlier write still wait for the socket.
    pub(super) fn wants_write(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Tls(tls) => tls.session.wants_write() || tls.below.wants_write(),
            Self::Tunnel(tunnel) => tunnel.below.wants_write(),
        }
    }

    pub(super) fn shutdown(&mut self) {
        match self {
            Self::Plain(socket) => socket.shutdown_write(),
            Self::Tls(tls) => {
                tls.session.close(&mut tls.below);
                tls.below.shutdown();
            }
            Self::Tunnel(tunnel) => tunnel.below.shutdown(),
        }
    }
}

impl Read for Layer {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buf),
            Self::Tls(tls) => tls.session.read(&mut tls.below, buf),
            Self::Tunnel(tunnel) => match tunnel.first.read(buf)? {
                0 => tunnel.below.read(buf),
                n => Ok(n),
            },
        }
    }
}

impl Write for Layer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.session.write(&mut tls.below, bytes),
            Self::Tunnel(tunnel) => tunnel.below.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.session.flush(&mut tls.below),
            Self::Tunnel(tunnel) => tunnel.below.flush(),
        }
    }
}
