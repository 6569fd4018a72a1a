//! What lasts longer than a connection: input, counts, the wish to end.

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use crate::{
    program::{Stdin, answer_close, close_frame, closed_here, error, finish, frame, run, spawn},
    reconnect::{LOST, UNAVAILABLE, answer, lose, open, reconnect, serve_turns},
    support::{assert_took, millis, nobody, read_frame},
};

/// `-t` goes out on the first connection that opens, and on no other.
#[test]
fn messages_of_the_command_line_are_sent_once() {
    let (url, server) = serve_turns(vec![
        answer(UNAVAILABLE),
        open(|mut stream| {
            assert_eq!(read_frame(&mut stream), (1, b"once".to_vec()));
            assert_eq!(read_frame(&mut stream), (9, b"p".to_vec()));
        }),
        open(|mut stream| {
            stream.write_all(&close_frame(1000, "")).unwrap();
            // Nothing comes before the answer.
            assert_eq!(read_frame(&mut stream).0, 8);
        }),
    ]);
    let run = reconnect(&["-t", "once", "--ping", "p"], &url);
    assert_eq!(run.status, Some(0), "{run:?}");
    server.join().unwrap();
}

/// What this side has begun to end stays ended.
#[test]
fn closing_is_not_undone() {
    let (url, server) = serve_turns(vec![open(|mut stream| {
        stream.write_all(&frame(0x81, b"x")).unwrap();
        assert_eq!(read_frame(&mut stream).0, 8);
    })]);
    let run = reconnect(&["--count", "1"], &url);
    assert_eq!(run.lines()[2..], [error("io", None, LOST)]);
    assert_eq!(run.status, Some(1));
    server.join().unwrap();
}

#[test]
fn messages_are_counted_over_all_connections() {
    let (url, server) = serve_turns(vec![
        open(|mut stream| stream.write_all(&frame(0x81, b"x")).unwrap()),
        open(|mut stream| {
            stream.write_all(&frame(0x81, b"x")).unwrap();
            answer_close(&mut stream);
        }),
    ]);
    let run = reconnect(&["--count", "2"], &url);
    assert_eq!(run.lines().len(), 6, "{run:?}");
    assert_eq!(run.lines()[5], closed_here());
    server.join().unwrap();
}

/// Lines that come while there is no connection go out on the next one.
#[test]
fn input_waits_for_the_next_connection() {
    let (lost, wait) = std::sync::mpsc::channel();
    let (url, server) = serve_turns(vec![
        open(move |mut stream| {
            assert_eq!(read_frame(&mut stream), (1, b"first".to_vec()));
            drop(stream);
            lost.send(()).unwrap();
        }),
        open(|mut stream| {
            assert_eq!(read_frame(&mut stream), (1, b"second".to_vec()));
            assert_eq!(answer_close(&mut stream), Some(1000));
        }),
    ]);
    let options = ["--json", "--reconnect", "--backoff", "0.3..0.3", &url];
    let mut child = spawn(&options, Stdin::Open(b"first\n"));
    wait.recv().unwrap();
    thread::sleep(millis(100));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"second\n").unwrap();
    drop(stdin);
    let run = finish(child);
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(run.lines()[3], closed_here());
    server.join().unwrap();
}

/// The time to close comes although there is no connection to be closed.
#[test]
fn the_end_of_input_ends_the_attempts() {
    let (url, server) = serve_turns(vec![lose()]);
    let begin = Instant::now();
    let run = run(
        &[
            "--json",
            "--reconnect",
            "--backoff",
            "5..5",
            "--eof-wait",
            "0.4",
            &url,
        ],
        Stdin::Pipe(b""),
    );
    assert_took(begin, millis(400));
    assert_eq!(run.status, Some(1), "{run:?}");
    assert_eq!(run.lines()[2..], [error("io", None, LOST)]);
    server.join().unwrap();
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_wait() {
    use rustix::process::{Pid, Signal, kill_process};
    let url = format!("ws://{}/", nobody());
    let begin = Instant::now();
    let child = spawn(
        &["--json", "--reconnect", "--backoff", "10..10", &url],
        Stdin::Null,
    );
    thread::sleep(Duration::from_millis(500));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = finish(child);
    assert!(begin.elapsed() < millis(1500));
    assert_eq!(run.lines().len(), 2, "{run:?}");
    assert!(run.lines()[0].contains(r#""retry_in_ms":10000,"#));
    assert_eq!(run.lines()[1], error("io", None, "interrupted"));
    assert_eq!(run.status, Some(1));
}
