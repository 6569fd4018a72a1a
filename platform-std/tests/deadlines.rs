//! Every wait ends: at its deadline, or when another thread says so.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{CloseCode, Error, Event, Initiator, Kind, Message, builder, connect, error::Phase};
use hybi_std::{ConnectError, State};
use support::{assert_took, millis, read_frame, read_head, read_to_end, serve, serve_raw};

#[track_caller]
fn assert_phase(error: &ConnectError, expected: Phase) {
    assert_eq!(error.kind(), Kind::Timeout);
    match error {
        ConnectError::Timeout { phase, .. } => assert_eq!(*phase, expected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_says_nothing_to_the_request() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        read_to_end(&mut stream);
    });
    let begin = Instant::now();
    let error = builder(&url)
        .handshake_timeout(millis(150))
        .connect()
        .unwrap_err();
    assert_took(begin, millis(150));
    assert_phase(&error, Phase::Handshake);
    server.join().unwrap();
}

#[test]
fn a_response_that_drips_does_not_move_the_deadline() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        for byte in "HTTP/1.1 101 Switching Protocols\r\nX: ".bytes().cycle() {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(millis(10));
        }
    });
    let begin = Instant::now();
    let error = builder(&url)
        .handshake_timeout(millis(200))
        .connect()
        .unwrap_err();
    assert_took(begin, millis(200));
    assert_phase(&error, Phase::Handshake);
    server.join().unwrap();
}

#[test]
fn a_tls_handshake_without_an_answer_counts_as_connecting() {
    // Nobody accepts; the queue of the listener takes the connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    let begin = Instant::now();
    let error = builder(url)
        .connect_timeout(millis(150))
        .connect()
        .unwrap_err();
    // Loading the roots, in a build without optimisation, takes its time too.
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_phase(&error, Phase::Tls);
}

#[test]
fn close_against_a_peer_that_drips() {
    let (url, server) = serve_raw(|mut stream| {
        let close = read_frame(&mut stream);
        // A long message, one byte at a time, and never a Close.
        let _ = stream.write_all(&[0x82, 0x7e, 0x7f, 0xff]);
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(millis(20));
        }
        close
    });
    let mut socket = builder(&url).close_timeout(millis(300)).connect().unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode(4000), "done").unwrap();
    assert_took(begin, millis(300));
    assert!(!closed.clean);
    assert_eq!(closed.code, None);
    assert_eq!(closed.initiator, Initiator::Local);
    drop(socket);
    assert_eq!(server.join().unwrap(), (8, b"\x0f\xa0done".to_vec()));
}

#[test]
fn close_against_a_peer_that_says_nothing() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let mut socket = builder(&url).close_timeout(millis(150)).connect().unwrap();
    let begin = Instant::now();
    assert!(!socket.close(CloseCode::NORMAL, "").unwrap().clean);
    assert_took(begin, millis(150));
    server.join().unwrap();
}

#[test]
fn close_against_a_peer_that_keeps_tcp_open() {
    let (url, server) = serve_raw(|mut stream| {
        read_frame(&mut stream);
        stream.write_all(b"\x88\x02\x03\xe8").unwrap();
        read_to_end(&mut stream);
    });
    let mut socket = builder(&url).close_timeout(millis(150)).connect().unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode::NORMAL, "").unwrap();
    assert_took(begin, millis(150));
    assert!(closed.clean);
    server.join().unwrap();
}

#[test]
fn the_closing_deadline_begins_with_the_close() {
    let (url, server) = support::serve_echo();
    let mut socket = builder(&url).close_timeout(millis(100)).connect().unwrap();
    thread::sleep(millis(250));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    server.join().unwrap();
}

#[test]
fn close_against_a_peer_that_does_not_read() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let mut socket = builder(&url)
        .close_timeout(millis(200))
        .write_timeout(millis(200))
        .connect()
        .unwrap();
    // Until the sockets' buffers are full.
    let begin = Instant::now();
    let error = loop {
        match socket.send_binary(&[0; 1 << 20]) {
            Ok(()) => assert!(begin.elapsed() < Duration::from_secs(20)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    let begin = Instant::now();
    let _ = socket.close(CloseCode::NORMAL, "");
    drop(socket);
    assert!(begin.elapsed() < millis(700), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn a_drop_does_not_wait_for_a_peer_that_does_not_read() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let mut socket = builder(&url).write_timeout(millis(100)).connect().unwrap();
    while socket.send_binary(&[0; 1 << 18]).is_ok() {}
    let begin = Instant::now();
    drop(socket);
    assert!(begin.elapsed() < millis(100), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn an_idle_peer_is_told_1001() {
    let (url, server) = serve_raw(|mut stream| {
        thread::sleep(millis(100));
        stream.write_all(b"\x81\x02hi").unwrap();
        let close = read_frame(&mut stream);
        drop(stream);
        close
    });
    let mut socket = builder(&url).idle_timeout(millis(200)).connect().unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("hi"));
    let begin = Instant::now();
    let error = socket.receive().unwrap_err();
    assert_took(begin, millis(200));
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(error.close_code(), Some(CloseCode::GOING_AWAY));
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

#[test]
fn receive_timeout_comes_back_empty_and_harms_nothing() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x81\x05he").unwrap();
        thread::sleep(millis(200));
        stream.write_all(b"llo").unwrap();
        read_to_end(&mut stream);
    });
    let mut socket = connect(&url).unwrap();
    let begin = Instant::now();
    assert_eq!(socket.receive_timeout(millis(60)).unwrap(), None);
    assert_took(begin, millis(60));
    assert_eq!(socket.receive_timeout(Duration::ZERO).unwrap(), None);
    let until = Instant::now() + Duration::from_secs(5);
    let event = socket.receive_until(until).unwrap();
    assert_eq!(event, Some(Event::Text("hello")));
    let message = socket.receive_message_timeout(millis(10)).unwrap();
    assert_eq!(message, None);
    drop(socket);
    server.join().unwrap();
}

#[test]
fn another_thread_wakes_a_receive() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let mut socket = connect(&url).unwrap();
    let waker = socket.waker().unwrap();
    let other = thread::spawn(move || {
        thread::sleep(millis(100));
        let at = Instant::now();
        waker.wake();
        at
    });
    let error = socket.receive().unwrap_err();
    let returned = Instant::now();
    assert!(matches!(error, Error::Woken));
    assert!(!error.is_fatal());
    let woken_at = other.join().unwrap();
    assert!(
        returned - woken_at < millis(50),
        "{:?}",
        returned - woken_at
    );
    assert_eq!(socket.state(), State::Open);
    // One wake, one return.
    assert_eq!(socket.receive_timeout(millis(20)).unwrap(), None);
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_wake_is_not_lost_between_waits_nor_to_a_flood() {
    let (url, server) = serve_raw(
        |mut stream| {
            while stream.write_all(&b"\x81\x04spam".repeat(1000)).is_ok() {}
        },
    );
    let mut socket = connect(&url).unwrap();
    let waker = socket.waker().unwrap();
    waker.wake();
    let begin = Instant::now();
    loop {
        match socket.receive_message() {
            Ok(Message::Text(_)) => assert!(begin.elapsed() < Duration::from_secs(5)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(matches!(error, Error::Woken), "{error:?}");
                break;
            }
        }
    }
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_flood_does_not_hold_back_the_closing_deadline() {
    let (url, server) = serve_raw(|mut stream| {
        let mut reader = stream.try_clone().unwrap();
        thread::spawn(move || reader.read_to_end(&mut Vec::new()));
        while stream.write_all(&b"\x81\x04spam".repeat(1000)).is_ok() {}
    });
    let mut socket = builder(&url).close_timeout(millis(200)).connect().unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode::NORMAL, "").unwrap();
    assert_took(begin, millis(200));
    assert!(!closed.clean);
    drop(socket);
    server.join().unwrap();
}
