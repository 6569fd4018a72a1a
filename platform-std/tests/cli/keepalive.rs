//! Pings at an interval.

use std::{io::Write, time::Instant};

use crate::{
    program::{answer_close, close_frame, closed, connected, error, frame, json, run},
    support::{assert_took, millis, read_frame, read_to_end, serve_raw},
};

const LOST: &str = "the peer did not answer a keepalive Ping within its deadline";

#[test]
fn a_ping_that_is_not_answered_ends_it() {
    let (url, server) = serve_raw(|mut stream| {
        let ping = read_frame(&mut stream);
        (ping.0, answer_close(&mut stream))
    });
    let begin = Instant::now();
    let run = json(&["--ping-interval", "0.2", "--ping-timeout", "0.3", &url]);
    assert_took(begin, millis(500));
    run.expect(6, &[connected(&url), error("timeout", Some(1001), LOST)]);
    assert_eq!(server.join().unwrap(), (9, Some(1001)));
}

/// Neither data nor another Pong counts.
#[test]
fn only_the_matching_pong_counts() {
    let (url, server) = serve_raw(|mut stream| {
        let (_, payload) = read_frame(&mut stream);
        let mut other = payload.clone();
        other[0] ^= 1;
        stream.write_all(&frame(0x8a, &other)).unwrap();
        stream.write_all(&frame(0x81, b"x")).unwrap();
        answer_close(&mut stream)
    });
    let begin = Instant::now();
    let run = json(&["--ping-interval", "0.1", "--ping-timeout", "0.3", &url]);
    assert_took(begin, millis(400));
    assert_eq!(run.lines().len(), 4, "{run:?}");
    assert_eq!(run.lines()[3], error("timeout", Some(1001), LOST));
    assert_eq!(run.status, Some(6));
    server.join().unwrap();
}

#[test]
fn answered_pings_go_on() {
    let (url, server) = serve_raw(|mut stream| {
        let begin = Instant::now();
        let mut payloads = Vec::new();
        for _ in 0..4 {
            let (opcode, payload) = read_frame(&mut stream);
            assert_eq!(opcode, 9);
            stream.write_all(&frame(0x8a, &payload)).unwrap();
            payloads.push(payload);
        }
        assert_took(begin, millis(400));
        stream.write_all(&close_frame(1000, "")).unwrap();
        answer_close(&mut stream);
        payloads
    });
    let run = json(&["--ping-interval", "0.1", "--ping-timeout", "0.2", &url]);
    assert_eq!(run.status, Some(0), "{run:?}");
    let lines = run.lines();
    assert_eq!(lines.len(), 6);
    for pong in &lines[1..5] {
        assert!(pong.starts_with(r#"{"event":"pong","base64":""#), "{pong}");
    }
    assert_eq!(lines[5], closed(Some(1000), "", "peer", true));
    let mut payloads = server.join().unwrap();
    payloads.dedup();
    assert_eq!(payloads.len(), 4, "each has a payload of its own");
}

/// People see the Pongs that they asked for, and no others.
#[test]
fn people_are_not_told_of_each() {
    let (url, server) = serve_raw(|mut stream| {
        for _ in 0..3 {
            let (_, payload) = read_frame(&mut stream);
            stream.write_all(&frame(0x8a, &payload)).unwrap();
        }
        stream.write_all(&close_frame(1000, "")).unwrap();
        read_to_end(&mut stream);
    });
    let run = run(
        &["--ping-interval", "0.1", "--ping", "mine", &url],
        crate::program::Stdin::Null,
    );
    assert_eq!(run.stdout, "< pong, 4 bytes: 6d696e65\n");
    server.join().unwrap();
}
