//! Command lines that cannot be used: nothing is connected.

use std::net::TcpListener;

use crate::program::{Stdin, json, run};

/// `arguments` against a server that must not be reached.
#[track_caller]
fn refused(arguments: &[&str]) -> crate::program::Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let run = json(&[arguments, &[&url]].concat());
    assert!(listener.accept().is_err(), "{arguments:?} connected");
    run.expect_error(2, "usage", None);
    assert!(!run.stderr.is_empty(), "{arguments:?} said nothing");
    run
}

#[test]
fn what_can_not_be_sent() {
    let long = "x".repeat(126);
    for arguments in [
        ["-b", "0"],
        ["-b", "0g"],
        ["-b", "@/no/such/file"],
        ["--ping", &long],
        ["--count", "0"],
        ["--count", "x"],
        ["--sockopt", "TCP:NOSUCH=1"],
        ["--sockopt", "TCP"],
        ["--deflate", "no_such_parameter"],
        ["--deflate", "server_max_window_bits=16"],
        ["--cert", "/no/such/file"],
        ["--max-redirects", "-1"],
        ["--max-redirects", "x"],
        ["--no-such-option", "x"],
    ] {
        refused(&arguments);
    }
}

#[test]
fn headers_that_may_not_be_sent() {
    for name in [
        "Host",
        "upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Accept",
        "Sec-WebSocket-Extensions",
        "sec-websocket-protocol",
        "Content-Length",
        "Transfer-Encoding",
    ] {
        refused(&["-H", &format!("{name}: x")]);
    }
    for header in ["X", "", ": x", "X Y: z", "X: a\r\nY: b", "X: a\n", "X: a\r"] {
        refused(&["-H", header]);
    }
    refused(&["--cookie", "a\r\nb"]);
    refused(&["--origin", "a\nb"]);
    refused(&["--host", "a\nb"]);
    refused(&["-s", "a b"]);
    refused(&["-s", ""]);
}

#[test]
fn times_that_are_none() {
    for option in [
        "--eof-wait",
        "--connect-timeout",
        "--handshake-timeout",
        "--idle-timeout",
        "--close-timeout",
    ] {
        for time in ["x", "", "1s", "nan"] {
            refused(&[option, time]);
        }
    }
}

#[test]
fn keepalive_and_reconnecting() {
    for arguments in [
        &["--ping-interval", "0"][..],
        &["--ping-interval", "x"],
        &["--ping-timeout", "1"],
        &["--ping-interval", "1", "--ping-timeout", "0"],
        &["--reconnect=x"],
        &["--reconnect=-1"],
        &["--backoff", "1..2"],
        &["--reconnect", "--backoff", "1"],
        &["--reconnect", "--backoff", "2..1"],
        &["--reconnect", "--backoff", "..1"],
        &["--reconnect", "--backoff", "1.."],
        &["--reconnect", "--backoff", "-1..1"],
    ] {
        refused(arguments);
    }
}

#[test]
fn urls() {
    for url in [
        "http://a/",
        "ws://",
        "a",
        "ws://a/#b",
        "ws://a:99999/",
        "ws://[::1/",
    ] {
        json(&[url]).expect_error(2, "url", None);
    }
}

#[test]
fn secrets_in_a_bad_command_line_do_not_show() {
    for arguments in [
        ["-H", "Authorization: secret\n"],
        ["--cookie", "secret\n"],
        ["-H", "secret"],
        ["-u", "secret"],
    ] {
        let run = refused(&arguments);
        assert!(!format!("{run:?}").contains("secret"), "{run:?}");
    }
    let run = json(&["ws://user:secret@a b/"]);
    assert!(!format!("{run:?}").contains("secret"), "{run:?}");
}

#[test]
fn help_and_version() {
    let help = run(&["--help"], Stdin::Null);
    assert_eq!(help.status, Some(0));
    for option in ["--eof-wait", "--json", "--subprotocol", "--insecure"] {
        assert!(help.stdout.contains(option), "{option}");
    }
    let version = run(&["--version"], Stdin::Null);
    assert_eq!(version.status, Some(0));
    assert_eq!(
        version.stdout,
        format!("hybi {}\n", env!("CARGO_PKG_VERSION"))
    );
    let nothing = run(&[], Stdin::Null);
    assert_eq!(nothing.status, Some(2));
    assert_eq!(nothing.stdout, "");
}
