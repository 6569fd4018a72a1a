//! What the tests share: a scripted transport, the three ways to run a
//! connection over it, and a reader of what the client sent.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

use std::{
    collections::VecDeque,
    convert::Infallible,
    format,
    future::Future,
    pin::pin,
    string::String,
    task::{Context, Poll, Waker},
    time::Duration,
    vec::Vec,
};

use hybi_core::{
    connection::{Config, Connection, Event},
    driver::{asynch, blocking},
    entropy::Entropy,
    extension::{Extension, Plain},
};

/// The same "random" bytes in every run.
#[derive(Debug, Clone, Default)]
pub struct Counter(u8);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(167).wrapping_add(13);
            *byte = self.0;
        }
    }
}

/// A transport whose peer sends the given pieces and then ends the stream.
#[derive(Debug, Default)]
pub struct Script {
    pub input: VecDeque<Vec<u8>>,
    pub output: Vec<u8>,
    /// The most bytes that a write takes; 0 is no limit.
    pub write_limit: usize,
    /// Async: each operation is pending once before it happens.
    pub slow: bool,
    pub was_pending: bool,
}

impl Script {
    pub fn new<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self {
            input: pieces.into_iter().map(<[u8]>::to_vec).collect(),
            ..Self::default()
        }
    }

    fn take(&mut self, buf: &mut [u8]) -> usize {
        assert!(!buf.is_empty(), "a read into an empty slice");
        let Some(piece) = self.input.front_mut() else {
            return 0;
        };
        let n = piece.len().min(buf.len());
        buf[..n].copy_from_slice(&piece[..n]);
        piece.drain(..n);
        if piece.is_empty() {
            self.input.pop_front();
        }
        n
    }

    fn put(&mut self, bytes: &[u8]) -> usize {
        assert!(!bytes.is_empty(), "a write of nothing");
        let n = match self.write_limit {
            0 => bytes.len(),
            limit => bytes.len().min(limit),
        };
        self.output.extend_from_slice(&bytes[..n]);
        n
    }

    async fn maybe_pending(&mut self) {
        std::future::poll_fn(|context| {
            if self.slow && !self.was_pending {
                self.was_pending = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.was_pending = false;
            Poll::Ready(())
        })
        .await;
    }
}

impl embedded_io::ErrorType for Script {
    type Error = Infallible;
}

impl embedded_io::Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.take(buf))
    }
}

impl embedded_io::Write for Script {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl blocking::Transport for Script {}

impl embedded_io_async::Read for Script {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        self.maybe_pending().await;
        Ok(self.take(buf))
    }
}

impl embedded_io_async::Write for Script {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.maybe_pending().await;
        Ok(self.put(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// What one run of a connection showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    /// Events and the error, one a line.
    pub events: Vec<String>,
    /// All bytes that the client sent.
    pub sent: Vec<u8>,
}

/// One line for an event. Chunks of one message are joined into
/// `pending_chunk`, since their borders depend on how bytes arrive.
fn note(events: &mut Vec<String>, open: &mut Option<Vec<u8>>, event: &Event<'_>) -> bool {
    match event {
        Event::Chunk(chunk) => {
            assert_eq!(chunk.first, open.is_none(), "first");
            open.get_or_insert_default().extend_from_slice(chunk.data);
            if chunk.last {
                let data = open.take().unwrap();
                events.push(format!("{:?} in chunks {}", chunk.kind, shorten(&data)));
            }
        }
        Event::Text(text) => events.push(format!("Text {}", shorten(text.as_bytes()))),
        Event::RawText(data) => events.push(format!("RawText {data:x?}")),
        Event::Binary(data) => events.push(format!("Binary {}", shorten(data))),
        Event::Ping(data) => events.push(format!("Ping {}", shorten(data))),
        Event::Pong(data) => events.push(format!("Pong {}", shorten(data))),
        Event::Closed(closed) => {
            events.push(format!("{closed:?}"));
            return true;
        }
        _ => unreachable!("an event without a line"),
    }
    false
}

/// The data itself where it is short, its length and a checksum otherwise.
pub fn shorten(data: &[u8]) -> String {
    if data.len() <= 40 {
        format!("{:?}", String::from_utf8_lossy(data))
    } else {
        let sum = data.iter().fold(7u32, |sum, &byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(byte))
        });
        format!("{} bytes, sum {sum:08x}", data.len())
    }
}

pub type Rx = Vec<u8>;

/// Storage of exactly `size` bytes that does not grow.
#[derive(Debug)]
pub struct Fixed(pub Vec<u8>);

impl Fixed {
    pub fn new(size: usize) -> Self {
        Self(std::vec![0; size])
    }
}

impl hybi_core::buffer::Buffer for Fixed {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
    fn max_len(&self) -> usize {
        self.0.len()
    }
    fn reserve(&mut self, len: usize) -> Result<(), hybi_core::error::CapacityError> {
        (&mut self.0[..]).reserve(len)
    }
}

pub type Client<X = Plain> = Connection<Fixed, Fixed, Counter, X>;

pub fn connection(rx: usize, config: &Config) -> Client {
    extended(rx, config, Plain)
}

pub fn extended<X: Extension>(rx: usize, config: &Config, extension: X) -> Client<X> {
    let (rx, tx) = (Fixed::new(rx), Fixed::new(512));
    Connection::with_extension(rx, tx, Counter::default(), config.clone(), extension).unwrap()
}

pub fn run_sans_io(script: Script, rx: usize, config: &Config) -> Transcript {
    drive_sans_io(script, connection(rx, config))
}

pub fn run_blocking(script: Script, rx: usize, config: &Config) -> Transcript {
    drive_blocking(script, connection(rx, config))
}

pub fn run_async(script: Script, rx: usize, config: &Config, drop_always: bool) -> Transcript {
    drive_async(script, connection(rx, config), drop_always)
}

/// The loop on the crate's page.
pub fn drive_sans_io<X: Extension>(mut script: Script, mut conn: Client<X>) -> Transcript {
    let (mut events, mut open) = (Vec::new(), None);
    loop {
        match conn.poll_event(Duration::ZERO) {
            Ok(Some(event)) => {
                if note(&mut events, &mut open, &event) {
                    break;
                }
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                events.push(format!("{error:?}"));
                assert_eq!(conn.poll_event(Duration::ZERO), Err(error), "again");
                break;
            }
        }
        if !conn.transmit().is_empty() {
            let n = script.put(conn.transmit());
            conn.transmitted(n);
            continue;
        }
        match script.take(conn.receive_buffer()) {
            0 => conn.receive_eof(),
            n => conn.received(n),
        }
    }
    Transcript {
        events,
        sent: script.output,
    }
}

pub fn drive_blocking<X: Extension>(script: Script, conn: Client<X>) -> Transcript {
    let mut client = blocking::WebSocket::new(script, conn);
    let (mut events, mut open) = (Vec::new(), None);
    loop {
        match client.receive() {
            Ok(event) => {
                if note(&mut events, &mut open, &event) {
                    break;
                }
            }
            Err(hybi_core::driver::Error::Receive(error)) => {
                events.push(format!("{error:?}"));
                break;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    Transcript {
        events,
        sent: client.transport().output.clone(),
    }
}

/// Runs the async driver. With `drop_always`, every future is dropped the
/// first time that it is pending, and a new one is made.
pub fn drive_async<X: Extension>(script: Script, conn: Client<X>, drop_always: bool) -> Transcript {
    let mut client = asynch::WebSocket::new(script, asynch::NoTimer, conn);
    let (mut events, mut open) = (Vec::new(), None);
    let mut context = Context::from_waker(Waker::noop());
    'next: loop {
        let result = loop {
            // The borrow of an event would outlive the loop: poll to the end
            // in one go, or drop and begin again.
            let mut receive = pin!(client.receive());
            let outcome = loop {
                match receive.as_mut().poll(&mut context) {
                    Poll::Ready(Ok(event)) => break Some(Ok(note(&mut events, &mut open, &event))),
                    Poll::Ready(Err(error)) => break Some(Err(error)),
                    Poll::Pending if drop_always => break None,
                    Poll::Pending => {}
                }
            };
            if let Some(outcome) = outcome {
                break outcome;
            }
        };
        match result {
            Ok(true) => break 'next,
            Ok(false) => {}
            Err(hybi_core::driver::Error::Receive(error)) => {
                events.push(format!("{error:?}"));
                break 'next;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    Transcript {
        events,
        sent: client.transport().output.clone(),
    }
}

/// One unmasked frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = std::vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(n.try_into().unwrap()),
        n @ 126..=0xFFFF => {
            out.push(126);
            out.extend(u16::try_from(n).unwrap().to_be_bytes());
        }
        n => {
            out.push(127);
            out.extend(u64::try_from(n).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
    out
}

/// The frames that a client sent: first byte and unmasked payload.
pub fn client_frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (first, second) = (bytes[0], bytes[1]);
        assert_eq!(second & 0x80, 0x80, "a client masks");
        let (len, at) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => (
                usize::try_from(u64::from_be_bytes(bytes[2..10].try_into().unwrap())).unwrap(),
                10,
            ),
            n => (usize::from(n), 2),
        };
        let key = &bytes[at..at + 4];
        let payload = bytes[at + 4..at + 4 + len]
            .iter()
            .enumerate()
            .map(|(i, byte)| byte ^ key[i % 4])
            .collect();
        frames.push((first, payload));
        bytes = &bytes[at + 4 + len..];
    }
    frames
}

/// Polls a future that is never really pending for long.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
