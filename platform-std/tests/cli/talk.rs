//! Messages, both ways.

use std::{fs, io::Write, net::TcpStream};

use crate::{
    program::{
        Stdin, answer_close, close_frame, closed, closed_here, connected, frame, json, run, text,
    },
    support::{accept, header, read_frame, serve, serve_echo, serve_raw},
};

#[test]
fn text_is_echoed() {
    let (url, server) = serve_echo();
    let run = json(&["-t", "hello, \"wörld\" 🦀", "--count", "1", &url]);
    let echoed = text("hello, \\\"wörld\\\" 🦀");
    run.expect(0, &[connected(&url), echoed, closed_here()]);
    assert_eq!(run.stderr, "");
    server.join().unwrap();
}

#[test]
fn binary_is_echoed() {
    let (url, server) = serve_echo();
    let run = json(&["-b", "00FF10", "-b", "", "--count", "2", &url]);
    run.expect(
        0,
        &[
            connected(&url),
            r#"{"event":"binary","base64":"AP8Q"}"#.into(),
            r#"{"event":"binary","base64":""}"#.into(),
            closed_here(),
        ],
    );
    server.join().unwrap();
}

#[test]
fn a_file_is_one_message() {
    let path = std::env::temp_dir().join(format!("hybi-cli-{}", std::process::id()));
    fs::write(&path, b"from a file").unwrap();
    let (url, server) = serve_echo();
    let run = json(&["-b", &format!("@{}", path.display()), "--count", "1", &url]);
    fs::remove_file(path).unwrap();
    let binary = r#"{"event":"binary","base64":"ZnJvbSBhIGZpbGU="}"#;
    run.expect(0, &[connected(&url), binary.into(), closed_here()]);
    server.join().unwrap();
}

#[test]
fn pings_and_pongs_are_events() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_frame(&mut stream), (9, b"hey".to_vec()));
        stream.write_all(&frame(0x8a, b"hey")).unwrap();
        stream.write_all(&frame(0x89, b"there?")).unwrap();
        assert_eq!(read_frame(&mut stream), (10, b"there?".to_vec()));
        stream.write_all(&close_frame(1000, "")).unwrap();
        answer_close(&mut stream)
    });
    let run = json(&["--ping", "hey", &url]);
    run.expect(
        0,
        &[
            connected(&url),
            r#"{"event":"pong","base64":"aGV5"}"#.into(),
            r#"{"event":"ping","base64":"dGhlcmU/"}"#.into(),
            closed(Some(1000), "", "peer", true),
        ],
    );
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn the_order_is_that_of_the_command_line() {
    let (url, server) = serve_raw(|mut stream| {
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(read_frame(&mut stream));
        }
        answer_close(&mut stream);
        seen
    });
    let run = run(
        &[
            "--json", "-t", "-one", "--ping", "2", &url, "-b", "03", "--text", "", "--ping=5",
        ],
        Stdin::Pipe(b"six\n"),
    );
    run.expect(0, &[connected(&url), closed_here()]);
    let expected: [(u8, &[u8]); 6] = [
        (1, b"-one"),
        (9, b"2"),
        (2, &[3]),
        (1, b""),
        (9, b"5"),
        (1, b"six"),
    ];
    let seen = server.join().unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(|(opcode, data)| (*opcode, &**data))
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn echo_sends_everything_back() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&frame(0x81, b"one")).unwrap();
        stream.write_all(&frame(0x82, &[2])).unwrap();
        let seen = [read_frame(&mut stream), read_frame(&mut stream)];
        stream.write_all(&close_frame(1000, "done")).unwrap();
        answer_close(&mut stream);
        seen
    });
    let run = json(&["--echo", &url]);
    run.expect(
        0,
        &[
            connected(&url),
            text("one"),
            r#"{"event":"binary","base64":"Ag=="}"#.into(),
            closed(Some(1000), "done", "peer", true),
        ],
    );
    assert_eq!(server.join().unwrap(), [(1, b"one".to_vec()), (2, vec![2])]);
}

#[test]
fn count_ends_it_and_hides_the_rest() {
    let (url, server) = serve_raw(|mut stream| {
        for _ in 0..5 {
            stream.write_all(&frame(0x81, b"x")).unwrap();
        }
        answer_close(&mut stream)
    });
    json(&["--count", "3", &url]).expect(
        0,
        &[
            connected(&url),
            text("x"),
            text("x"),
            text("x"),
            closed_here(),
        ],
    );
    assert_eq!(server.join().unwrap(), Some(1000));
}

#[test]
fn a_subprotocol_and_headers_are_asked_for() {
    let (url, server) = serve(|mut stream| {
        let head = crate::support::read_head(&mut stream);
        let key = header(&head, "Sec-WebSocket-Key").unwrap();
        let accept = crate::support::derive_accept_key(key.as_bytes());
        let response = format!(
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(response.as_bytes()).unwrap();
        stream.write_all(&frame(0x88, b"")).unwrap();
        answer_close(&mut stream);
        head
    });
    let options = [
        "-s",
        "superchat",
        "-s",
        "chat",
        "-H",
        "X-One: a: b, c",
        "--header",
        "X-Two:",
        "-o",
        "https://o.test",
        "--host",
        "h.test:1",
        "--cookie",
        "a=b; c=d",
    ];
    let run = json(&[&options[..], &[&url]].concat());
    assert_eq!(
        run.lines()[0],
        connected(&url).replace(r#""subprotocol":null"#, r#""subprotocol":"chat""#)
    );
    assert_eq!(run.lines()[1], closed(None, "", "peer", true));
    assert_eq!(run.status, Some(0));
    let head = server.join().unwrap();
    for (name, value) in [
        ("Host", "h.test:1"),
        ("Origin", "https://o.test"),
        ("Cookie", "a=b; c=d"),
        ("Sec-WebSocket-Protocol", "superchat, chat"),
        ("X-One", "a: b, c"),
        ("X-Two", ""),
    ] {
        assert_eq!(header(&head, name), Some(value), "{head}");
    }
}

/// What is offered with these options, and what `connected` shows when the
/// server accepts `answer`.
fn offered(options: &[&str], answer: &'static str) -> (Option<String>, String) {
    let (url, server) = serve(move |mut stream| {
        let head = crate::support::read_head(&mut stream);
        let key = header(&head, "Sec-WebSocket-Key").unwrap();
        let accept = crate::support::derive_accept_key(key.as_bytes());
        let response = format!(
            "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             {answer}Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(response.as_bytes()).unwrap();
        stream.write_all(&frame(0x88, b"")).unwrap();
        answer_close(&mut stream);
        header(&head, "Sec-WebSocket-Extensions").map(str::to_owned)
    });
    let run = json(&[options, &[&url]].concat());
    assert_eq!(run.status, Some(0), "{run:?}");
    let line = run.lines()[0].replace(&url, "URL");
    (server.join().unwrap(), line)
}

#[test]
fn compression_is_offered_unless_it_is_not_to_be() {
    let (offer, line) = offered(&[], "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert!(offer.unwrap().starts_with("permessage-deflate"));
    let expected = connected("URL").replace(
        r#""extensions":null"#,
        r#""extensions":"permessage-deflate""#,
    );
    assert_eq!(line, expected);

    let (offer, line) = offered(&[], "");
    assert!(offer.is_some());
    assert_eq!(line, connected("URL"));

    let (offer, line) = offered(&["--no-compress"], "");
    assert_eq!(offer, None);
    assert_eq!(line, connected("URL"));

    let parameters = "server_max_window_bits=10; client_no_context_takeover";
    let (offer, _) = offered(&["--deflate", parameters], "");
    let offer = offer.unwrap();
    for part in parameters.split("; ") {
        assert!(offer.contains(part), "{offer}");
    }
}

#[test]
fn userinfo_does_not_show() {
    let (url, server) = serve_echo();
    let secret = url.replace("ws://", "ws://user:secret@");
    let run = run(&["--json", "-vv", &secret], Stdin::Pipe(b""));
    let shown = url.replace("ws://", "ws://***@");
    run.expect(0, &[connected(&shown), closed_here()]);
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    server.join().unwrap();
}

#[test]
fn sixteen_mebibytes_there_and_back() {
    let path = std::env::temp_dir().join(format!("hybi-cli-16m-{}", std::process::id()));
    fs::write(&path, vec![0x61; 16 << 20]).unwrap();
    let (url, server) = serve_echo();
    let run = json(&["-b", &format!("@{}", path.display()), "--count", "1", &url]);
    fs::remove_file(path).unwrap();
    let base64 = "YWFh".repeat((16 << 20) / 3) + "YQ==";
    let binary = format!(r#"{{"event":"binary","base64":"{base64}"}}"#);
    run.expect(0, &[connected(&url), binary, closed_here()]);
    server.join().unwrap();
}

/// Both sides write without reading: someone has to read meanwhile.
#[test]
fn both_sides_send_at_once() {
    const SIZE: usize = 16 << 20;
    let path = std::env::temp_dir().join(format!("hybi-cli-both-{}", std::process::id()));
    fs::write(&path, vec![0x61; SIZE]).unwrap();
    let (url, server) = serve(|mut stream: TcpStream| {
        accept(&mut stream);
        let len = u64::try_from(SIZE).unwrap().to_be_bytes();
        stream
            .write_all(&[&[0x82, 127], &len[..]].concat())
            .unwrap();
        stream.write_all(&vec![0x62; SIZE]).unwrap();
        // Only now does it read.
        let config = tungstenite::protocol::WebSocketConfig::default();
        let role = tungstenite::protocol::Role::Server;
        let mut socket = tungstenite::WebSocket::from_raw_socket(stream, role, Some(config));
        let received = socket.read().unwrap().len();
        socket.close(None).unwrap();
        while socket.read().is_ok() {}
        received
    });
    let run = json(&["-b", &format!("@{}", path.display()), &url]);
    fs::remove_file(path).unwrap();
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(run.lines()[2], closed(None, "", "peer", true));
    assert_eq!(server.join().unwrap(), SIZE);
}
