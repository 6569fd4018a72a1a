//! The end of a connection, with a clock that the test moves.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{Counter, Fixed, client_frames, connection};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event, Initiator, State},
    error::{ReceiveError, SendError, Timeout},
};

type Client = Connection<Fixed, Fixed, Counter>;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn feed(conn: &mut Client, bytes: &[u8]) {
    conn.receive_buffer()[..bytes.len()].copy_from_slice(bytes);
    conn.received(bytes.len());
}

fn drain(conn: &mut Client) -> Vec<(u8, Vec<u8>)> {
    let frames = client_frames(conn.transmit());
    conn.transmitted(conn.transmit().len());
    frames
}

fn open() -> Client {
    connection(512, &Config::default())
}

#[test]
fn a_local_close_completes_with_the_peers_close_and_its_end() {
    let mut conn = open();
    conn.close(CloseCode::NORMAL, "done", at(1)).unwrap();
    assert_eq!(conn.state(), State::Closing);
    assert_eq!(drain(&mut conn), [(0x88, b"\x03\xe8done".to_vec())]);
    assert_eq!(conn.poll_timeout(), Some(at(6)));
    // Messages that were under way still arrive.
    feed(&mut conn, b"\x81\x04late\x88\x02\x03\xe8");
    assert_eq!(conn.poll_event(at(2)), Ok(Some(Event::Text("late"))));
    assert_eq!(conn.poll_event(at(2)), Ok(None));
    conn.receive_eof();
    for _ in 0..2 {
        match conn.poll_event(at(3)) {
            Ok(Some(Event::Closed(closed))) => {
                assert_eq!(closed.code, Some(CloseCode::NORMAL));
                assert_eq!(closed.initiator, Initiator::Local);
                assert!(closed.clean);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(conn.state(), State::Closed);
    assert_eq!(conn.poll_timeout(), None);
}

#[test]
fn the_close_deadline_is_absolute() {
    let mut conn = open();
    conn.close(CloseCode::NORMAL, "", at(10)).unwrap();
    drain(&mut conn);
    // A peer that drips does not move it.
    for second in 10..15 {
        feed(&mut conn, b"\x89\x00");
        assert_eq!(conn.poll_event(at(second)), Ok(Some(Event::Ping(b""))));
        assert_eq!(conn.poll_event(at(second)), Ok(None));
        drain(&mut conn);
        assert_eq!(conn.poll_timeout(), Some(at(15)));
    }
    match conn.poll_event(at(15)) {
        Ok(Some(Event::Closed(closed))) => {
            assert_eq!((closed.code, closed.clean), (None, false));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_peer_that_does_not_end_the_transport_is_waited_for_until_the_deadline() {
    let mut conn = open();
    feed(&mut conn, b"\x88\x02\x03\xe9");
    assert_eq!(conn.poll_event(at(1)), Ok(None));
    assert_eq!(drain(&mut conn), [(0x88, b"\x03\xe9".to_vec())]);
    feed(&mut conn, &[0xFF; 300]); // dropped
    assert_eq!(conn.poll_event(at(5)), Ok(None));
    match conn.poll_event(at(6)) {
        Ok(Some(Event::Closed(closed))) => {
            assert_eq!(closed.code, Some(CloseCode::GOING_AWAY));
            assert_eq!(closed.initiator, Initiator::Peer);
            assert!(closed.clean);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_close_timeout_the_last_close_frame_ends_it() {
    let mut config = Config::default();
    config.close_timeout = None;
    let mut conn = connection(512, &config);
    feed(&mut conn, b"\x88\x05\x0f\xa0bye");
    assert_eq!(conn.poll_event(at(0)), Ok(None));
    drain(&mut conn);
    match conn.poll_event(at(0)) {
        Ok(Some(Event::Closed(closed))) => {
            assert_eq!((closed.code, closed.reason), (Some(CloseCode(4000)), "bye"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_half_close_by_the_peer_still_gets_the_answer() {
    let mut conn = open();
    feed(&mut conn, b"\x88\x02\x03\xe8");
    conn.receive_eof();
    assert_eq!(conn.poll_event(at(0)), Ok(None), "the echo waits");
    assert_eq!(drain(&mut conn).len(), 1);
    assert!(matches!(
        conn.poll_event(at(0)),
        Ok(Some(Event::Closed(closed))) if closed.clean
    ));
}

#[test]
fn a_failure_waits_for_the_peer_then_returns_the_same_error() {
    let mut conn = open();
    feed(&mut conn, b"\x81\x02ok\xff");
    assert_eq!(conn.poll_event(at(1)), Ok(Some(Event::Text("ok"))));
    assert_eq!(conn.poll_event(at(1)), Ok(None));
    assert_eq!(conn.send_text("x"), Err(SendError::Closing));
    assert_eq!(drain(&mut conn), [(0x88, b"\x03\xea".to_vec())]);
    feed(&mut conn, b"\x81\x02no");
    assert_eq!(conn.poll_event(at(2)), Ok(None));
    conn.receive_eof();
    let error = conn.poll_event(at(2)).unwrap_err();
    assert_eq!(error.close_code(), Some(CloseCode::PROTOCOL_ERROR));
    assert_eq!(conn.poll_event(at(3)), Err(error));
}

#[test]
fn a_failure_does_not_wait_past_the_deadline() {
    let mut conn = open();
    feed(&mut conn, b"\xff");
    assert_eq!(conn.poll_event(at(1)), Ok(None));
    // Not even for the transport to take the Close frame.
    assert!(conn.poll_event(at(6)).is_err());
    assert!(conn.transmit().is_empty());
}

#[test]
fn an_end_without_a_close_frame_is_a_lost_connection() {
    let mut conn = open();
    conn.receive_eof();
    assert_eq!(conn.poll_event(at(0)), Err(ReceiveError::ConnectionLost));
    let mut conn = open();
    conn.close(CloseCode::NORMAL, "", at(0)).unwrap();
    conn.receive_eof();
    assert_eq!(conn.poll_event(at(0)), Err(ReceiveError::ConnectionLost));
}

#[test]
fn idle_peers_are_told_and_dropped() {
    let mut config = Config::default();
    config.idle_timeout = Some(at(30));
    let mut conn = connection(512, &config);
    assert_eq!(conn.poll_event(at(100)), Ok(None));
    assert_eq!(conn.poll_timeout(), Some(at(130)));
    feed(&mut conn, b"\x89\x00");
    assert_eq!(conn.poll_event(at(120)), Ok(Some(Event::Ping(b""))));
    drain(&mut conn);
    assert_eq!(conn.poll_timeout(), Some(at(150)));
    conn.handle_timeout(at(149));
    assert_eq!(conn.state(), State::Open);
    conn.handle_timeout(at(150));
    assert_eq!(conn.state(), State::Closing);
    assert_eq!(drain(&mut conn), [(0x88, b"\x03\xe9".to_vec())]);
    assert_eq!(conn.poll_event(at(150)), Ok(None));
    assert_eq!(
        conn.poll_event(at(155)),
        Err(ReceiveError::Timeout(Timeout::Idle))
    );
}

#[test]
fn a_transport_that_takes_nothing_more_still_delivers() {
    let mut conn = open();
    feed(&mut conn, b"\x89\x01p\x81\x02ok\x88\x02\x03\xe8");
    conn.transmit_failed(at(0));
    assert_eq!(conn.poll_event(at(0)), Ok(Some(Event::Ping(b"p"))));
    assert_eq!(conn.poll_event(at(0)), Ok(Some(Event::Text("ok"))));
    assert!(matches!(
        conn.poll_event(at(0)),
        Ok(Some(Event::Closed(closed))) if !closed.clean && closed.code == Some(CloseCode::NORMAL)
    ));
    // Without a Close frame it is a loss, at the latest at the deadline.
    let mut conn = open();
    conn.transmit_failed(at(0));
    assert_eq!(conn.poll_event(at(4)), Ok(None));
    assert_eq!(conn.poll_event(at(5)), Err(ReceiveError::ConnectionLost));
}

#[test]
fn a_write_deadline_fails_the_connection() {
    let mut conn = open();
    conn.send_text("stuck").unwrap();
    conn.transmit_timed_out(at(3));
    assert_eq!(
        conn.poll_event(at(3)),
        Err(ReceiveError::Timeout(Timeout::Write))
    );
    assert!(conn.transmit().is_empty());
}

#[test]
fn close_orders_are_checked() {
    let mut conn = open();
    for code in [0, 999, 1004, 1006, 1015, 1016, 2999, 5000] {
        assert_eq!(
            conn.close(CloseCode(code), "", at(0)),
            Err(SendError::InvalidCloseCode),
            "{code}"
        );
    }
    assert_eq!(
        conn.close(CloseCode::NO_STATUS, "why", at(0)),
        Err(SendError::InvalidCloseCode)
    );
    let long = "x".repeat(124);
    assert_eq!(
        conn.close(CloseCode::NORMAL, &long, at(0)),
        Err(SendError::ControlTooLong)
    );
    assert_eq!(conn.state(), State::Open);
    assert!(conn.transmit().is_empty(), "nothing was queued");
    conn.close(CloseCode::NORMAL, &long[1..], at(0)).unwrap();
    assert_eq!(drain(&mut conn)[0].1.len(), 125);
    // Again: nothing happens.
    conn.close(CloseCode::NORMAL, "", at(0)).unwrap();
    assert!(conn.transmit().is_empty());
    assert_eq!(conn.ping(b""), Err(SendError::Closing));
}

#[test]
fn an_empty_close() {
    let mut conn = open();
    conn.close(CloseCode::NO_STATUS, "", at(0)).unwrap();
    assert_eq!(drain(&mut conn), [(0x88, vec![])]);
}
