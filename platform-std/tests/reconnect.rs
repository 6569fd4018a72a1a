//! Connections that come back, and the notices about it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

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

#[test]
fn attempts_end_where_the_policy_says() {
    let mut policy = quick();
    policy.attempts = Some(3);
    let mut session = session(format!("ws://{}/", nobody())).policy(policy);
    for attempt in 1..=3 {
        let loss = loss(session.next_event());
        assert_eq!(loss.attempt, attempt);
        assert!(loss.next_delay.is_some());
        assert_eq!(loss.cause.kind(), Kind::Connect);
    }
    let loss = loss(session.next_event());
    assert_eq!((loss.attempt, loss.next_delay), (3, None));
    assert!(matches!(
        last(&mut session),
        Outcome::Failed(Cause::Connect(_))
    ));
}

#[test]
fn without_a_policy_the_first_loss_is_the_last() {
    let mut session = session(format!("ws://{}/", nobody())).policy(None);
    assert_eq!(loss(session.next_event()).next_delay, None);
    assert!(last(&mut session).into_result().is_err());
}

fn refuse(status: &'static str, mut stream: &TcpStream) {
    let head = read_head(&mut stream);
    assert!(head.starts_with("GET "));
    let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(response.as_bytes()).unwrap();
}

#[test]
fn refusals_that_are_final_are_not_tried_again() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let (url, server) = serve(move |stream| refuse(status, &stream));
        let mut session = session(url);
        let loss = loss(session.next_event());
        assert_eq!((loss.attempt, loss.next_delay), (0, None));
        match last(&mut session) {
            Outcome::Failed(Cause::Connect(error)) => {
                assert_eq!(error.status().unwrap().to_string(), status[..3]);
            }
            other => panic!("{other:?}"),
        }
        server.join().unwrap();
    }
}

#[test]
fn what_can_never_work_is_not_tried_again() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    // Nobody trusts that authority.
    let (port, server) = serve_with(server_config(&identity), echo);
    for (session, kind) in [
        (session(format!("wss://localhost:{port}/")), Kind::Tls),
        (session("http//nonsense"), Kind::Url),
        (
            Reconnecting::new(builder("ws://127.0.0.1:1/").header("Upgrade", "h2c")),
            Kind::Usage,
        ),
    ] {
        let mut session = session;
        let loss = loss(session.next_event());
        assert_eq!(loss.cause.kind(), kind, "{loss}");
        assert!(loss.cause.is_final());
        assert_eq!(loss.next_delay, None);
        assert!(matches!(last(&mut session), Outcome::Failed(_)));
    }
    server.join().unwrap();
}

#[test]
fn a_busy_server_may_ask_for_time() {
    let (url, server) = serve(|stream| {
        refuse("503 Service Unavailable\r\nRetry-After: 7", &stream);
    });
    let mut session = session(url);
    let loss = loss(session.next_event());
    assert_eq!(loss.next_delay, Some(Duration::from_secs(7)));
    session.handle().close(CloseCode::NORMAL, "").unwrap();
    assert!(matches!(last(&mut session), Outcome::Stopped));
    server.join().unwrap();
}

#[test]
fn the_predicate_decides() {
    let (url, server) = serve_many(2, |life, stream| {
        let status = ["404 Not Found", "500 Internal Server Error"][life];
        refuse(status, &stream);
    });
    let mut session = session(url).retry_if(|cause| match cause {
        Cause::Connect(error) => error.status() == Some(404),
        _ => false,
    });
    assert!(loss(session.next_event()).next_delay.is_some());
    assert!(loss(session.next_event()).next_delay.is_none());
    match last(&mut session) {
        Outcome::Failed(Cause::Connect(error)) => {
            assert!(matches!(*error, ConnectError::Handshake { .. }));
        }
        other => panic!("{other:?}"),
    }
    server.join().unwrap();
}

#[test]
fn headers_are_made_before_each_attempt() {
    let (url, server) = serve_many(3, |life, mut stream| {
        let head = accept(&mut stream);
        if life == 2 {
            stream.write_all(b"\x88\x02\x03\xe8").unwrap();
            read_frame(&mut stream);
        }
        header(&head, "X-Token").unwrap().to_owned()
    });
    let mut count = 0;
    let session = session(url).headers_from(move |attempt| {
        count += 1;
        [("X-Token".to_owned(), format!("{count}/{attempt}"))]
    });
    let opens = session.filter(|event| matches!(event, SessionEvent::Open(_)));
    assert_eq!(opens.count(), 3);
    assert_eq!(server.join().unwrap(), ["1/0", "2/1", "3/1"]);
}

#[test]
fn which_close_codes_are_a_loss() {
    for (close, is_loss) in [
        (&b"\x88\x02\x03\xe8"[..], false),
        (b"\x88\x02\x03\xe9", false),
        (b"\x88\x00", false),
        (b"\x88\x02\x03\xf3", true),
        (b"\x88\x02\x0f\xa0", true),
    ] {
        let (url, server) = serve_raw(move |mut stream| {
            stream.write_all(close).unwrap();
            read_frame(&mut stream);
        });
        let mut session = session(url);
        open(&mut session);
        match session.next_event().unwrap() {
            SessionEvent::Closed(Outcome::Closed(closed)) => {
                assert!(!is_loss && closed.clean, "{close:x?}");
            }
            SessionEvent::Disconnected(loss) => {
                assert!(is_loss, "{close:x?}");
                assert!(matches!(loss.cause, Cause::Closed(_)));
                assert!(loss.next_delay.is_some());
            }
            other => panic!("{other:?}"),
        }
        drop(session);
        server.join().unwrap();
    }
}

/// What `session` comes to, and how long after `act` that is.
fn ends_at_once(
    mut session: Reconnecting,
    act: impl FnOnce(hybi_std::reconnect::Handle) + Send + 'static,
) -> Outcome {
    let handle = session.handle();
    let other = thread::spawn(move || {
        thread::sleep(millis(150));
        let begin = Instant::now();
        act(handle);
        begin
    });
    let mut outcome = None;
    while let Some(event) = session.next_event() {
        if let SessionEvent::Closed(end) = event {
            outcome = Some(end);
        }
    }
    let after = other.join().unwrap().elapsed();
    assert!(after < millis(400), "{after:?}");
    outcome.unwrap()
}

#[test]
fn close_ends_a_wait_at_once() {
    let mut policy = Policy::default();
    policy.minimum = Duration::from_secs(60);
    policy.maximum = Duration::from_secs(60);
    let session = session(format!("ws://{}/", nobody())).policy(policy);
    let outcome = ends_at_once(session, |handle| {
        handle.close(CloseCode::NORMAL, "").unwrap()
    });
    assert!(matches!(outcome, Outcome::Stopped));
}

#[test]
fn close_ends_an_attempt_at_once() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        read_to_end(&mut stream);
    });
    let slow = Reconnecting::new(builder(url).handshake_timeout(Duration::from_secs(1)));
    let outcome = ends_at_once(slow, |handle| handle.close(CloseCode::NORMAL, "").unwrap());
    assert!(matches!(outcome, Outcome::Stopped));
    server.join().unwrap();
}

#[test]
fn close_ends_an_open_connection_with_a_handshake() {
    let outcome = ends_at_once(session(serve_echo().0), |handle| {
        assert!(handle.is_open());
        handle.close(CloseCode(4000), "done").unwrap();
        assert!(handle.close(CloseCode::NORMAL, "again").is_ok());
    });
    match outcome {
        Outcome::Closed(closed) => assert_eq!(closed.code, Some(CloseCode(4000))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn abort_ends_an_open_connection_without_one() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let outcome = ends_at_once(session(url), |handle| handle.abort());
    assert!(matches!(outcome, Outcome::Stopped));
    server.join().unwrap();
}

#[test]
fn close_before_the_first_event_is_not_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut session = session(format!("ws://{}/", listener.local_addr().unwrap()));
    let handle = session.handle();
    assert!(handle.close(CloseCode(99), "").is_err());
    assert!(handle.close(CloseCode::NORMAL, &"x".repeat(124)).is_err());
    handle.close(CloseCode::NORMAL, "").unwrap();
    assert!(matches!(last(&mut session), Outcome::Stopped));
    assert!(listener.accept().is_err(), "nothing was connected");
}

#[test]
fn a_handle_sends_on_whatever_connection_is_open() {
    let (url, server) = serve_many(2, |life, mut stream| {
        accept(&mut stream);
        let frame = read_frame(&mut stream);
        if life == 1 {
            stream.write_all(b"\x88\x00").unwrap();
            read_frame(&mut stream);
        }
        frame
    });
    let session = Reconnecting::new(builder(url).compression(None)).policy(quick());
    let handle = session.handle();
    assert!(matches!(handle.send_text("early"), Err(Error::NotOpen)));
    let mut sent = 0;
    for event in session {
        match event {
            SessionEvent::Open(_) => {
                sent += 1;
                handle.send(format!("{sent}")).unwrap();
            }
            SessionEvent::Disconnected(_) => {
                assert!(matches!(handle.send_text("lost"), Err(Error::NotOpen)));
            }
            _ => {}
        }
    }
    assert!(matches!(handle.ping(b""), Err(Error::NotOpen)));
    let expected = [(1, b"1".to_vec()), (1, b"2".to_vec())];
    assert_eq!(server.join().unwrap(), expected);
}

#[test]
fn waiting_for_an_event_may_have_a_deadline() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve(move |mut stream| {
        thread::sleep(millis(100));
        accept(&mut stream);
        let _ = stopped.recv();
        stream.write_all(b"\x81\x02hi").unwrap();
        read_to_end(&mut stream);
    });
    let mut session = session(url);
    assert!(session.next_event_timeout(millis(20)).is_none());
    open(&mut session);
    let begin = Instant::now();
    assert!(session.next_event_timeout(millis(50)).is_none());
    assert!(begin.elapsed() >= millis(49));
    assert!(!session.is_over());
    stop.send(()).unwrap();
    match session.next_event_timeout(Duration::from_secs(5)) {
        Some(SessionEvent::Message(message)) => assert_eq!(message, Message::from("hi")),
        other => panic!("{other:?}"),
    }
    drop(session);
    server.join().unwrap();
}

#[test]
fn dropping_a_session_says_1001() {
    let (url, server) = serve_raw(|mut stream| read_frame(&mut stream));
    let mut session = session(url);
    open(&mut session);
    drop(session);
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}
