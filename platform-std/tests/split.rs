//! One connection, several threads.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::{self, Read, Write},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use hybi_core::error::SendError;
use hybi_std::{
    Builder, CloseCode, Error, Event, Initiator, Kind, Message, Prepared, Receiver, Sender, State,
    builder,
};
use support::{
    accept, assert_took, millis, read_frame, read_to_end, serve_echo, serve_raw,
    tls::{Identity, authority, echo, params, serve_with, server_config, trusting},
};

fn split(builder: &Builder) -> (Sender, Receiver) {
    builder.connect().unwrap().split().unwrap()
}

fn plain_echo() -> Builder {
    builder(serve_echo().0)
}

fn tls_echo() -> Builder {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, _server) = serve_with(server_config(&identity), echo);
    builder(format!("wss://localhost:{port}/")).tls(trusting(&authority.pem()))
}

/// At once, on a machine that has other things to do. The example `measure`
/// holds the real bounds.
const SOON: Duration = millis(400);

/// Waits until `receiver`, which somebody else uses now, is blocked.
fn settle() {
    thread::sleep(millis(100));
}

#[test]
fn halves_move_between_threads() {
    const fn is_send<T: Send>() {}
    const fn is_send_and_sync<T: Send + Sync + Clone>() {}
    is_send::<Receiver>();
    is_send_and_sync::<Sender>();
}

#[test]
fn everything_comes_back() {
    for builder in [plain_echo(), tls_echo()] {
        let (sender, mut receiver) = split(&builder);
        assert_eq!(receiver.response().status(), 101);
        sender.send_text("grüße").unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Text("grüße"));
        sender.send_binary(&[1, 2, 3]).unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Binary(&[1, 2, 3]));
        sender.send("").unwrap();
        assert_eq!(receiver.receive_message().unwrap(), Message::from(""));
        sender.ping(b"x").unwrap();
        assert_eq!(receiver.receive().unwrap(), Event::Pong(b"x"));
        let begin = Instant::now();
        assert_eq!(receiver.receive_timeout(millis(50)).unwrap(), None);
        assert_took(begin, millis(50));
        let clone = sender.clone();
        drop(sender);
        clone.send_text("still").unwrap();
        let message = receiver.receive_message_timeout(millis(5000)).unwrap();
        assert_eq!(message, Some(Message::from("still")));
        let closed = clone.close(CloseCode::NORMAL, "bye").unwrap();
        assert!(closed.clean);
        assert_eq!(closed.code, Some(CloseCode::NORMAL));
        assert_eq!(closed.initiator, Initiator::Local);
        assert_eq!(clone.state(), State::Closed);
        for _ in 0..2 {
            let message = receiver.receive_message().unwrap();
            assert_eq!(message, Message::Closed(closed.clone()));
        }
        let error = clone.send_text("late").unwrap_err();
        assert!(matches!(error, Error::Send(SendError::Closing)));
    }
}

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

#[test]
fn a_pong_is_on_the_wire_before_the_ping_is_handed_over() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x89\x02hi").unwrap();
        let pong = read_frame(&mut stream);
        read_to_end(&mut stream);
        pong
    });
    let (sender, mut receiver) = split(&builder(url));
    assert_eq!(receiver.receive().unwrap(), Event::Ping(b"hi"));
    // Nothing that was only queued gets past this.
    sender.abort();
    assert_eq!(server.join().unwrap(), (10, b"hi".to_vec()));
}

#[test]
fn what_was_on_its_way_survives_the_split() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x01\x03one\x89\x00\x80\x03two").unwrap();
        read_to_end(&mut stream);
    });
    let mut socket = builder(url).connect().unwrap();
    let waker = socket.waker().unwrap();
    assert_eq!(socket.receive_message().unwrap(), Message::Ping(Vec::new()));
    let (_sender, mut receiver) = socket.split().unwrap();
    assert_eq!(receiver.receive().unwrap(), Event::Text("onetwo"));
    waker.wake();
    assert!(matches!(receiver.receive(), Err(Error::Woken)));
    receiver.waker().wake();
    assert_eq!(receiver.receive_timeout(millis(5000)).unwrap(), None);
    drop(receiver);
    server.join().unwrap();
}

/// Every message of `count` from each of `threads`, whole and in the order of
/// its thread.
fn count_echoes(receiver: &mut Receiver, threads: usize, count: u32) {
    let mut next = vec![0; threads];
    for _ in 0..threads * count as usize {
        let Message::Binary(data) = receiver.receive_message().unwrap() else {
            panic!("only binary messages were sent");
        };
        let thread = usize::from(data[0]);
        let number = u32::from_be_bytes(data[1..5].try_into().unwrap());
        assert_eq!(number, next[thread], "thread {thread}");
        assert_eq!(data.len(), message(thread, number).len());
        assert!(data[5..].iter().all(|&byte| byte == data[0]));
        next[thread] += 1;
    }
}

fn message(thread: usize, number: u32) -> Vec<u8> {
    let mut data = vec![u8::try_from(thread).unwrap(); 5 + number as usize % 300];
    data[1..5].copy_from_slice(&number.to_be_bytes());
    data
}

#[test]
fn many_threads_send_through_one_sender() {
    for builder in [plain_echo(), tls_echo()] {
        let (sender, mut receiver) = split(&builder.compression(None));
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for number in 0..2000 {
                        sender.send_binary(&message(thread, number)).unwrap();
                    }
                })
            })
            .collect();
        let begin = Instant::now();
        count_echoes(&mut receiver, 8, 2000);
        println!("16,000 messages and their echoes in {:?}", begin.elapsed());
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(sender.close(CloseCode::NORMAL, "").unwrap().clean);
    }
}

#[test]
fn large_messages_go_out_in_frames_that_nobody_interrupts() {
    for builder in [plain_echo(), tls_echo()] {
        let (sender, mut receiver) = split(&builder.max_send_buffer(2000).compression(None));
        let threads: Vec<_> = (0..4u8)
            .map(|thread| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for n in 0..20 {
                        sender.send_binary(&vec![thread; 100_000]).unwrap();
                        sender.send_binary(&[thread; 3]).unwrap();
                        sender.ping(&[n]).unwrap();
                    }
                })
            })
            .collect();
        let mut seen = [[0; 2]; 4];
        let mut pongs = 0;
        while seen != [[20; 2]; 4] || pongs < 80 {
            match receiver.receive_message().unwrap() {
                Message::Binary(data) => {
                    assert!(data.iter().all(|byte| *byte == data[0]));
                    assert!(matches!(data.len(), 3 | 100_000), "{}", data.len());
                    seen[usize::from(data[0])][usize::from(data.len() > 3)] += 1;
                }
                Message::Pong(_) => pongs += 1,
                other => panic!("{other:?}"),
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn sending_goes_on_while_a_receive_blocks() {
    let (url, server) = serve_raw(|mut stream| {
        for _ in 0..100 {
            read_frame(&mut stream);
        }
        Instant::now()
    });
    let (sender, mut receiver) = split(&builder(url).compression(None));
    let blocked = thread::spawn(move || receiver.receive_message());
    settle();
    let begin = Instant::now();
    for _ in 0..100 {
        sender.send_text("x").unwrap();
    }
    assert!(server.join().unwrap() - begin < millis(500));
    assert!(matches!(blocked.join().unwrap(), Err(Error::Lost)));
}

#[test]
fn both_sides_send_before_they_receive() {
    // 8 MiB each way through small buffers, nobody receiving meanwhile.
    let (url, server) = serve_raw(|mut stream| {
        let payload = vec![7; 1 << 20];
        for _ in 0..8 {
            let head = [&[0x82, 0x7f][..], &(1u64 << 20).to_be_bytes()].concat();
            stream.write_all(&head).unwrap();
            stream.write_all(&payload).unwrap();
        }
        read_to_end(&mut stream);
    });
    let (sender, mut receiver) = split(&builder(url).compression(None));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..4 {
                    sender.send_binary(&vec![9; 1 << 20]).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    for _ in 0..8 {
        assert_eq!(receiver.receive_message().unwrap(), vec![7; 1 << 20].into());
    }
    drop(receiver);
    server.join().unwrap();
}

#[test]
fn a_peer_that_does_not_read_holds_senders_back_and_no_longer_than_the_deadline() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let (sender, mut receiver) = split(&builder(url).write_timeout(millis(300)));
    let blocked = thread::spawn(move || receiver.receive_message().unwrap_err());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || {
                loop {
                    match sender.send_binary(&[0; 1 << 18]) {
                        Ok(()) => {}
                        Err(error) => return error,
                    }
                }
            })
        })
        .collect();
    let mut timeouts = 0;
    for thread in threads {
        match thread.join().unwrap() {
            Error::Timeout(_) => timeouts += 1,
            Error::Send(SendError::Closing) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(timeouts > 0);
    assert_eq!(blocked.join().unwrap().kind(), Kind::Timeout);
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn abort_frees_senders_that_wait_for_room() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let (sender, receiver) = split(&builder(url));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || while sender.send_binary(&[0; 1 << 18]).is_ok() {})
        })
        .collect();
    thread::sleep(millis(500));
    assert!(threads.iter().all(|thread| !thread.is_finished()));
    let begin = Instant::now();
    sender.abort();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    drop(receiver);
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn close_while_senders_wait_for_room_ends_at_its_deadline() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let (sender, receiver) = split(&builder(url).close_timeout(millis(300)));
    let other = sender.clone();
    let sending = thread::spawn(move || while other.send_binary(&[0; 1 << 18]).is_ok() {});
    thread::sleep(millis(500));
    let begin = Instant::now();
    assert!(!sender.close(CloseCode::NORMAL, "no room").unwrap().clean);
    sending.join().unwrap();
    assert_took(begin, millis(300));
    drop(receiver);
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn dropping_the_receiver_says_1001_and_dropping_senders_nothing() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x81\x02hi").unwrap();
        let close = read_frame(&mut stream);
        read_to_end(&mut stream);
        close
    });
    let (sender, mut receiver) = split(&builder(url));
    drop(sender.clone());
    drop(sender);
    assert_eq!(receiver.receive().unwrap(), Event::Text("hi"));
    drop(receiver);
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

#[test]
fn a_lost_connection_ends_both_halves() {
    let (url, server) = serve_raw(drop);
    let (sender, mut receiver) = split(&builder(url));
    assert!(receiver.receive().unwrap_err().is_fatal());
    assert!(receiver.receive().unwrap_err().is_fatal());
    assert!(sender.send_text("x").is_err());
    assert!(sender.close(CloseCode::NORMAL, "").is_err());
    server.join().unwrap();
}

#[test]
fn orders_that_cannot_be_carried_out_harm_nothing() {
    let (sender, mut receiver) = split(&plain_echo());
    assert!(sender.ping(&[0; 126]).is_err());
    assert!(sender.start_close(CloseCode(1005), "why").is_err());
    assert!(sender.close(CloseCode(999), "").is_err());
    sender.send_text("fine").unwrap();
    assert_eq!(receiver.receive().unwrap(), Event::Text("fine"));
}

#[test]
fn keepalive_and_the_idle_deadline_run_while_a_receive_blocks() {
    let (url, server) = serve_raw(|mut stream| {
        let ping = read_frame(&mut stream);
        read_to_end(&mut stream);
        ping.0
    });
    let keepalive = hybi_std::Keepalive::every(millis(100)).timeout(millis(200).into());
    let (_sender, mut receiver) =
        split(&builder(url).keepalive(keepalive).close_timeout(millis(100)));
    let begin = Instant::now();
    assert_eq!(receiver.receive().unwrap_err().kind(), Kind::Timeout);
    assert!(begin.elapsed() >= millis(299));
    drop(receiver);
    assert_eq!(server.join().unwrap(), 9);
}

/// A stream of which nothing is known, with a time-out of its own.
struct Timed(std::net::TcpStream);

impl Read for Timed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Timed {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn a_stream_that_cannot_be_polled() {
    let (url, server) = support::serve(|mut stream| {
        accept(&mut stream);
        let frame = read_frame(&mut stream);
        stream.write_all(b"\x81\x02ok").unwrap();
        read_to_end(&mut stream);
        frame
    });
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(millis(20))).unwrap();
    let socket = builder(&url).connect_over(Prepared::other(Timed(stream)));
    let (sender, mut receiver) = socket.unwrap().split().unwrap();
    let blocked = thread::spawn(move || {
        let message = receiver.receive_message().unwrap();
        (message, receiver)
    });
    settle();
    let begin = Instant::now();
    sender.send_text("hello").unwrap();
    let (message, receiver) = blocked.join().unwrap();
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(message, Message::from("ok"));
    sender.abort();
    drop(receiver);
    assert_eq!(server.join().unwrap(), (1, b"hello".to_vec()));
}
