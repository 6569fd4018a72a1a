//! What is tried again, and when.

use super::*;

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
