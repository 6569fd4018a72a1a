//! One connection, from the name lookup to its end.

use core::{fmt, time::Duration};

use board::println;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_time::with_timeout;
use embedded_io_async::{Read, Write};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event, Keepalive},
    driver::{
        Error,
        asynch::{Timer as _, WebSocket, open},
    },
    entropy::RandCore,
    extension::{
        NoCompressor,
        deflate::{DeflateOffer, Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, HandshakeError, Request},
    reconnect::Backoff,
    uri::Uri,
};
use hybi_embedded::{
    embassy::{EmbassyStream, EmbassyTimer},
    error::{ConnectError, StreamError},
    tls::{CertificateError, Fault, RecordFilter, Roots, TlsError, TlsStream, TrustAnchor},
};

use crate::outbox::Outbox;

/// 2^10 bytes: the window that the server is asked to compress with.
const WINDOW_BITS: u8 = 10;

/// All buffers, one set for one connection after another.
pub(crate) struct Buffers {
    tcp_rx: [u8; 1024],
    tcp_tx: [u8; 1024],
    tls: Tls,
    frames: Frames,
}

/// What TLS takes.
struct Tls {
    /// The server's certificates are the longest record; 16,640 bytes would
    /// serve any server.
    rx: [u8; 4096],
    tx: [u8; 768],
    out: [u8; 768],
}

/// What the WebSocket takes.
struct Frames {
    rx: [u8; 1024],
    tx: [u8; 512],
    /// The largest message that comes compressed.
    message: [u8; 512],
}

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self {
            tcp_rx: [0; _],
            tcp_tx: [0; _],
            tls: Tls {
                rx: [0; _],
                tx: [0; _],
                out: [0; _],
            },
            frames: Frames {
                rx: [0; _],
                tx: [0; _],
                message: [0; _],
            },
        }
    }
}

/// The decompressor with its window. It is lent to each connection: as a part
/// of one it would be moved over the stack, 11 KiB at a time.
pub(crate) type Window = Inflate<[u8; 1 << WINDOW_BITS]>;

/// How a connection ended that did not fail.
pub(crate) enum Ended {
    /// There is nothing left to send.
    Done,
}

/// Where to, and whom to believe that it is there.
pub(crate) struct Server<'a> {
    pub(crate) uri: &'a Uri<'a>,
    pub(crate) roots: &'a [TrustAnchor<'a>],
}

/// Connects, sends what the outbox has, and what it gets meanwhile.
#[expect(
    clippy::await_holding_refcell_ref,
    reason = "nobody else uses the transport by then"
)]
pub(crate) async fn run(
    stack: Stack<'static>,
    server: &Server<'_>,
    buffers: &mut Buffers,
    inflate: &mut Option<Window>,
    rng: &mut board::HostSeeded,
    outbox: &mut Outbox,
    backoff: &mut Backoff,
) -> Result<Ended, Failure> {
    let now = EmbassyTimer.now();
    let Server { uri, roots } = server;
    let Buffers {
        tcp_rx,
        tcp_tx,
        tls,
        frames,
    } = buffers;
    let mut stream = EmbassyStream::connect(
        stack,
        uri.host_text(),
        uri.port(),
        tcp_rx,
        tcp_tx,
        Some(now + Duration::from_secs(10)),
    )
    .await?;
    if !uri.is_secure() {
        let ended = talk(&mut stream, uri, frames, inflate, rng, outbox, backoff).await?;
        let deadline = EmbassyTimer.now() + Duration::from_secs(5);
        let _ = stream.shutdown(Some(deadline)).await;
        return Ok(ended);
    }

    let Tls { rx, tx, out } = tls;
    let filter = RecordFilter::new(stream, out);
    let proof = Roots::new(roots).at(board::since_1970());
    let host = uri.host_text();
    let open = TlsStream::<_>::open(&filter, rx, tx, host, &proof, RandCore(&mut *rng));
    let mut stream = with_timeout(embassy_time::Duration::from_secs(30), open)
        .await
        .map_err(|_| Failure::TlsTimeout)??;
    let ended = talk(&mut stream, uri, frames, inflate, rng, outbox, backoff).await?;
    let limit = embassy_time::Duration::from_secs(5);
    let _ = with_timeout(limit, stream.close()).await;
    if let Some(mut stream) = filter.transport() {
        let deadline = EmbassyTimer.now() + Duration::from_secs(5);
        let _ = stream.shutdown(Some(deadline)).await;
    }
    Ok(ended)
}

/// The opening handshake, and everything after it.
async fn talk<T: Read + Write>(
    mut stream: T,
    uri: &Uri<'_>,
    buffers: &mut Frames,
    inflate: &mut Option<Window>,
    rng: &mut board::HostSeeded,
    outbox: &mut Outbox,
    backoff: &mut Backoff,
) -> Result<Ended, Failure>
where
    Failure: From<Error<T::Error>>,
{
    let offers = [DeflateOffer {
        server_max_window_bits: Some(WINDOW_BITS),
        ..DeflateOffer::default()
    }];
    let request = Request::new(uri).deflate(&offers);
    let mut handshake = Handshake::new(
        &request,
        &mut buffers.rx[..],
        &mut buffers.tx[..],
        RandCore(rng),
        HandshakeConfig::default(),
        EmbassyTimer.now(),
    )?;
    open(&mut stream, &mut EmbassyTimer, &mut handshake).await?;

    // A server need not compress.
    let deflate = match handshake.deflate() {
        Some(params) => {
            let new = Inflate::new(params.server_max_window_bits, [0; _]);
            let inflate = inflate.insert(new.map_err(HandshakeError::from)?);
            println!(
                "connected, compressed with {} bits",
                params.server_max_window_bits
            );
            let message = &mut buffers.message[..];
            Some(PerMessageDeflate::new(
                params,
                inflate,
                message,
                NoCompressor,
            ))
        }
        None => {
            println!("connected");
            None
        }
    };
    let mut config = Config::default();
    let keepalive = Keepalive::every(Duration::from_secs(10));
    config.keepalive = Some(keepalive.timeout(Some(Duration::from_secs(5))));
    config.write_timeout = Some(Duration::from_secs(10));
    let connection = Connection::from_handshake_with(handshake, config, deflate)?;
    let mut client = WebSocket::new(stream, EmbassyTimer, connection);
    backoff.opened(EmbassyTimer.now());
    outbox.rewind();

    while !outbox.is_done() {
        let next = outbox.sample();
        while let Some(json) = outbox.next() {
            match client.send_text(&json).await {
                // It is closing; `receive` tells why.
                Err(Error::Send(_)) => break,
                result => result?,
            }
        }
        // Whichever comes first; a `receive` that is dropped loses nothing.
        let event = match select(client.receive(), embassy_time::Timer::at(next)).await {
            Either::First(event) => event?,
            Either::Second(()) => continue,
        };
        match event {
            Event::Text(text) => {
                if let Some(sequence) = acknowledged(text) {
                    outbox.acknowledge(sequence);
                }
            }
            Event::Closed(closed) => return Err(Failure::Closed(closed.code)),
            _ => {}
        }
    }
    let closed = client.close(CloseCode::NORMAL, "done").await?;
    println!("closed: {:?}", closed.code.map(|code| code.0));
    Ok(Ended::Done)
}

/// The number in `{"ack":NUMBER,…}`.
fn acknowledged(text: &str) -> Option<u32> {
    let rest = text.strip_prefix(r#"{"ack":"#)?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest.get(..end)?.parse().ok()
}

/// Why a connection ended.
pub(crate) enum Failure {
    Connect(ConnectError),
    Handshake(HandshakeError),
    Client(Error<StreamError>),
    /// The server could not prove who it is.
    NotTrusted(Fault),
    Tls(Error<TlsError<StreamError>>),
    TlsTimeout,
    /// The server closed it.
    Closed(Option<CloseCode>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::NotTrusted(fault) => fault.fmt(f),
            Self::Tls(error) => error.fmt(f),
            Self::TlsTimeout => f.write_str("the TLS handshake took too long"),
            Self::Closed(code) => {
                write!(f, "the server closed with {:?}", code.map(|code| code.0))
            }
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<HandshakeError> for Failure {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<Error<StreamError>> for Failure {
    fn from(error: Error<StreamError>) -> Self {
        match error {
            Error::Handshake(error) => Self::Handshake(error),
            error => Self::Client(error),
        }
    }
}

impl From<Error<TlsError<StreamError>>> for Failure {
    fn from(error: Error<TlsError<StreamError>>) -> Self {
        match error {
            Error::Handshake(error) => Self::Handshake(error),
            error => Self::Tls(error),
        }
    }
}

impl From<TlsError<StreamError>> for Failure {
    fn from(error: TlsError<StreamError>) -> Self {
        match error {
            // A clock that is wrong may become right.
            TlsError::Tls(Fault::Certificate(
                CertificateError::Expired | CertificateError::NotYetValid,
            )) => Self::Tls(Error::Transport(error)),
            TlsError::Tls(fault @ (Fault::Certificate(_) | Fault::NotProven)) => {
                Self::NotTrusted(fault)
            }
            error => Self::Tls(Error::Transport(error)),
        }
    }
}
