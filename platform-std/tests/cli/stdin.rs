//! Lines of stdin, and its end.

use std::{io::Write, time::Instant};

use crate::{
    program::{
        Stdin, answer_close, closed, closed_here, connected, error, finish, json, run, spawn, text,
    },
    support::{assert_took, millis, read_frame, serve_echo, serve_raw},
};

#[test]
fn each_line_is_a_message() {
    let (url, server) = serve_echo();
    let run = run(
        &["--json", "--count", "6", &url],
        Stdin::Pipe("one\ntwo\r\n\n\r\n /ping ü\nlast".as_bytes()),
    );
    let mut lines = vec![connected(&url)];
    lines.extend(["one", "two", "", "", " /ping ü", "last"].map(text));
    lines.push(closed_here());
    run.expect(0, &lines);
    server.join().unwrap();
}

#[test]
fn its_end_closes_once_everything_is_sent() {
    let (url, server) = serve_raw(|mut stream| {
        let mut count = 0;
        while read_frame(&mut stream).0 == 1 {
            count += 1;
        }
        stream.write_all(&[0x88, 2, 3, 0xe8]).unwrap();
        count
    });
    let lines = "line\n".repeat(100_000);
    let run = run(&["--json", &url], Stdin::Pipe(lines.as_bytes()));
    run.expect(0, &[connected(&url), closed_here()]);
    assert_eq!(server.join().unwrap(), 100_000);
}

#[test]
fn eof_wait_leaves_time_for_replies() {
    let (url, server) = serve_echo();
    let begin = Instant::now();
    let run = run(
        &["--json", "--eof-wait", "0.4", &url],
        Stdin::Pipe(b"hello\n"),
    );
    assert_took(begin, millis(400));
    run.expect(0, &[connected(&url), text("hello"), closed_here()]);
    server.join().unwrap();
}

#[test]
fn no_input_at_all_stays_until_the_peer_closes() {
    let (url, server) = serve_raw(|mut stream| {
        std::thread::sleep(millis(300));
        stream.write_all(b"\x81\x01x\x88\x00").unwrap();
        answer_close(&mut stream);
    });
    let begin = Instant::now();
    json(&[&url]).expect(
        0,
        &[connected(&url), text("x"), closed(None, "", "peer", true)],
    );
    assert!(begin.elapsed() >= millis(300));
    server.join().unwrap();
}

#[test]
fn no_input_at_all_with_eof_wait() {
    let (url, server) = serve_echo();
    let begin = Instant::now();
    json(&["--eof-wait", "0.3", &url]).expect(0, &[connected(&url), closed_here()]);
    assert_took(begin, millis(300));
    server.join().unwrap();
}

#[test]
fn an_empty_pipe_closes_at_once() {
    let (url, server) = serve_echo();
    let run = run(&["--json", "-t", "x", &url], Stdin::Pipe(b""));
    assert_eq!(run.status, Some(0));
    assert_eq!(run.lines().last(), Some(&&*closed_here()));
    server.join().unwrap();
}

#[test]
fn an_open_pipe_does_not_keep_it_open() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&[0x88, 0]).unwrap();
        answer_close(&mut stream);
    });
    let child = spawn(&["--json", &url], Stdin::Open(b""));
    finish(child).expect(0, &[connected(&url), closed(None, "", "peer", true)]);
    server.join().unwrap();
}

#[test]
fn a_line_that_is_not_utf8_is_not_sent() {
    let (url, server) = serve_raw(|mut stream| {
        let first = read_frame(&mut stream);
        (first, answer_close(&mut stream))
    });
    let run = run(&["--json", &url], Stdin::Pipe(b"good\nb\xffd\nmore\n"));
    let words = "line 2 of stdin is not UTF-8 from byte 2 on; it was not sent";
    run.expect(2, &[connected(&url), error("usage", Some(1000), words)]);
    assert_eq!(run.stderr, format!("hybi: {words}\n"));
    let (first, code) = server.join().unwrap();
    assert_eq!(first, (1, b"good".to_vec()));
    assert_eq!(code, Some(1000));
}
