//! Sending, waiting and dropping.

use super::*;

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
