//! A peer that talks and does not read: no wait outlasts its deadline, and
//! none goes round and round.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::{convert::Infallible, time::Duration, vec::Vec};

use common::connection;
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Event},
    driver::{Error, blocking},
    error::{ReceiveError, Timeout},
};

/// Nothing can be written to it; time passes only where something waits.
#[derive(Debug)]
struct Stalled {
    now: Duration,
    input: Vec<u8>,
    waits: usize,
}

impl Stalled {
    fn wait(&mut self, deadline: Option<Duration>) {
        self.waits += 1;
        assert!(self.waits < 10, "round and round");
        self.now = self.now.max(deadline.expect("a wait for ever"));
    }
}

impl embedded_io::ErrorType for Stalled {
    type Error = Infallible;
}

impl embedded_io::Read for Stalled {
    fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        panic!("a read without a deadline")
    }
}

impl embedded_io::Write for Stalled {
    fn write(&mut self, _: &[u8]) -> Result<usize, Infallible> {
        panic!("a write without a deadline")
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl blocking::Transport for Stalled {
    fn now(&mut self) -> Duration {
        self.now
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Infallible> {
        let n = buf.len().min(self.input.len());
        if n == 0 {
            self.wait(deadline);
            return Ok(None);
        }
        buf[..n].copy_from_slice(&self.input[..n]);
        self.input.drain(..n);
        Ok(Some(n))
    }

    fn write_until(
        &mut self,
        _: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Infallible> {
        self.wait(deadline);
        Ok(None)
    }
}

#[test]
fn a_ping_whose_answer_nobody_takes() {
    let mut config = Config::default();
    config.idle_timeout = Some(Duration::from_secs(9));
    let stalled = Stalled {
        now: Duration::ZERO,
        input: b"\x89\x02hi".to_vec(),
        waits: 0,
    };
    let mut client = blocking::WebSocket::new(stalled, connection(512, &config));
    // What was received is handed over, once the answer has no time left.
    assert_eq!(client.receive(), Ok(Event::Ping(b"hi")));
    let idle = Error::Receive(ReceiveError::Timeout(Timeout::Idle));
    assert_eq!(client.receive(), Err(idle));
    assert_eq!(client.transport().now, Duration::from_secs(9 + 5));
}

#[test]
fn a_ping_while_closing() {
    let stalled = Stalled {
        now: Duration::from_secs(1),
        input: b"\x89\x02hi\x81\x01a".to_vec(),
        waits: 0,
    };
    let mut client = blocking::WebSocket::new(stalled, connection(512, &Config::default()));
    let closed = client.close(CloseCode::NORMAL, "").unwrap();
    assert!(!closed.clean);
    assert_eq!(client.transport().now, Duration::from_secs(1 + 5));
}
