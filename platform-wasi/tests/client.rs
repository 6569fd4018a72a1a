//! The client against `client_peer.py`, inside a WASI host:
//! `platform-wasi/ci.sh` starts the one and runs the other in wasmtime.
#![cfg(all(target_os = "wasi", target_env = "p2"))]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use core::time::Duration;

use hybi_core::error::{ProtocolError, SendError, Timeout};
use hybi_wasi::{
    Builder, CloseCode, ConnectError, Delivery, Error, Event, Initiator, Keepalive, Kind, Message,
    Received, RedirectError, State, WebSocket,
    error::Phase,
    reconnect::{Cause, Outcome, Policy, Reconnecting, SessionEvent},
    wasi::clocks::monotonic_clock::subscribe_duration,
};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(20);

fn port(name: &str) -> String {
    std::env::var(name).expect("platform-wasi/ci.sh starts the server and says where it is")
}

fn peer(path: &str) -> Builder {
    let port = port("HYBI_PEER_PORT");
    hybi_wasi::builder(format!("ws://127.0.0.1:{port}{path}")).idle_timeout(LONG)
}

/// The server that breaks rules.
fn raw(path: &str) -> Builder {
    let port = port("HYBI_RAW_PORT");
    hybi_wasi::builder(format!("ws://127.0.0.1:{port}{path}")).idle_timeout(LONG)
}

fn text(socket: &mut WebSocket) -> String {
    match socket.receive_message().unwrap() {
        Message::Text(text) => text,
        other => panic!("no text but {other:?}"),
    }
}

#[test]
fn messages_come_back_compressed_and_not() {
    for compress in [true, false] {
        let mut builder = peer("/echo");
        if !compress {
            builder = builder.compression(None);
        }
        let mut socket = builder.connect().unwrap();
        assert_eq!(socket.deflate().is_some(), compress);
        assert_eq!(socket.extensions().is_some(), compress);
        socket.send_text(&"äöü ".repeat(1000)).unwrap();
        assert_eq!(text(&mut socket), "äöü ".repeat(1000));
        let data: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        socket.send_binary(&data).unwrap();
        assert!(socket.receive_message().unwrap() == Message::Binary(data));
        socket.queue_text("one").unwrap();
        socket.queue_text("two").unwrap();
        socket.flush().unwrap();
        let two: Vec<_> = socket.messages().take(2).map(Result::unwrap).collect();
        assert_eq!(two, ["one".into(), "two".into()]);
        socket.ping(b"x").unwrap();
        assert_eq!(
            socket.receive_message().unwrap(),
            Message::Pong(b"x".to_vec())
        );
        let closed = socket.close(CloseCode::NORMAL, "bye").unwrap();
        assert_eq!(closed.code, Some(CloseCode::NORMAL));
        assert!(closed.clean && closed.initiator == Initiator::Local);
        assert_eq!(socket.state(), State::Closed);
        assert!(matches!(
            socket.send_text("late"),
            Err(Error::Send(SendError::Closing))
        ));
    }
}

#[test]
fn the_request_says_what_the_builder_was_told() {
    let mut socket = peer("/headers")
        .header("X-One", "1")
        .secret_header("X-Two", "2")
        .cookie("a=b")
        .origin("https://o.example")
        .host("h.example")
        .subprotocol("v9.chat")
        .subprotocol("v1.chat")
        .connect()
        .unwrap();
    assert_eq!(socket.subprotocol(), Some("v1.chat"));
    assert_eq!(socket.response().status(), 101);
    let said = text(&mut socket);
    for header in [
        r#""X-One": "1""#,
        r#""X-Two": "2""#,
        r#""Cookie": "a=b""#,
        r#""Origin": "https://o.example""#,
        r#""Host": "h.example""#,
        r#""Sec-WebSocket-Protocol": "v9.chat, v1.chat""#,
    ] {
        assert!(said.contains(header), "{header} in {said}");
    }
}

#[test]
fn what_may_not_be_sent_is_refused_before_anything_is() {
    for (name, value) in [("Host", "x"), ("X-A", "a\r\nb"), ("X A", "b")] {
        // Nobody listens there: it does not matter.
        let error = hybi_wasi::builder("ws://127.0.0.1:1/")
            .header(name, value)
            .connect()
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{error}");
    }
    for url in ["http://a/", "", "ws://", "ws://a/#f"] {
        let error = hybi_wasi::connect(url).unwrap_err();
        assert_eq!(error.kind(), Kind::Url, "{url}: {error}");
    }
}

#[test]
fn a_refusal_shows_what_the_server_said() {
    let error = peer("/refuse").connect().unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Handshake, Some(403)));
    let response = error.response().unwrap();
    assert_eq!(response.header("retry-after"), Some("7"));
    assert_eq!(response.body(), b"no entry");
    let error = peer("/redirect").connect().unwrap_err();
    assert!(matches!(
        error,
        ConnectError::Redirect {
            reason: RedirectError::Off,
            ..
        }
    ));
}

#[test]
#[cfg(feature = "http")]
fn redirects_and_credentials() {
    let told = |builder: Builder| {
        let builder = builder.secret_header("X-Secret", "s").max_redirects(3);
        text(&mut builder.connect().unwrap())
    };
    assert!(told(peer("/redirect")).contains("X-Secret"));
    // What is secret stays at home.
    assert!(!told(peer("/away")).contains("X-Secret"));
    let error = peer("/circle").max_redirects(2).connect().unwrap_err();
    assert!(matches!(
        error,
        ConnectError::Redirect {
            reason: RedirectError::TooMany { limit: 2 },
            ..
        }
    ));
    for path in ["/basic", "/digest"] {
        assert!(told(peer(path).credentials("user", "secret")).contains("Authorization"));
        let error = peer(path).credentials("user", "no").connect().unwrap_err();
        assert_eq!(error.status(), Some(401), "{path}");
        assert!(!format!("{error:?}").contains("no:"), "{error:?}");
    }
}

#[test]
fn every_deadline_ends_what_it_bounds() {
    let begin = hybi_wasi::now();
    let error = raw("/silent")
        .handshake_timeout(SHORT)
        .connect()
        .unwrap_err();
    let ConnectError::Timeout { phase, after, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((phase, after), (Phase::Handshake, SHORT));

    let mut socket = raw("/mute").close_timeout(SHORT).connect().unwrap();
    assert!(socket.receive_timeout(SHORT).unwrap().is_none());
    let closed = socket.close(CloseCode::NORMAL, "").unwrap();
    assert!(!closed.clean && closed.code.is_none());

    let mut socket = raw("/mute").idle_timeout(SHORT).connect().unwrap();
    let error = socket.receive().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Idle)), "{error}");
    assert_eq!(error.close_code(), Some(CloseCode::GOING_AWAY));

    let keepalive = Keepalive::every(SHORT).timeout(Some(SHORT));
    let mut socket = raw("/mute").keepalive(keepalive.clone()).connect().unwrap();
    let error = socket.receive_or(&[]).unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Timeout::Keepalive)),
        "{error}"
    );

    // Who answers stays.
    let mut socket = peer("/echo").keepalive(keepalive).connect().unwrap();
    let end = hybi_wasi::now() + 4 * SHORT;
    while let Some(event) = socket.receive_until(end).unwrap() {
        assert!(matches!(event, Event::Pong(_)), "{event:?}");
    }
    assert!(hybi_wasi::now() - begin < LONG);
}

#[test]
fn what_breaks_the_rules_is_told_apart() {
    let error = |path: &str| {
        raw(path)
            .connect()
            .unwrap()
            .receive()
            .map(drop)
            .unwrap_err()
    };
    let reserved = error("/reserved");
    assert!(matches!(
        reserved,
        Error::Protocol(ProtocolError::ReservedOpcode(3))
    ));
    assert_eq!(reserved.close_code(), Some(CloseCode::PROTOCOL_ERROR));
    assert_eq!(error("/utf8").kind(), Kind::Utf8);
    let large = error("/large");
    assert_eq!(large.close_code(), Some(CloseCode::MESSAGE_TOO_BIG));
    assert_eq!(error("/drop").kind(), Kind::Io);
    let mut small = peer("/echo").max_message_size(10).connect().unwrap();
    small.send_text("eleven bytes").unwrap();
    assert_eq!(small.receive().map(drop).unwrap_err().kind(), Kind::TooBig);
}

#[test]
fn a_peers_close_is_an_event() {
    let mut socket = peer("/greet").connect().unwrap();
    assert_eq!(
        socket.receive_message().unwrap(),
        Message::Ping(b"there?".to_vec())
    );
    assert_eq!(text(&mut socket), "hello");
    let Message::Closed(closed) = socket.receive_message().unwrap() else {
        panic!("not closed")
    };
    assert_eq!(closed.code, Some(CloseCode(4000)));
    assert_eq!(
        (&*closed.reason, closed.initiator),
        ("later", Initiator::Peer)
    );
}

#[test]
fn a_dropped_connection_says_so() {
    let socket = peer("/echo").connect().unwrap();
    drop(socket);
    assert_eq!(text(&mut peer("/last").connect().unwrap()), "1001");
}

#[test]
fn pollables_of_the_callers_own_end_a_wait() {
    let mut socket = peer("/echo").connect().unwrap();
    let far = subscribe_duration(u64::MAX);
    let near = subscribe_duration(100_000_000);
    socket.send_text("first").unwrap();
    assert!(matches!(
        socket.receive_or(&[&far, &near]).unwrap(),
        Received::Event(Event::Text("first"))
    ));
    assert!(matches!(
        socket.receive_or(&[&far, &near]).unwrap(),
        Received::Ready(1)
    ));
    let deadline = Some(hybi_wasi::now() + SHORT);
    assert!(matches!(
        socket.receive_or_until(&[&far], deadline).unwrap(),
        Received::TimedOut
    ));
}

#[test]
fn a_flood_does_not_starve_them() {
    let mut socket = raw("/flood").connect().unwrap();
    let near = subscribe_duration(100_000_000);
    let (mut events, begin) = (0, hybi_wasi::now());
    while hybi_wasi::now() - begin < LONG {
        match socket.receive_or(&[&near]).unwrap() {
            Received::Ready(0) => {
                assert!(events > 100, "{events} events");
                return socket.abort();
            }
            _ => events += 1,
        }
    }
    panic!("{events} events, and the pollable has not been looked at");
}

#[test]
fn a_loop_of_the_callers_own_needs_no_more_than_the_pollables() {
    let mut socket = peer("/echo").connect().unwrap();
    let readable = socket.subscribe();
    for n in 0..100 {
        socket.send_text(&n.to_string()).unwrap();
        loop {
            if let Some(event) = socket.try_receive().unwrap() {
                assert!(matches!(event, Event::Text(text) if text == n.to_string()));
                break;
            }
            readable.block();
        }
    }
    drop(readable);
    assert_eq!(socket.pollables().count(), 1);
    assert!(socket.next_deadline().is_some(), "the idle deadline");
}

#[test]
fn a_peer_that_writes_much_before_it_reads_is_no_deadlock() {
    let mut socket = raw("/both").connect().unwrap();
    socket.send_binary(&vec![1; 32 << 20]).unwrap();
    let mut large = 0;
    loop {
        match socket.receive().unwrap() {
            Event::Binary(data) => large += data.len(),
            Event::Text(text) => {
                assert_eq!((text, large), ("end", 8 << 20));
                return;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn chunks_come_as_they_arrive_and_make_messages() {
    let mut socket = peer("/echo").delivery(Delivery::Chunks).connect().unwrap();
    let data = vec![7; 200_000];
    socket.send_binary_piece(&data[..100_000], false).unwrap();
    socket.send_binary_piece(&data[100_000..], true).unwrap();
    assert_eq!(socket.receive_message().unwrap(), Message::Binary(data));
}

#[test]
fn what_is_lost_comes_back() {
    let mut policy = Policy::default();
    (policy.minimum, policy.maximum) = (Duration::from_millis(10), SHORT);
    let mut session = Reconnecting::new(peer("/flaky")).policy(policy);
    assert!(matches!(session.send_text("x"), Err(Error::NotOpen)));
    let mut losses = 0;
    loop {
        match session.next_event().unwrap() {
            SessionEvent::Disconnected(loss) => {
                assert!(matches!(loss.cause, Cause::Connection(_)), "{loss}");
                assert!(loss.next_delay.is_some());
                losses += 1;
            }
            SessionEvent::Message(message) => {
                assert_eq!(message, "at last".into());
                break;
            }
            SessionEvent::Open(opened) => assert_eq!(opened.response.status(), 101),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(losses, 2);
    session.send_text("hello").unwrap();
    assert!(matches!(
        session.next_event(),
        Some(SessionEvent::Message(_))
    ));
    session.close(CloseCode::NORMAL, "").unwrap();
    let Some(SessionEvent::Closed(Outcome::Closed(closed))) = session.next_event() else {
        panic!("not closed")
    };
    assert!(closed.clean);
    assert!(session.next_event().is_none() && session.is_over());
}

#[test]
fn a_session_gives_up_when_trying_cannot_help_or_is_no_longer_allowed() {
    let mut session = Reconnecting::new(peer("/refuse"));
    let Some(SessionEvent::Disconnected(loss)) = session.next_event() else {
        panic!("a loss comes first")
    };
    assert_eq!(loss.next_delay, None);
    assert_eq!(loss.cause.retry_after(), Some(Duration::from_secs(7)));
    assert!(matches!(
        session.next_event(),
        Some(SessionEvent::Closed(Outcome::Failed(_)))
    ));

    let mut policy = Policy::default();
    (policy.minimum, policy.maximum) = (Duration::from_millis(1), Duration::from_millis(5));
    policy.attempts = Some(2);
    let session = Reconnecting::new(hybi_wasi::builder("ws://127.0.0.1:1/")).policy(policy);
    assert_eq!(session.count(), 4, "three losses and the end");

    // A wait ends for a pollable, and at once when closed.
    let mut session = Reconnecting::new(hybi_wasi::builder("ws://127.0.0.1:1/"));
    assert!(session.next_event().is_some());
    assert!(
        session
            .next_event_timeout(Duration::from_millis(10))
            .is_none()
    );
    session.close(CloseCode::NORMAL, "").unwrap();
    assert!(matches!(
        session.next_event(),
        Some(SessionEvent::Closed(Outcome::Stopped))
    ));
}

#[test]
fn debug_shows_no_secret() {
    let builder = hybi_wasi::builder("ws://user:s3cret@a/")
        .secret_header("X-Token", "t0ken")
        .header("Authorization", "Bearer t0ken")
        .cookie("c00kie=1");
    let shown = format!("{builder:?}");
    for secret in ["s3cret", "t0ken", "c00kie"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
