//! Futures dropped at every await, and reads whose deadline passes inside a
//! record: nothing may be lost, and no nonce used twice (the server would not
//! decrypt what comes after).

use core::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{
    cell::Cell,
    future::poll_fn,
    io::{self, Read as _, Write as _},
    rc::Rc,
    thread,
};

use embassy_futures::block_on;
use embedded_io::ErrorType;
use embedded_io_async::{Read, Write};
use hybi_core::driver::blocking::Transport;
use hybi_embedded::tls::{
    Fault, RecordFilter, Roots, TlsStream,
    blocking::{self, Blocking, OpenError},
    trust_anchor,
};
use tls_attacks::Attack;

use crate::{
    attacks::{CA, against},
    tcp::{Tcp, Urandom, since_1970},
};

/// Says "not yet" before each piece, and the pieces are small.
pub(crate) struct Drip {
    tcp: Tcp,
    piece: usize,
}

impl Drip {
    pub(crate) fn new(tcp: Tcp, piece: usize) -> Self {
        tcp.0.set_nonblocking(true).unwrap();
        Self { tcp, piece }
    }

    async fn not_yet() {
        let mut said = false;
        poll_fn(|context| {
            if said {
                return Poll::Ready(());
            }
            said = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// The pauses are cancel points of their own.
    async fn until_ready<V>(mut call: impl FnMut() -> io::Result<V>) -> io::Result<V> {
        loop {
            Self::not_yet().await;
            match call() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::yield_now(),
                result => return result,
            }
        }
    }
}

impl ErrorType for Drip {
    type Error = io::Error;
}

impl Read for Drip {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(self.piece);
        Self::until_ready(|| self.tcp.0.read(&mut buf[..n])).await
    }
}

impl Write for Drip {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.piece);
        Self::until_ready(|| self.tcp.0.write(&bytes[..n])).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Self::not_yet().await;
        Ok(())
    }
}

/// Makes the future anew until one is done within `polls` polls, and counts
/// those that were dropped.
pub(crate) fn dropped_after<V>(
    polls: usize,
    dropped: &mut usize,
    mut make: impl AsyncFnMut() -> V,
) -> V {
    loop {
        {
            let mut future = pin!(make());
            for _ in 0..polls {
                let context = &mut Context::from_waker(Waker::noop());
                if let Poll::Ready(value) = future.as_mut().poll(context) {
                    return value;
                }
            }
        }
        *dropped += 1;
    }
}

fn echo(server: &str, piece: usize, polls: usize) -> usize {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let mut dropped = 0;
    let (_, report) = against(Attack::named(server).unwrap(), |tcp| {
        let (mut rx, mut tx, mut out) = (vec![0; 2048], vec![0; 333], vec![0; 333]);
        let filter = RecordFilter::new(Drip::new(tcp, piece), &mut out);
        let open = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", &proof, Urandom);
        let mut tls = block_on(open).unwrap();
        let data: Vec<u8> = (0..3000_u32).map(|i| i.to_le_bytes()[0] ^ 0x55).collect();
        let mut back: Vec<u8> = Vec::new();
        let mut sent = 0;
        while back.len() < data.len() {
            if sent < data.len() {
                let rest = &data[sent..data.len().min(sent + 250)];
                let write = async || tls.write(rest).await;
                sent += dropped_after(polls, &mut dropped, write).unwrap();
                dropped_after(polls, &mut dropped, async || tls.flush().await).unwrap();
            }
            // Less than a record, so that something stays inside TLS.
            let mut buf = [0; 150];
            let read = async || tls.read(&mut buf).await;
            let n = dropped_after(polls, &mut dropped, read).unwrap();
            assert!(n > 0);
            back.extend(&buf[..n]);
        }
        assert_eq!(back, data);
        dropped_after(polls, &mut dropped, async || tls.close().await).unwrap();
        (true, Ok(()))
    });
    assert_eq!((report.received, report.close_notify), (3000, true));
    dropped
}

#[test]
fn futures_dropped_at_every_await() {
    for server in ["good", "tickets", "padding"] {
        for (piece, polls) in [(1, 2), (1, 3), (2, 2), (7, 2), (64, 2), (5000, 2), (3, 7)] {
            let dropped = echo(server, piece, polls);
            assert!(dropped > 20, "{server} {piece} {polls}: {dropped}");
        }
    }
}

/// A transport whose waits end all the time.
struct Impatient {
    tcp: Tcp,
    on: Rc<Cell<bool>>,
    turn: u32,
}

impl ErrorType for Impatient {
    type Error = io::Error;
}

impl embedded_io::Read for Impatient {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.tcp.0.read(buf)
    }
}

impl embedded_io::Write for Impatient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Impatient {
    /// How many bytes this time; now and then none.
    fn patience(&mut self) -> Option<usize> {
        self.turn += 1;
        match self.turn % 3 {
            _ if !self.on.get() => Some(usize::MAX),
            0 => None,
            n => usize::try_from(n).ok(),
        }
    }
}

impl Transport for Impatient {
    fn read_until(&mut self, buf: &mut [u8], _: Option<Duration>) -> io::Result<Option<usize>> {
        let Some(n) = self.patience() else {
            return Ok(None);
        };
        let n = n.min(buf.len());
        self.tcp.0.read(&mut buf[..n]).map(Some)
    }

    fn write_until(&mut self, bytes: &[u8], _: Option<Duration>) -> io::Result<Option<usize>> {
        let Some(n) = self.patience() else {
            return Ok(None);
        };
        self.tcp.0.write(&bytes[..n.min(bytes.len())]).map(Some)
    }

    fn flush_until(&mut self, _: Option<Duration>) -> io::Result<Option<()>> {
        Ok(self.patience().map(drop))
    }
}

#[test]
fn deadlines_that_pass_inside_a_record() {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let (_, report) = against(Attack::named("tickets").unwrap(), |tcp| {
        let (mut rx, mut tx, mut out) = (vec![0; 2048], vec![0; 333], vec![0; 333]);
        let on = Rc::new(Cell::new(false));
        let transport = Impatient {
            tcp,
            on: on.clone(),
            turn: 0,
        };
        let filter = RecordFilter::new(Blocking::new(transport), &mut out);
        let mut tls = blocking::TlsStream::open(
            &filter,
            &mut rx,
            &mut tx,
            "localhost",
            &proof,
            Urandom,
            None,
        )
        .unwrap();
        on.set(true);
        let data = [0xA5; 500];
        let (mut sent, mut back, mut passed) = (0, 0, 0);
        while sent < data.len() {
            match tls.write_until(&data[sent..], None).unwrap() {
                Some(n) => sent += n,
                None => passed += 1,
            }
        }
        while tls.flush_until(None).unwrap().is_none() {
            passed += 1;
        }
        while back < data.len() {
            let mut buf = [0; 99];
            match tls.read_until(&mut buf, None).unwrap() {
                Some(n) => {
                    assert!(n > 0 && buf[..n].iter().all(|&byte| byte == 0xA5));
                    back += n;
                }
                None => passed += 1,
            }
        }
        while tls.close(None).unwrap().is_none() {
            passed += 1;
        }
        assert!(passed > 200, "{passed}");
        (true, Ok(()))
    });
    assert_eq!((report.received, report.close_notify), (500, true));
}

#[test]
fn the_deadline_of_the_handshake() {
    let anchors = [trust_anchor(&CA).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let (seen, report) = against(Attack::named("good").unwrap(), |tcp| {
        let (mut rx, mut tx, mut out) = (vec![0; 2048], vec![0; 333], vec![0; 333]);
        let transport = Impatient {
            tcp,
            on: Rc::new(Cell::new(true)),
            turn: 0,
        };
        let filter = RecordFilter::new(Blocking::new(transport), &mut out);
        let open = blocking::TlsStream::open(
            &filter,
            &mut rx,
            &mut tx,
            "localhost",
            &proof,
            Urandom,
            None,
        );
        assert!(matches!(open, Err(OpenError::TimedOut)));
        (false, Err(Fault::Closed))
    });
    assert_eq!((seen.0, report.finished), (false, false));
}
