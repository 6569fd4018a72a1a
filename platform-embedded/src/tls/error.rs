//! Why a TLS connection could not be made, and why one failed.

use core::{error::Error, fmt};

/// Why TLS failed. `E` is the transport's own error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TlsError<E> {
    /// The transport failed. What TLS has read so far is kept: a transport
    /// that recovers may be read on.
    Transport(E),
    /// TLS failed. Fatal, and the same error comes back.
    Tls(Fault),
}

/// What is wrong with a TLS connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// The host is neither a name nor an IP address that a certificate could
    /// have.
    InvalidHost,
    /// The server's certificate does not do.
    Certificate(CertificateError),
    /// The server ended the handshake without a certificate, or without the
    /// signature that proves that the certificate is its own. Somebody is in
    /// between, or the server is broken.
    NotProven,
    /// The server does not know the pre-shared key, or not its identity.
    PskRefused,
    /// The server speaks no TLS 1.3.
    NoTls13,
    /// The server has none of what we offer: a key share on P-256, the one
    /// cipher suite, a certificate of the kinds of signature that we know.
    NothingInCommon,
    /// The server asks for another key share than P-256, which embedded-tls
    /// does not have.
    HelloRetryRequest,
    /// The peer ended the connection with this alert (RFC 8446 §6).
    Alert(u8),
    /// As [`Alert`](Self::Alert), after the handshake, where embedded-tls does
    /// not tell which.
    SomeAlert,
    /// A record in the clear where only encrypted ones may come. Somebody in
    /// between has put it there.
    PlaintextRecord,
    /// A record that is not one, or that was changed on its way.
    BadRecord,
    /// A message that does not belong here, or cannot be read. During the
    /// handshake also one in several records, which embedded-tls does not
    /// understand.
    UnexpectedMessage,
    /// The peer changes its keys (`KeyUpdate`), which embedded-tls cannot
    /// follow. Connect again.
    KeyUpdate,
    /// A record of this length does not fit the receive buffer: give it as
    /// much, 16,640 bytes for any server.
    RecordTooLong {
        /// How long `rx` must be for it.
        needed: usize,
    },
    /// `tx` or the buffer of the [`RecordFilter`](super::RecordFilter) is too
    /// small.
    BufferTooSmall,
    /// The transport ended without `close_notify`: what came may not be all.
    Truncated,
    /// This side has ended the connection, or the peer has and there is
    /// nothing left to be sent to it.
    Closed,
    /// The [`RecordFilter`](super::RecordFilter) has carried a connection
    /// already, or is in use. Make a new one for each.
    FilterInUse,
    /// This crate and embedded-tls do not agree. A fault of this crate.
    Internal,
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CertificateError {
    /// Nobody has told the time, so no date can be checked.
    NoClock,
    /// It, or one in its chain, is no longer valid. Or our clock is ahead.
    Expired,
    /// It, or one in its chain, is not valid yet. Or our clock is behind.
    NotYetValid,
    /// It is for another host.
    WrongHost,
    /// Nobody whom we trust has issued it.
    UnknownIssuer,
    /// Its issuer may not issue certificates.
    IssuerIsNoCa,
    /// It is that of a CA, not of a server.
    IsCa,
    /// It is not for servers (extended key usage).
    WrongUsage,
    /// A constraint of the chain (names, length) forbids it.
    Constraint,
    /// A signature is wrong: in the chain, or the server's own.
    BadSignature,
    /// A signature or key of a kind that is not switched on, or unknown.
    Unsupported,
    /// Its key is none of the pinned ones.
    PinMismatch,
    /// It cannot be read.
    Malformed,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidHost => "the host is neither a name nor an IP address",
            Self::Certificate(error) => return error.fmt(f),
            Self::NotProven => "the server did not prove who it is",
            Self::PskRefused => "the server does not know the pre-shared key",
            Self::NoTls13 => "the server speaks no TLS 1.3",
            Self::NothingInCommon => {
                "the server has no P-256 key share, not our cipher suite, or no certificate for us"
            }
            Self::HelloRetryRequest => "the server wants another key share than P-256",
            Self::Alert(code) => return write!(f, "the peer sent the fatal alert {code}"),
            Self::SomeAlert => "the peer sent a fatal alert",
            Self::PlaintextRecord => "a record came in the clear: somebody is in between",
            Self::BadRecord => "a record is not valid, or was changed on its way",
            Self::UnexpectedMessage => "the peer sent a TLS message that does not belong here",
            Self::KeyUpdate => "the peer changes its keys, which cannot be followed: reconnect",
            Self::RecordTooLong { needed } => {
                return write!(f, "a record needs {needed} bytes of receive buffer");
            }
            Self::BufferTooSmall => "a send buffer is too small for the handshake",
            Self::Truncated => "the connection ended without close_notify: it may be cut short",
            Self::Closed => "the TLS connection is closed",
            Self::FilterInUse => "a record filter serves one connection: make a new one",
            Self::Internal => "embedded-tls behaves in an unexpected way",
        })
    }
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoClock => "without the time the certificate's dates cannot be checked",
            Self::Expired => "the certificate has expired, or the clock is ahead",
            Self::NotYetValid => "the certificate is not valid yet, or the clock is behind",
            Self::WrongHost => "the certificate is for another host",
            Self::UnknownIssuer => "the certificate comes from nobody that is trusted",
            Self::IssuerIsNoCa => "the certificate's issuer may not issue certificates",
            Self::IsCa => "the certificate is that of a CA",
            Self::WrongUsage => "the certificate is not for servers",
            Self::Constraint => "a constraint in the chain forbids the certificate",
            Self::BadSignature => "a signature of the certificate or the server is wrong",
            Self::Unsupported => "the certificate's kind of key or signature is not switched on",
            Self::PinMismatch => "the certificate's key is none of the pinned ones",
            Self::Malformed => "the certificate cannot be read",
        })
    }
}

impl Error for Fault {}
impl Error for CertificateError {}

impl<E: fmt::Display> fmt::Display for TlsError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::Tls(fault) => fault.fmt(f),
        }
    }
}

impl<E: Error> Error for TlsError<E> {}

impl<E: embedded_io::Error> embedded_io::Error for TlsError<E> {
    fn kind(&self) -> embedded_io::ErrorKind {
        use embedded_io::ErrorKind;
        match self {
            Self::Transport(error) => error.kind(),
            Self::Tls(fault) => match fault {
                Fault::Truncated => ErrorKind::ConnectionAborted,
                Fault::Closed => ErrorKind::NotConnected,
                Fault::InvalidHost | Fault::FilterInUse => ErrorKind::InvalidInput,
                Fault::RecordTooLong { .. } | Fault::BufferTooSmall => ErrorKind::OutOfMemory,
                Fault::NotProven | Fault::PskRefused | Fault::Certificate(_) => {
                    ErrorKind::PermissionDenied
                }
                Fault::NoTls13
                | Fault::NothingInCommon
                | Fault::HelloRetryRequest
                | Fault::KeyUpdate => ErrorKind::Unsupported,
                _ => ErrorKind::InvalidData,
            },
        }
    }
}

impl<E> From<Fault> for TlsError<E> {
    fn from(fault: Fault) -> Self {
        Self::Tls(fault)
    }
}

impl From<CertificateError> for Fault {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(error)
    }
}
