//! Connections that come back, and the notices about it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod ending;
mod handle;
mod policy;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use hybi_std::{
    CloseCode, ConnectError, Error, Kind, Message, builder,
    reconnect::{Cause, Disconnected, Outcome, Policy, Reconnecting, SessionEvent},
};
use support::{
    accept, header, millis, nobody, read_frame, read_head, read_to_end, serve, serve_echo,
    serve_raw,
    tls::{Identity, authority, echo, params, serve_with, server_config},
};
use tungstenite::protocol::{CloseFrame, frame::coding::CloseCode as TheirCode};

fn quick() -> Policy {
    let mut policy = Policy::default();
    policy.minimum = millis(5);
    policy.maximum = millis(20);
    policy
}

fn session(url: impl Into<String>) -> Reconnecting {
    Reconnecting::new(builder(url)).policy(quick())
}

#[track_caller]
fn loss(event: Option<SessionEvent>) -> Disconnected {
    match event {
        Some(SessionEvent::Disconnected(loss)) => loss,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn last(session: &mut Reconnecting) -> Outcome {
    match session.next_event() {
        Some(SessionEvent::Closed(outcome)) => {
            assert!(session.next_event().is_none());
            assert!(session.is_over());
            assert!(session.handle().is_over());
            outcome
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn open(session: &mut Reconnecting) {
    match session.next_event() {
        Some(SessionEvent::Open(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// Serves one connection after the other, `lives` of them.
fn serve_many<T: Send + 'static>(
    lives: usize,
    mut serve: impl FnMut(usize, TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<Vec<T>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        (0..lives)
            .map(|life| serve(life, listener.accept().unwrap().0))
            .collect()
    });
    (url, server)
}

/// A server that is started `lives` times on one address, each time for one
/// connection, and ends that in a different way each time; the last one with
/// 1000.
fn restarting(address: SocketAddr, lives: usize) -> JoinHandle<()> {
    thread::spawn(move || {
        for life in 1..=lives {
            let listener = TcpListener::bind(address).unwrap();
            let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
            drop(listener);
            socket.send(format!("life {life}").into()).unwrap();
            match life % 3 {
                _ if life == lives => close(&mut socket, TheirCode::Normal),
                0 => close(&mut socket, TheirCode::Restart),
                1 => drop(socket),
                _ => {
                    // Unread bytes make it a reset.
                    socket.get_mut().write_all(b"\x81\x05he").unwrap();
                    thread::sleep(millis(2));
                }
            }
            thread::sleep(millis(15));
        }
    })
}

fn close(socket: &mut tungstenite::WebSocket<TcpStream>, code: TheirCode) {
    let frame = CloseFrame {
        code,
        reason: "restart".into(),
    };
    socket.close(Some(frame)).unwrap();
    while socket.read().is_ok() {}
}

#[test]
fn twenty_restarts_without_a_missed_notice() {
    let address = nobody();
    let server = restarting(address, 20);
    let mut open = false;
    let (mut opens, mut losses, mut attempts) = (0, 0, 0);
    let mut lives = Vec::new();
    let mut ends = Vec::new();
    for event in session(format!("ws://{address}/")) {
        assert!(ends.is_empty(), "the last event is the last");
        match event {
            SessionEvent::Open(opened) => {
                assert!(!open);
                assert_eq!(opened.reconnect, opens > 0);
                assert_eq!(opened.attempt, attempts);
                assert_eq!(opened.response.status(), 101);
                (open, opens, attempts) = (true, opens + 1, 0);
            }
            SessionEvent::Message(Message::Text(text)) => {
                assert!(open);
                lives.push(text);
            }
            SessionEvent::Disconnected(loss) => {
                losses += usize::from(open);
                open = false;
                attempts += 1;
                assert_eq!(loss.attempt, attempts);
                let delay = loss.next_delay.unwrap();
                assert!(delay >= millis(5) && delay <= millis(20), "{delay:?}");
            }
            SessionEvent::Closed(outcome) => ends.push(outcome),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((opens, losses), (20, 19));
    let expected: Vec<_> = (1..=20).map(|life| format!("life {life}")).collect();
    assert_eq!(lives, expected);
    match &ends[..] {
        [Outcome::Closed(closed)] => assert_eq!(closed.code, Some(CloseCode::NORMAL)),
        other => panic!("{other:?}"),
    }
    server.join().unwrap();
}
