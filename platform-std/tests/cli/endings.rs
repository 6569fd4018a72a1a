//! How an open connection ends.

use std::{io::Write, net::TcpStream, time::Instant};

use crate::{
    program::{Stdin, answer_close, close_frame, closed, connected, error, frame, json, run, text},
    support::{assert_took, millis, read_frame, read_to_end, serve_raw},
};

/// What it prints and how it ends when the peer sends these bytes, and the
/// code of its own Close frame.
fn ending(options: &[&str], bytes: Vec<u8>) -> (crate::program::Run, String, Option<u16>) {
    let (url, server) = serve_raw(move |mut stream| {
        stream.write_all(&bytes).unwrap();
        let (opcode, payload) = read_frame(&mut stream);
        assert_eq!(opcode, 8);
        payload.first_chunk().map(|code| u16::from_be_bytes(*code))
    });
    let run = json(&[options, &[&url]].concat());
    (run, url, server.join().unwrap())
}

#[test]
fn the_peer_closes() {
    for (code, reason, status) in [
        (1000, "bye", 0),
        (1001, "", 0),
        (1011, "ä", 7),
        (4000, "x", 7),
    ] {
        let (run, url, echoed) = ending(&[], close_frame(code, reason));
        let last = closed(Some(code), reason, "peer", true);
        run.expect(status, &[connected(&url), last]);
        assert_eq!(echoed, Some(code));
    }
}

#[test]
fn the_peer_closes_without_a_code() {
    let (run, url, echoed) = ending(&[], frame(0x88, b""));
    run.expect(0, &[connected(&url), closed(None, "", "peer", true)]);
    assert_eq!(echoed, None);
}

#[test]
fn the_peer_does_not_finish_closing() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let begin = Instant::now();
    let run = run(
        &["--json", "--close-timeout", "0.3", &url],
        Stdin::Pipe(b"a\n"),
    );
    assert_took(begin, millis(300));
    run.expect(6, &[connected(&url), closed(None, "", "local", false)]);
    server.join().unwrap();
}

#[test]
fn the_peer_does_not_end_tcp() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&close_frame(1000, "")).unwrap();
        read_to_end(&mut stream);
    });
    let begin = Instant::now();
    let run = json(&["--close-timeout", "0.3", &url]);
    assert_took(begin, millis(300));
    run.expect(0, &[connected(&url), closed(Some(1000), "", "peer", true)]);
    server.join().unwrap();
}

#[test]
fn what_arrives_while_closing_is_shown() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_frame(&mut stream).0, 8);
        stream.write_all(&frame(0x81, b"late")).unwrap();
        stream.write_all(&close_frame(1000, "")).unwrap();
    });
    let run = run(&["--json", &url], Stdin::Pipe(b""));
    run.expect(
        0,
        &[
            connected(&url),
            text("late"),
            closed(Some(1000), "", "local", true),
        ],
    );
    server.join().unwrap();
}

#[test]
fn tcp_is_lost() {
    let (url, server) = serve_raw(drop::<TcpStream>);
    let run = json(&[&url]);
    let message = "the connection was lost: the peer ended it without a Close frame";
    run.expect(1, &[connected(&url), error("io", None, message)]);
    server.join().unwrap();
}

#[test]
fn tcp_is_lost_while_closing() {
    let (url, server) = serve_raw(|mut stream| assert_eq!(read_frame(&mut stream).0, 8));
    let run = run(&["--json", &url], Stdin::Pipe(b""));
    let message = "the connection was lost: the peer ended it without a Close frame";
    run.expect(1, &[connected(&url), error("io", None, message)]);
    server.join().unwrap();
}

#[test]
fn a_close_frame_before_the_loss_counts() {
    // The peer says why and resets while this side still sends.
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&close_frame(1008, "too much")).unwrap();
        answer_after_data(&mut stream);
    });
    let lines = "x\n".repeat(50_000);
    let run = run(&["--json", &url], Stdin::Pipe(lines.as_bytes()));
    run.expect(
        7,
        &[
            connected(&url),
            closed(Some(1008), "too much", "peer", true),
        ],
    );
    server.join().unwrap();
}

fn answer_after_data(stream: &mut TcpStream) {
    while read_frame(stream).0 != 8 {}
}

#[test]
fn the_peer_breaks_the_protocol() {
    let (run, url, code) = ending(&[], frame(0x09, b""));
    let message = "the peer sent a fragmented control frame";
    run.expect(
        5,
        &[connected(&url), error("protocol", Some(1002), message)],
    );
    assert_eq!(code, Some(1002));
}

#[test]
fn the_peer_sends_no_utf8() {
    let (run, url, code) = ending(&[], frame(0x81, b"a\xff"));
    let message = "the peer sent text that is not UTF-8";
    run.expect(5, &[connected(&url), error("utf8", Some(1007), message)]);
    assert_eq!(code, Some(1007));
}

#[test]
fn the_peer_sends_too_much() {
    let frames = || [frame(0x01, b"abc"), frame(0x80, b"def")].concat();
    let (run, url, code) = ending(&["--max-message", "5"], frames());
    let message = "a message of at least 6 bytes is over the limit of 5: see max_message_size";
    run.expect(5, &[connected(&url), error("too_big", Some(1009), message)]);
    assert_eq!(code, Some(1009));

    // Refused at its header: the payload does not come.
    let header = vec![0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0];
    let (run, url, code) = ending(&["--max-frame", "1000"], header);
    let message = "a frame of 4294967296 bytes is over the limit of 1000: see max_frame_size";
    run.expect(5, &[connected(&url), error("too_big", Some(1009), message)]);
    assert_eq!(code, Some(1009));
}

#[test]
fn nothing_arrives() {
    let (url, server) = serve_raw(|mut stream| answer_close(&mut stream));
    let begin = Instant::now();
    let run = json(&["--idle-timeout", "0.3", &url]);
    assert_took(begin, millis(300));
    let message = "nothing arrived from the peer within the idle deadline";
    run.expect(6, &[connected(&url), error("timeout", Some(1001), message)]);
    assert_eq!(server.join().unwrap(), Some(1001));
}

/// Found by ci/faults.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_on_stderr() {
    for event in [frame(0x81, b"never printed"), Vec::new()] {
        let (url, server) = serve_raw(move |mut stream| {
            stream.write_all(&event).unwrap();
            read_to_end(&mut stream);
        });
        let full = std::fs::File::create("/dev/full").unwrap();
        let output = crate::program::command(&["--json", &url])
            .stdin(std::process::Stdio::null())
            .stdout(full)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.starts_with("hybi: stdout: No space left"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(output.status.code(), Some(1));
        server.join().unwrap();
    }
}
