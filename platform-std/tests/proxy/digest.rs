//! HTTP proxies that want a Digest (RFC 7616).

use std::{
    fmt::Write as _,
    io::Write,
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Instant,
};

use md5::{Digest, Md5};

use crate::{
    support::{echo, millis, read_head, read_to_end},
    talk, through,
};

/// The response (§3.4.1) for what else stands in `head`, and `user:secret`.
fn digest(head: &str) -> String {
    let md5 = |text: String| {
        let mut hexadecimal = String::new();
        for byte in Md5::digest(text.as_bytes()) {
            write!(hexadecimal, "{byte:02x}").unwrap();
        }
        hexadecimal
    };
    let parameter = |name: &str| {
        let (_, rest) = head.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let (nonce, cnonce) = (parameter("nonce"), parameter("cnonce"));
    let secret = md5("user:the realm:secret".to_owned());
    let request = md5("CONNECT:target.example:80".to_owned());
    md5(format!("{secret}:{nonce}:00000001:{cnonce}:auth:{request}"))
}

/// A proxy that challenges with one after the other, then opens the tunnel;
/// the requests that it got.
fn challenging(challenges: &[&'static str]) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://user:secret@{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let challenges = challenges.to_vec();
    let proxy = thread::spawn(move || {
        let mut challenges = challenges.into_iter();
        let mut heads = Vec::new();
        let mut last = Instant::now();
        while last.elapsed() < millis(500) {
            let Ok((mut stream, _)) = listener.accept() else {
                thread::sleep(millis(2));
                continue;
            };
            stream.set_nonblocking(false).unwrap();
            heads.push(read_head(&mut stream));
            let Some(challenge) = challenges.next() else {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                echo(tungstenite::accept(stream).unwrap());
                break;
            };
            let head = format!("HTTP/1.1 407 Who\r\nProxy-Authenticate: {challenge}\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            read_to_end(&mut stream);
            last = Instant::now();
        }
        heads
    });
    (url, proxy)
}

const FIRST: &str = r#"Basic realm="x", Digest realm="the realm", nonce="one", qop="auth""#;
const STALE: &str = r#"Digest realm="the realm", nonce="two", qop="auth", stale=true"#;

#[test]
fn it_is_answered_over_a_new_connection() {
    for challenges in [&[FIRST][..], &[FIRST, STALE]] {
        let (url, proxy) = challenging(challenges);
        talk(through("ws://target.example/", &url).connect().unwrap());
        let heads = proxy.join().unwrap();
        assert_eq!(heads.len(), challenges.len() + 1);
        assert!(heads[0].contains("\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
        for head in &heads[1..] {
            for part in [
                "\r\nProxy-Authorization: Digest username=\"user\"",
                "uri=\"target.example:80\"",
                &format!("response=\"{}\"", digest(head)),
            ] {
                assert!(head.contains(part), "{part}: {head}");
            }
        }
    }
}

#[test]
fn what_is_refused_is_not_said_again() {
    for (challenges, asked) in [
        (&[FIRST, FIRST][..], 2),
        (&[FIRST, STALE, STALE], 3),
        (&[r#"Basic realm="x""#], 1),
        (&["Negotiate"], 1),
    ] {
        let (url, proxy) = challenging(challenges);
        let error = through("ws://target.example/", &url).connect().unwrap_err();
        assert_eq!(error.status(), Some(407), "{error:?}");
        assert_eq!(proxy.join().unwrap().len(), asked);
    }
}
