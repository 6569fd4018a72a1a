//! A blocking driver gives back what it drives, and loses nothing.

#![cfg(feature = "embedded-io")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use core::{convert::Infallible, time::Duration};

use common::{client_frames, connection, frame};
use embedded_io::{ErrorType, Read, Write};
use hybi_core::{
    connection::{Config, Event},
    driver::blocking::{Transport, WebSocket},
};

/// Reads what it has; takes nothing until it is told to. A wait passes the
/// time up to its deadline.
struct Stuck {
    incoming: Vec<u8>,
    taken: Vec<u8>,
    takes: bool,
    now: Duration,
}

impl ErrorType for Stuck {
    type Error = Infallible;
}

impl Read for Stuck {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let n = self.incoming.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(self.incoming.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        self.taken.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Transport for Stuck {
    fn now(&mut self) -> Duration {
        self.now
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Infallible> {
        if self.takes {
            return self.write(bytes).map(Some);
        }
        self.now = deadline.unwrap_or(self.now);
        Ok(None)
    }
}

#[test]
fn an_event_whose_reply_is_not_out_is_given_back_too() {
    let transport = Stuck {
        incoming: frame(0x89, b"still there?"),
        taken: Vec::new(),
        takes: false,
        now: Duration::ZERO,
    };
    let mut socket = WebSocket::new(transport, connection(256, &Config::default()));
    assert_eq!(socket.take_undelivered(), None);
    let until = Some(Duration::from_millis(10));
    assert_eq!(socket.receive_until(until).unwrap(), None);
    assert_eq!(
        socket.take_undelivered(),
        Some(Event::Ping(b"still there?"))
    );
    assert_eq!(socket.take_undelivered(), None);
    let (transport, connection) = socket.into_parts();
    assert!(transport.taken.is_empty());
    let frames = client_frames(connection.transmit());
    assert_eq!(frames, [(0x8a, b"still there?".to_vec())]);
}
