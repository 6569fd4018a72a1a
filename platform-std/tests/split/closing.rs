//! Closing and aborting from another thread.

use super::*;

#[test]
fn close_from_another_thread_ends_a_blocked_receive() {
    for (name, builder) in [("plain", plain_echo()), ("TLS", tls_echo())] {
        let (sender, mut receiver) = split(&builder);
        let blocked = thread::spawn(move || {
            let message = receiver.receive_message();
            (message.unwrap(), Instant::now())
        });
        settle();
        let begin = Instant::now();
        sender.start_close(CloseCode::NORMAL, "done").unwrap();
        let (message, at) = blocked.join().unwrap();
        println!("close, {name}: {:?}", at - begin);
        assert!(at - begin < SOON, "{name}: {:?}", at - begin);
        match message {
            Message::Closed(closed) => assert!(closed.clean),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_whole_close_from_another_thread() {
    let (sender, mut receiver) = split(&plain_echo());
    let blocked = thread::spawn(move || receiver.receive_message().unwrap());
    settle();
    let closed = sender.close(CloseCode(4001), "enough").unwrap();
    assert_eq!(closed.code, Some(CloseCode(4001)));
    assert_eq!(blocked.join().unwrap(), Message::Closed(closed));
}

#[test]
fn abort_ends_a_blocked_receive_at_once() {
    for (name, builder) in [("plain", plain_echo()), ("TLS", tls_echo())] {
        let (sender, mut receiver) = split(&builder);
        let blocked = thread::spawn(move || {
            let error = receiver.receive_message().unwrap_err();
            (error, Instant::now(), receiver)
        });
        settle();
        let begin = Instant::now();
        sender.abort();
        let (error, at, mut receiver) = blocked.join().unwrap();
        println!("abort, {name}: {:?}", at - begin);
        assert!(at - begin < SOON, "{name}: {:?}", at - begin);
        for error in [error, receiver.receive().unwrap_err()] {
            match error {
                Error::Io(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(sender.state(), State::Closed);
        assert!(sender.send_text("late").is_err());
    }
}

#[test]
fn a_closing_handshake_without_an_answer_ends_at_its_deadline() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let (sender, mut receiver) = split(&builder(url).close_timeout(millis(300)));
    let blocked = thread::spawn(move || receiver.receive_message().unwrap());
    settle();
    let begin = Instant::now();
    sender.start_close(CloseCode::NORMAL, "").unwrap();
    match blocked.join().unwrap() {
        Message::Closed(closed) => assert!(!closed.clean),
        other => panic!("{other:?}"),
    }
    assert_took(begin, millis(300));
    server.join().unwrap();
}

#[test]
fn close_against_a_peer_that_drips() {
    for receiving in [true, false] {
        let (url, server) = serve_raw(|mut stream| {
            let _ = stream.write_all(&[0x82, 0x7e, 0x7f, 0xff]);
            while stream.write_all(&[0]).is_ok() {
                thread::sleep(millis(200));
            }
        });
        let (sender, mut receiver) = split(&builder(url).close_timeout(millis(500)));
        let blocked = thread::spawn(move || {
            let message = receiving.then(|| receiver.receive_message().unwrap());
            (message, receiver)
        });
        settle();
        let begin = Instant::now();
        let closed = sender.close(CloseCode::NORMAL, "").unwrap();
        let over = begin.elapsed().saturating_sub(millis(500));
        println!("close against a dripping peer: deadline + {over:?}");
        assert!(begin.elapsed() >= millis(498) && over < SOON, "{over:?}");
        assert!(!closed.clean);
        let (message, _receiver) = blocked.join().unwrap();
        let expected = receiving.then_some(Message::Closed(closed));
        assert_eq!(message, expected);
        server.join().unwrap();
    }
}
