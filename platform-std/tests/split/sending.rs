//! Many senders, and peers that do not read.

use super::*;

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
