//! Output for people: plain, raw, timed, logged.

use std::{io::Write, process::Stdio};

use crate::{
    program::{Run, Stdin, answer_close, close_frame, command, finish, frame, run},
    support::{millis, serve_raw},
};

/// What it prints of a text, a binary message, a ping and a close.
fn printed(options: &[&str]) -> (Run, String) {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&frame(0x81, b"a\nb")).unwrap();
        stream.write_all(&frame(0x82, &[0x00, 0x41])).unwrap();
        stream.write_all(&frame(0x89, b"")).unwrap();
        stream.write_all(&close_frame(4000, "bye")).unwrap();
        answer_close(&mut stream);
    });
    let run = run(&[options, &[&url]].concat(), Stdin::Null);
    server.join().unwrap();
    assert_eq!(run.status, Some(7));
    (run, url)
}

#[test]
fn plain() {
    let (run, url) = printed(&[]);
    assert_eq!(run.stdout, "< a\nb\n< binary, 2 bytes: 0041\n");
    let status = "closed by the peer: 4000 (unregistered), bye";
    assert_eq!(run.stderr, format!("connected to {url}\n{status}\n"));
}

#[test]
fn raw_is_the_payload_and_a_newline() {
    let (run, _) = printed(&["--raw"]);
    assert_eq!(run.stdout, "a\nb\n\0A\n");
    assert_eq!(run.stderr, "closed by the peer: 4000 (unregistered), bye\n");
}

#[test]
fn timings_stand_before_each_line() {
    let (run, _) = printed(&["--json", "--timings"]);
    assert_eq!(run.lines().len(), 5);
    for line in run.lines() {
        let (time, event) = line.split_once(' ').unwrap();
        let (seconds, fraction) = time.split_once('.').unwrap();
        assert!(seconds.parse::<u32>().unwrap() < 20, "{line}");
        assert!(
            fraction.len() == 3 && fraction.parse::<u16>().is_ok(),
            "{line}"
        );
        assert!(event.starts_with(r#"{"event":""#), "{line}");
    }
}

#[test]
fn verbose_shows_frames_and_heads_but_no_secrets() {
    let secrets = [
        "-H",
        "Authorization: Bearer s3cret",
        "--cookie",
        "id=s3cret",
    ];
    let (run, _) = printed(&[&["-vv", "--json"], &secrets[..]].concat());
    assert_eq!(run.lines().len(), 5);
    for words in [
        "Sec-WebSocket-Key",
        "Authorization: ",
        "Cookie: ",
        "Upgrade",
        "Text",
        "Ping",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
}

#[test]
fn insecure_warns() {
    let url = format!("wss://{}/", crate::support::nobody());
    let run = run(&["--json", "-k", &url], Stdin::Null);
    run.expect_error(1, "connect", None);
    assert!(run.stderr.contains("NOT verified"), "{}", run.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (url, server) = serve_raw(|mut stream| {
        std::thread::sleep(millis(200));
        // The first line finds nobody; no second one is needed.
        stream.write_all(&frame(0x81, b"x")).unwrap();
        crate::support::read_frame(&mut stream)
    });
    let mut child = command(&["--json", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = finish(child);
    assert_eq!((run.status, &*run.stderr), (Some(1), ""));
    // The peer is told.
    assert_eq!(server.join().unwrap().0, 8);
}
