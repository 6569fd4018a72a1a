//! How a handle ends a session, at any time.

use super::*;

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
