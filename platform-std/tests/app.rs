//! Handlers: which are called, when and how often.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::{self, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use hybi_std::{
    App, AppError, CloseCode, Kind, Message, builder,
    reconnect::{Cause, Outcome, Policy},
};
use support::{accept, millis, nobody, read_frame, serve_echo, serve_raw};

fn quick() -> Policy {
    let mut policy = Policy::default();
    policy.minimum = millis(5);
    policy.maximum = millis(20);
    policy
}

/// What was called, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    #[track_caller]
    fn assert(&self, expected: &[&str]) {
        assert_eq!(*self.0.lock().unwrap(), expected);
    }
}

/// An app that notes everything.
fn noting<'a>(url: &str, notes: &'a Notes) -> App<'a> {
    App::new(builder(url))
        .policy(quick())
        .on_open(|_, opened| notes.add(format!("open {}", opened.reconnect)))
        .on_message(|_, message| notes.add(format!("message {message:?}")))
        .on_data(|_, data, kind| notes.add(format!("data {kind:?} {}", data.len())))
        .on_ping(|_, payload| notes.add(format!("ping {payload:?}")))
        .on_pong(|_, payload| notes.add(format!("pong {payload:?}")))
        .on_error(|_, error| {
            notes.add(match error {
                AppError::Disconnected(loss) => format!("loss {}", loss.cause.kind()),
                other => other.to_string(),
            });
        })
        .on_close(|_, outcome| notes.add(format!("close: {outcome}")))
}

#[test]
fn every_handler_is_told_its_own() {
    let (url, server) = serve_raw(|mut stream| {
        let frames = b"\x01\x02he\x89\x01p\x80\x03llo\x82\x01\x00\x8a\x00\x88\x04\x03\xe8ok";
        stream.write_all(frames).unwrap();
        let opcodes = [(); 2].map(|()| read_frame(&mut stream).0);
        assert_eq!(opcodes, [10, 8]);
    });
    let notes = Notes::default();
    let outcome = noting(&url, &notes).run();
    match outcome {
        Outcome::Closed(closed) => assert_eq!((closed.reason.as_str(), closed.clean), ("ok", true)),
        other => panic!("{other:?}"),
    }
    notes.assert(&[
        "open false",
        "ping [112]",
        "data Text 5",
        "message Text(\"hello\")",
        "data Binary 1",
        "message Binary([0])",
        "pong []",
        "close: closed by the peer with 1000 (normal closure): ok",
    ]);
    server.join().unwrap();
}

#[test]
fn fragments_as_they_arrive_and_messages_whole() {
    for whole in [true, false] {
        let (url, server) = serve_raw(|mut stream| {
            for bytes in [
                &b"\x01\x03gr\xc3"[..],
                b"\x80\x04\xbc\xc3\x9fe",
                b"\x88\x00",
            ] {
                stream.write_all(bytes).unwrap();
                thread::sleep(millis(20));
            }
            read_frame(&mut stream);
        });
        let notes = Notes::default();
        let mut app = App::new(builder(&url)).on_fragment(|_, chunk| {
            notes.add(format!(
                "{:?} {:?} {} {}",
                chunk.kind, chunk.data, chunk.first, chunk.last
            ));
        });
        if whole {
            app = app
                .on_data(|_, _, kind| notes.add(format!("{kind:?}")))
                .on_message(|_, message| notes.add(format!("{message:?}")));
        }
        app.run();
        let mut expected = vec![
            "Text [103, 114, 195] true false",
            "Text [188, 195, 159, 101] false true",
            "Text",
            "Text(\"grüße\")",
        ];
        if !whole {
            expected.truncate(2);
        }
        notes.assert(&expected);
        server.join().unwrap();
    }
}

#[test]
fn close_from_inside_a_handler() {
    let (url, server) = serve_echo();
    let outcome = App::new(builder(url))
        .on_open(|handle, _| handle.send_text("hello"))
        .on_message(|handle, message| {
            assert_eq!(message, Message::from("hello"));
            handle.close(CloseCode(4000), "enough")
        })
        .run();
    match outcome {
        Outcome::Closed(closed) => assert_eq!(closed.code, Some(CloseCode(4000))),
        other => panic!("{other:?}"),
    }
    server.join().unwrap();
}

#[test]
fn close_from_another_thread_before_run_and_during_a_wait() {
    // While a connection is open and nothing arrives.
    let (url, server) = serve_echo();
    let app = App::new(builder(url));
    let handle = app.handle();
    let running = thread::spawn(move || (app.run(), Instant::now()));
    thread::sleep(millis(150));
    let begin = Instant::now();
    handle.close(CloseCode::NORMAL, "").unwrap();
    let (outcome, at) = running.join().unwrap();
    assert!(matches!(outcome, Outcome::Closed(_)));
    println!("run returned {:?} after close", at - begin);
    assert!(at - begin < millis(400), "{:?}", at - begin);
    server.join().unwrap();

    // Before it runs.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let notes = Notes::default();
    let app = noting(&format!("ws://{}/", listener.local_addr().unwrap()), &notes);
    app.handle().close(CloseCode::NORMAL, "").unwrap();
    assert!(matches!(app.run(), Outcome::Stopped));
    notes.assert(&["close: stopped"]);
    assert!(listener.accept().is_err());

    // During a wait of a minute, from inside a handler.
    let mut policy = Policy::default();
    policy.minimum = Duration::from_secs(60);
    policy.maximum = Duration::from_secs(60);
    let begin = Instant::now();
    let outcome = App::new(builder(format!("ws://{}/", nobody())))
        .policy(policy)
        .on_error(|handle, error| {
            assert!(matches!(error, AppError::Disconnected(_)));
            handle.close(CloseCode::NORMAL, "")
        })
        .run();
    assert!(matches!(outcome, Outcome::Stopped));
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_loss_is_told_once_and_every_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for life in 0..4 {
            let (mut stream, _) = listener.accept().unwrap();
            accept(&mut stream);
            if life == 3 {
                stream.write_all(b"\x88\x02\x03\xe9").unwrap();
                read_frame(&mut stream);
            }
        }
    });
    let notes = Notes::default();
    let reconnected = notes.clone();
    noting(&url, &notes)
        .on_reconnect(move |_, opened| reconnected.add(format!("again {}", opened.attempt)))
        .run();
    notes.assert(&[
        "open false",
        "loss io",
        "again 1",
        "loss io",
        "again 1",
        "loss io",
        "again 1",
        "close: closed by the peer with 1001 (going away)",
    ]);
    server.join().unwrap();
}

#[test]
fn without_on_reconnect_on_open_is_called_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for life in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            accept(&mut stream);
            if life == 1 {
                stream.write_all(b"\x88\x00").unwrap();
                read_frame(&mut stream);
            }
        }
    });
    let notes = Notes::default();
    noting(&url, &notes).run();
    notes.assert(&[
        "open false",
        "loss io",
        "open true",
        "close: closed by the peer",
    ]);
    server.join().unwrap();
}

#[test]
fn a_protocol_error_is_a_loss_and_the_peer_is_told_why() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x81\x01\xff").unwrap();
        read_frame(&mut stream)
    });
    let mut kinds = Vec::new();
    let outcome = App::new(builder(url))
        .policy(None)
        .on_error(|_, error| match error {
            AppError::Disconnected(loss) => kinds.push(loss.cause.kind()),
            other => panic!("{other:?}"),
        })
        .run();
    assert!(matches!(outcome, Outcome::Failed(Cause::Connection(_))));
    assert_eq!(kinds, [Kind::Utf8]);
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xef]));
}

#[test]
fn a_handlers_error_goes_to_on_error_and_the_session_goes_on() {
    let (url, server) = serve_echo();
    let mut errors = Vec::new();
    let outcome = App::new(builder(url))
        .on_open(|handle, _| handle.send_text("1"))
        .on_message(|handle, message| {
            if message == Message::from("1") {
                handle.send_text("2").map_err(io::Error::other)?;
                Err(io::Error::other("one is not enough"))
            } else {
                handle
                    .close(CloseCode::NORMAL, "")
                    .map_err(io::Error::other)
            }
        })
        .on_error(|_, error| errors.push(error.to_string()))
        .run();
    assert!(matches!(outcome, Outcome::Closed(_)));
    assert_eq!(errors, ["a handler failed: one is not enough"]);
    server.join().unwrap();
}

#[test]
fn a_handlers_error_that_nobody_wants_ends_it() {
    for on_error_fails in [false, true] {
        let (url, server) = serve_raw(|mut stream| {
            stream.write_all(b"\x81\x01a\x81\x01b").unwrap();
            let close = read_frame(&mut stream);
            stream.write_all(b"\x88\x02\x03\xf3").unwrap();
            close
        });
        let mut calls = 0;
        let mut closes = 0;
        let mut app = App::new(builder(url))
            .on_message(|_, _| {
                calls += 1;
                Err::<(), _>("no")
            })
            .on_close(|_, outcome| {
                closes += 1;
                assert!(matches!(outcome, Outcome::Failed(Cause::Handler(_))));
            });
        if on_error_fails {
            app = app.on_error(|_, _| Err("no again"));
        }
        match app.run() {
            Outcome::Failed(Cause::Handler(error)) => {
                let expected = if on_error_fails { "no again" } else { "no" };
                assert_eq!(error.to_string(), expected);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!((calls, closes), (1, 1));
        assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xf3]));
    }
}

#[test]
fn other_threads_send_through_the_handle() {
    let (url, server) = serve_echo();
    let mut received = 0;
    let app = App::new(builder(url)).on_message(|handle, _| {
        received += 1;
        if received == 400 {
            let _ = handle.close(CloseCode::NORMAL, "");
        }
    });
    let handle = app.handle();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handle = handle.clone();
            thread::spawn(move || {
                while !handle.is_open() {
                    thread::sleep(millis(1));
                }
                for n in 0..100 {
                    handle.send_text(&format!("message {n}")).unwrap();
                }
            })
        })
        .collect();
    assert!(matches!(app.run(), Outcome::Closed(_)));
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(received, 400);
    server.join().unwrap();
}
