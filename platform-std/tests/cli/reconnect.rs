//! Losses, and the attempts after them.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::{
    program::{Run, Stdin, answer_close, close_frame, closed, connected, error, frame, json, run},
    support::{accept, assert_took, millis, nobody, read_frame, read_head},
};

/// What a server does with one connection.
pub(crate) type Turn = Box<dyn FnOnce(TcpStream) + Send>;

/// A server that serves one connection after the other, then ends.
pub(crate) fn serve_turns(turns: Vec<Turn>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        for turn in turns {
            turn(listener.accept().unwrap().0);
        }
    });
    (url, server)
}

/// A turn after the opening handshake.
pub(crate) fn open(serve: impl FnOnce(TcpStream) + Send + 'static) -> Turn {
    Box::new(|mut stream| {
        accept(&mut stream);
        serve(stream);
    })
}

pub(crate) fn answer(response: &'static str) -> Turn {
    Box::new(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(response.as_bytes()).unwrap();
    })
}

pub(crate) fn lose() -> Turn {
    open(drop)
}

pub(crate) fn close_with(code: u16, reason: &'static str) -> Turn {
    open(move |mut stream| {
        stream.write_all(&close_frame(code, reason)).unwrap();
        answer_close(&mut stream);
    })
}

pub(crate) const UNAVAILABLE: &str =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n";

/// `hybi --json --reconnect --backoff 0.05..0.05`: all waits are the same.
pub(crate) fn reconnect(options: &[&str], url: &str) -> Run {
    json(&[&["--reconnect", "--backoff", "0.05..0.05"], options, &[url]].concat())
}

// Lines.

fn again(url: &str, attempt: u32) -> String {
    connected(url).replace(r#""attempt":0"#, &format!(r#""attempt":{attempt}"#))
}

fn disconnected(kind: &str, attempt: u32, message: &str) -> String {
    format!(
        r#"{{"event":"disconnected","kind":"{kind}","attempt":{attempt},"retry_in_ms":50,"message":"{message}"}}"#
    )
}

pub(crate) const LOST: &str = "the connection was lost: the peer ended it without a Close frame";
/// After the last loss: it is not tried again.
fn given_up(kind: &str, attempt: u32, message: &str) -> String {
    disconnected(kind, attempt, message).replace(r#""retry_in_ms":50"#, r#""retry_in_ms":null"#)
}

const REFUSED: &str = "127.0.0.1 does not accept a connection: Connection refused (os error 111)";

#[test]
fn a_loss_is_mended() {
    let (url, server) = serve_turns(vec![lose(), close_with(1000, "bye")]);
    let begin = Instant::now();
    reconnect(&[], &url).expect(
        0,
        &[
            connected(&url),
            disconnected("io", 1, LOST),
            again(&url, 1),
            closed(Some(1000), "bye", "peer", true),
        ],
    );
    assert_took(begin, millis(50));
    server.join().unwrap();
}

/// Each open connection begins the count again.
#[test]
fn attempts_are_counted_since_the_last_connection() {
    let unavailable = "the server refused the handshake with status 503 Service Unavailable";
    let (url, server) = serve_turns(vec![
        answer(UNAVAILABLE),
        lose(),
        answer(UNAVAILABLE),
        answer(UNAVAILABLE),
        lose(),
        close_with(1001, ""),
    ]);
    let run = json(&["--reconnect=3", "--backoff", "0.05..0.05", &url]);
    run.expect(
        0,
        &[
            disconnected("handshake", 1, unavailable),
            again(&url, 1),
            disconnected("io", 1, LOST),
            disconnected("handshake", 2, unavailable),
            disconnected("handshake", 3, unavailable),
            again(&url, 3),
            disconnected("io", 1, LOST),
            again(&url, 1),
            closed(Some(1001), "", "peer", true),
        ],
    );
    server.join().unwrap();
}

/// A loss, and as many attempts as were allowed.
#[test]
#[cfg(target_os = "linux")]
fn attempts_are_limited() {
    let url = format!("ws://{}/", nobody());
    let options = ["--reconnect=2", "--backoff", "0.05..0.05", &url];
    json(&options).expect(
        1,
        &[
            disconnected("connect", 1, REFUSED),
            disconnected("connect", 2, REFUSED),
            given_up("connect", 3, REFUSED),
            error("connect", None, REFUSED),
        ],
    );
    json(&["--reconnect=0", &url]).expect(
        1,
        &[
            given_up("connect", 1, REFUSED),
            error("connect", None, REFUSED),
        ],
    );

    // The server goes away after the first connection.
    let (url, server) = serve_turns(vec![lose()]);
    let options = ["--reconnect=2", "--backoff", "0.05..0.05", &url];
    json(&options).expect(
        1,
        &[
            connected(&url),
            disconnected("io", 1, LOST),
            disconnected("connect", 2, REFUSED),
            given_up("connect", 3, REFUSED),
            error("connect", None, REFUSED),
        ],
    );
    server.join().unwrap();
}

#[test]
fn a_server_that_comes_later() {
    let address = nobody();
    let server = thread::spawn(move || {
        thread::sleep(millis(300));
        let mut stream = TcpListener::bind(address).unwrap().accept().unwrap().0;
        accept(&mut stream);
        stream.write_all(&close_frame(1000, "")).unwrap();
        answer_close(&mut stream);
    });
    let run = reconnect(&[], &format!("ws://{address}/"));
    server.join().unwrap();
    assert_eq!(run.status, Some(0), "{run:?}");
    let lines = run.lines();
    let losses = lines.len() - 2;
    assert!((3..=7).contains(&losses), "{run:?}");
    let attempt = format!(r#""attempt":{losses}}}"#);
    assert!(lines[losses].ends_with(&attempt), "{run:?}");
}

#[test]
fn retry_after_counts_as_far_as_the_range_allows() {
    let (url, server) = serve_turns(vec![answer(UNAVAILABLE), close_with(1000, "")]);
    let begin = Instant::now();
    let run = json(&["--reconnect", "--backoff", "0.01..0.25", &url]);
    assert_took(begin, millis(250));
    assert!(run.lines()[0].contains(r#""retry_in_ms":250,"#), "{run:?}");
    assert_eq!(run.status, Some(0));
    server.join().unwrap();
}

#[test]
fn waits_grow_within_the_range() {
    let url = format!("ws://{}/", nobody());
    let run = json(&["--reconnect=8", "--backoff", "0.004..0.03", &url]);
    let waits: Vec<u64> = run.lines()[..8]
        .iter()
        .map(|line| {
            let (_, rest) = line.split_once(r#""retry_in_ms":"#).unwrap();
            rest.split_once(',').unwrap().0.parse().unwrap()
        })
        .collect();
    for (n, wait) in waits.iter().enumerate() {
        let most = (4 << (n + 1)).min(30);
        assert!((4..=most).contains(wait), "{waits:?}");
    }
    // All the same by chance: once in some ten millions.
    assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
}

#[test]
fn final_refusals_end_it() {
    for (response, status) in [
        ("HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n", 401),
        ("HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", 403),
        ("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", 404),
    ] {
        let message = format!("the server refused the handshake with status {status} x");
        let last = error("handshake", None, &message)
            .replace(r#""status":null"#, &format!(r#""status":{status}"#));
        let (url, server) = serve_turns(vec![answer(response)]);
        reconnect(&[], &url).expect(3, &[given_up("handshake", 1, &message), last.clone()]);
        server.join().unwrap();

        // After a loss, too.
        let (url, server) = serve_turns(vec![lose(), answer(response)]);
        reconnect(&[], &url).expect(
            3,
            &[
                connected(&url),
                disconnected("io", 1, LOST),
                given_up("handshake", 2, &message),
                last,
            ],
        );
        server.join().unwrap();
    }
    // Nothing is attempted, and so nothing lost.
    reconnect(&[], "ws://").expect_error(2, "url", None);
    reconnect(&["-H", "Host: x"], "ws://127.0.0.1:1/").expect_error(2, "usage", None);
}

#[test]
fn a_certificate_that_is_not_trusted_ends_it() {
    use crate::support::tls::{Identity, params, serve_with, server_config};
    let identity = Identity::self_signed(params());
    let (port, server) = serve_with(server_config(&identity), drop);
    let url = format!("wss://127.0.0.1:{port}/");
    let run = reconnect(&[], &url);
    assert_eq!(run.lines().len(), 2, "{run:?}");
    let given_up = r#""kind":"tls","attempt":1,"retry_in_ms":null,"#;
    assert!(run.lines()[0].contains(given_up), "{run:?}");
    assert_eq!(run.status, Some(4));
    server.join().unwrap();
}

#[test]
fn a_close_with_another_code_is_a_loss() {
    let (url, server) = serve_turns(vec![
        close_with(1012, "restart"),
        close_with(4000, ""),
        close_with(1000, ""),
    ]);
    reconnect(&[], &url).expect(
        0,
        &[
            connected(&url),
            disconnected(
                "io",
                1,
                "the peer closed with 1012 (service restart): restart",
            ),
            again(&url, 1),
            disconnected("io", 1, "the peer closed with 4000 (unregistered)"),
            again(&url, 1),
            closed(Some(1000), "", "peer", true),
        ],
    );
    server.join().unwrap();
    // With no attempt left it counts as what it is.
    let (url, server) = serve_turns(vec![close_with(4000, "x")]);
    json(&["--reconnect=0", &url]).expect(
        7,
        &[
            connected(&url),
            given_up("io", 1, "the peer closed with 4000 (unregistered): x"),
            closed(Some(4000), "x", "peer", true),
        ],
    );
    server.join().unwrap();
}

#[test]
fn other_losses() {
    let (url, server) = serve_turns(vec![
        open(|mut stream| {
            assert_eq!(read_frame(&mut stream).0, 9);
            answer_close(&mut stream);
        }),
        open(|mut stream| {
            stream.write_all(&frame(0x09, b"")).unwrap();
            answer_close(&mut stream);
        }),
        close_with(1000, ""),
    ]);
    let unanswered = "the peer did not answer a keepalive Ping within its deadline";
    reconnect(&["--ping-interval", "0.1", "--ping-timeout", "0.1"], &url).expect(
        0,
        &[
            connected(&url),
            disconnected("timeout", 1, unanswered),
            again(&url, 1),
            disconnected("protocol", 1, "the peer sent a fragmented control frame"),
            again(&url, 1),
            closed(Some(1000), "", "peer", true),
        ],
    );
    server.join().unwrap();
}

#[test]
fn people_are_told() {
    let (url, server) = serve_turns(vec![lose(), close_with(1000, "")]);
    let run = run(&["--reconnect", "--backoff", "0.2..0.2", &url], Stdin::Null);
    assert_eq!(
        run.stderr,
        format!(
            "connected to {url}\ndisconnected: {LOST}; attempt 1 in 0.2 s\n\
             connected to {url}\nclosed by the peer: 1000 (normal closure)\n"
        )
    );
    server.join().unwrap();
}
