//! Ways through proxies: by option and by environment.

use std::{io::Write, process::Stdio, time::Instant};

use crate::{
    program::{Run, closed_here, command, connected, error, finish, json, text},
    support::{
        Server, assert_took, echo, millis, nobody, read_head, read_to_end, serve, serve_echo,
    },
};

const URL: &str = "ws://target.example/";

/// An HTTP proxy that is the server as well: its `host:port`, and the request
/// that it gets.
fn proxy() -> (String, Server<String>) {
    let server = serve(|mut stream| {
        let head = read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        echo(tungstenite::accept(stream).unwrap());
        head
    });
    (address(&server.0), server)
}

fn address(url: &str) -> String {
    url.trim_start_matches("ws://")
        .trim_end_matches('/')
        .to_owned()
}

/// `hybi --json -t x --count 1 ARGUMENTS` with these variables.
fn with(environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let arguments = [
        &["--json", "-t", "x", "--count", "1", "--no-compress"],
        arguments,
    ]
    .concat();
    let child = command(&arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    finish(child.unwrap())
}

#[track_caller]
fn works(run: &Run, url: &str) {
    run.expect(0, &[connected(url), text("x"), closed_here()]);
}

#[test]
fn by_option() {
    let (address, (_, server)) = proxy();
    let url = format!("http://user:s3cret@{address}");
    let environment = [("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "*")];
    let run = with(&environment, &["-vv", "-p", &url, URL]);
    works(&run, URL);
    let head = server.join().unwrap();
    assert!(
        head.starts_with("CONNECT target.example:80 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nProxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n"),
        "{head}"
    );
    assert!(run.stderr.contains("Proxy-Authorization"), "{run:?}");
    for secret in ["s3cret", "dXNlcjpzM2NyZXQ="] {
        assert!(!run.stderr.contains(secret), "{run:?}");
    }
}

#[test]
fn by_environment() {
    for name in ["http_proxy", "all_proxy", "ALL_PROXY", "ws_proxy"] {
        let (address, (_, server)) = proxy();
        works(&with(&[(name, &address)], &[URL]), URL);
        server.join().unwrap();
    }
    let nobody = nobody().to_string();
    for (environment, arguments) in [
        (&[("HTTP_PROXY", &*nobody)][..], &[][..]),
        (&[("https_proxy", &nobody)], &[]),
        (&[("http_proxy", "")], &[]),
        (&[("http_proxy", &nobody), ("no_proxy", "127.0.0.0/8")], &[]),
        (&[("http_proxy", &nobody), ("NO_PROXY", "x,*")], &[]),
        (&[("all_proxy", &nobody)], &["--no-proxy"]),
    ] {
        let (url, server) = serve_echo();
        let run = with(environment, &[arguments, &[&url]].concat());
        works(&run, &url);
        server.join().unwrap();
    }
}

#[test]
fn urls_that_are_none() {
    for url in [
        "ftp://user:s3cret@a",
        "http://user:s3cret@a b",
        "http://",
        "user:s3cret@",
    ] {
        let run = json(&["-p", url, URL]);
        run.expect_error(2, "usage", None);
        assert!(run.stderr.contains("-p, --proxy"), "{run:?}");
        assert!(!format!("{run:?}").contains("s3cret"), "{run:?}");
    }
    let run = with(&[("http_proxy", "ftp://user:s3cret@a")], &[URL]);
    run.expect_error(3, "proxy", None);
    assert!(run.stdout.contains("http_proxy"), "{run:?}");
    assert!(!format!("{run:?}").contains("s3cret"), "{run:?}");
}

#[test]
fn proxies_that_refuse() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        let answer = b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
        stream.write_all(answer).unwrap();
    });
    let proxy = address(&url);
    let run = json(&["-p", &proxy, URL]);
    server.join().unwrap();
    run.expect_error(3, "proxy", Some(407));
    let message = format!("proxy http://{proxy}: it refused with status 407 Who");
    assert!(run.stdout.contains(&message), "{run:?}");

    let nobody = format!("socks5h://{}", nobody());
    json(&["-p", &nobody, URL]).expect_error(3, "proxy", None);
}

#[test]
fn a_proxy_that_says_nothing() {
    let (url, server) = serve(|mut stream| read_to_end(&mut stream));
    let proxy = format!("socks4a://{}", address(&url));
    let begin = Instant::now();
    let run = json(&["--connect-timeout", "0.3", "-p", &proxy, URL]);
    assert_took(begin, millis(300));
    let message = format!("proxy {proxy}: no tunnel through it within 300ms");
    run.expect(6, &[error("timeout", None, &message)]);
    server.join().unwrap();
}
