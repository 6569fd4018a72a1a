//! One connection, several threads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod closing;
mod ending;
mod receiving;
mod sending;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::{self, Read, Write},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use hybi_core::error::SendError;
use hybi_std::{
    Builder, CloseCode, Error, Event, Initiator, Kind, Message, Prepared, Receiver, Sender, State,
    builder,
};
use support::{
    accept, assert_took, millis, read_frame, read_to_end, serve_echo, serve_raw,
    tls::{Identity, authority, echo, params, serve_with, server_config, trusting},
};

fn split(builder: &Builder) -> (Sender, Receiver) {
    builder.connect().unwrap().split().unwrap()
}

fn plain_echo() -> Builder {
    builder(serve_echo().0)
}

fn tls_echo() -> Builder {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, _server) = serve_with(server_config(&identity), echo);
    builder(format!("wss://localhost:{port}/")).tls(trusting(&authority.pem()))
}

/// At once, on a machine that has other things to do. The example `measure`
/// holds the real bounds.
const SOON: Duration = millis(400);

/// Waits until `receiver`, which somebody else uses now, is blocked.
fn settle() {
    thread::sleep(millis(100));
}

#[test]
fn halves_move_between_threads() {
    const fn is_send<T: Send>() {}
    const fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send::<Receiver>();
    is_send_and_sync::<Sender>();
}

#[test]
fn everything_comes_back() {
    for builder in [plain_echo(), tls_echo()] {
        let (sender, mut receiver) = split(&builder);
        assert_eq!(receiver.response().status(), 101);
        sender.send_text("grüße").unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Text("grüße"));
        sender.send_binary(&[1, 2, 3]).unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Binary(&[1, 2, 3]));
        sender.send("").unwrap();
        assert_eq!(receiver.receive_message().unwrap(), Message::from(""));
        sender.ping(b"x").unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Pong(b"x"));
        let begin = Instant::now();
        assert_eq!(receiver.receive_timeout(millis(50)).unwrap(), None);
        assert_took(begin, millis(50));
        let clone = sender.clone();
        drop(sender);
        clone.send_text("still").unwrap();
        let message = receiver.receive_message_timeout(millis(5000)).unwrap();
        assert_eq!(message, Some(Message::from("still")));
        let closed = clone.close(CloseCode::NORMAL, "bye").unwrap();
        assert!(closed.clean);
        assert_eq!(closed.code, Some(CloseCode::NORMAL));
        assert_eq!(closed.initiator, Initiator::Local);
        assert_eq!(clone.state(), State::Closed);
        for _ in 0..2 {
            let message = receiver.receive_message().unwrap();
            assert_eq!(message, Message::Closed(closed.clone()));
        }
        let error = clone.send_text("late").unwrap_err();
        assert!(matches!(error, Error::Send(SendError::Closing)));
    }
}
