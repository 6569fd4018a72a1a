//! Redirects: where they lead, what does not go there, and why not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{Builder, ConnectError, Kind, RedirectError, builder};
use support::{
    header, millis,
    origin::{Origin, accepted, challenge, redirect, refuse},
    read_head, read_to_end, serve,
    tls::{Identity, authority, params, serve_with, server_config, trusting},
};

#[track_caller]
fn reason(error: &ConnectError) -> RedirectError {
    let ConnectError::Redirect { reason, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.kind(), Kind::Redirect);
    assert!(error.status().is_some());
    *reason
}

#[test]
fn every_status_and_a_relative_location() {
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        let origin = Origin::new();
        let url = origin.url("/a/b?x=1");
        let end = origin.url("/a/c?y=2");
        let heads = origin.answer([refuse(status, &["Location: c?y=2"]), accepted()]);
        let socket = builder(url)
            .header("X-Kept", "yes")
            .header("Authorization", "kept")
            .cookie("kept=1")
            .max_redirects(1)
            .connect()
            .unwrap();
        assert_eq!(socket.url(), end, "{status}");
        drop(socket);
        let heads = heads.join().unwrap();
        assert!(
            heads[1].starts_with("GET /a/c?y=2 HTTP/1.1\r\n"),
            "{heads:?}"
        );
        // The same origin: all of it goes along, and the key is a new one.
        for name in ["X-Kept", "Authorization", "Cookie", "Host"] {
            assert_eq!(header(&heads[0], name), header(&heads[1], name), "{name}");
        }
        let key = |head| header(head, "Sec-WebSocket-Key").unwrap().to_owned();
        assert_ne!(key(&heads[0]), key(&heads[1]));
    }
}

#[test]
fn http_in_a_location_is_ws() {
    let (first, second) = (Origin::new(), Origin::new());
    let location = second.url("/x#fragment").replace("ws:", "http:");
    let end = second.url("/x");
    let url = first.url("/");
    let (first, second) = (
        first.answer([redirect(&location)]),
        second.answer([accepted()]),
    );
    let socket = builder(url).max_redirects(5).connect().unwrap();
    assert_eq!(socket.url(), end);
    drop(socket);
    first.join().unwrap();
    let heads = second.join().unwrap();
    assert!(heads[0].starts_with("GET /x HTTP/1.1\r\n"), "{heads:?}");
}

fn full_of_secrets(url: &str) -> Builder {
    builder(url.replace("ws://", "ws://user:secret@"))
        .header("X-Kept", "yes")
        .header("Authorization", "Bearer secret")
        .header("PROXY-AUTHORIZATION", "secret")
        .secret_header("X-Key", "secret")
        .cookie("secret=1")
        .origin("https://kept.example")
        .host("virtual.example")
        .subprotocol("kept")
        .max_redirects(5)
}

#[test]
fn secrets_stay_with_their_origin_also_on_the_way_back() {
    let (first, second) = (Origin::new(), Origin::new());
    let there = second.url("/x");
    let there = there.replace("ws://", "ws://their:choice@");
    let (url, back) = (first.url("/"), first.url("/back"));
    let first = first.answer([redirect("/same"), redirect(&there), accepted()]);
    let second = second.answer([redirect(&back)]);
    // The server chooses no subprotocol, which is allowed.
    let socket = full_of_secrets(&url).connect().unwrap();
    assert_eq!(socket.url(), back);
    drop(socket);
    let (first, second) = (first.join().unwrap(), second.join().unwrap());
    for head in &first[..2] {
        assert_eq!(head.matches("secret").count(), 4, "{head}");
        assert_eq!(header(head, "Host"), Some("virtual.example"));
    }
    for head in [&first[2], &second[0]] {
        assert!(
            !head.contains("secret") && !head.contains("Authorization"),
            "{head}"
        );
        assert_ne!(header(head, "Host"), Some("virtual.example"));
        assert_eq!(header(head, "X-Kept"), Some("yes"));
        assert_eq!(header(head, "Origin"), Some("https://kept.example"));
        assert_eq!(header(head, "Sec-WebSocket-Protocol"), Some("kept"));
    }
}

#[test]
fn another_origin_gets_no_answer_to_its_challenge() {
    let (first, second) = (Origin::new(), Origin::new());
    let (url, there) = (first.url("/"), second.url("/"));
    let first = first.answer([redirect(&there)]);
    let second = second.answer([challenge(&["Basic realm=\"give me\""])]);
    let error = builder(url)
        .credentials("user", "secret")
        .authenticate(|_| panic!("asked for another origin"))
        .basic_at_once(true)
        .max_redirects(1)
        .connect()
        .unwrap_err();
    assert_eq!(error.status(), Some(401));
    let (first, second) = (first.join().unwrap(), second.join().unwrap());
    assert!(header(&first[0], "Authorization").is_some());
    assert_eq!(header(&second[0], "Authorization"), None);
}

#[test]
fn off_unless_allowed() {
    let origin = Origin::new();
    let url = origin.url("/");
    let heads = origin.answer([redirect("wss://user:secret@b.example/x")]);
    let error = builder(url).connect().unwrap_err();
    assert_eq!(reason(&error), RedirectError::Off);
    let text = format!("{error} {error:?}");
    assert!(text.contains("wss://***@b.example/x"), "{text}");
    assert!(!text.contains("secret"), "{text}");
    assert_eq!(heads.join().unwrap().len(), 1);
}

#[test]
fn a_loop_ends_at_the_limit() {
    for limit in [1, 3] {
        let origin = Origin::new();
        let url = origin.url("/");
        let heads = origin.answer(vec![redirect("/"); limit as usize + 1]);
        let error = builder(url).max_redirects(limit).connect().unwrap_err();
        assert_eq!(reason(&error), RedirectError::TooMany { limit });
        assert_eq!(heads.join().unwrap().len(), limit as usize + 1);
    }
}

#[test]
fn locations_that_lead_nowhere() {
    for (answer, expected) in [
        (refuse("302 Found", &[]), RedirectError::MissingLocation),
        (redirect(""), RedirectError::InvalidLocation),
        (redirect("ftp://a/"), RedirectError::InvalidLocation),
        (redirect("ws://a:99999/"), RedirectError::InvalidLocation),
        (redirect("ws://\u{ad}/"), RedirectError::InvalidLocation),
        (redirect("ws://%20/"), RedirectError::InvalidLocation),
        (
            redirect("ws://127.0.0.1:0/"),
            RedirectError::InvalidLocation,
        ),
    ] {
        let origin = Origin::new();
        let url = origin.url("/");
        let heads = origin.answer([answer.clone()]);
        let error = builder(url).max_redirects(3).connect().unwrap_err();
        assert_eq!(reason(&error), expected, "{answer:?}");
        heads.join().unwrap();
    }
}

#[test]
fn other_statuses_are_refusals() {
    for status in ["300 Multiple", "304 Not Modified", "305 Use Proxy"] {
        let origin = Origin::new();
        let url = origin.url("/");
        let heads = origin.answer([refuse(status, &["Location: /x"])]);
        let error = builder(url).max_redirects(3).connect().unwrap_err();
        assert_eq!(error.kind(), Kind::Handshake, "{error:?}");
        heads.join().unwrap();
    }
}

#[test]
fn never_from_wss_to_ws() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let target = Origin::new();
    for scheme in ["ws", "http"] {
        let location = target.url("/").replace("ws:", &format!("{scheme}:"));
        let (port, server) = serve_with(server_config(&identity), move |mut stream| {
            read_head(&mut stream);
            let text = format!("HTTP/1.1 302 F\r\nLocation: {location}\r\n\r\n");
            stream.write_all(text.as_bytes()).unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        });
        let error = builder(format!("wss://localhost:{port}/"))
            .tls(trusting(&authority.pem()))
            .max_redirects(3)
            .connect()
            .unwrap_err();
        assert_eq!(reason(&error), RedirectError::Downgrade);
        server.join().unwrap();
    }
}

#[test]
fn from_ws_to_wss_and_on() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        let head = support::accept(&mut stream);
        read_to_end(&mut stream);
        head
    });
    let origin = Origin::new();
    let url = origin.url("/");
    let heads = origin.answer([redirect(&format!("https://localhost:{port}/x"))]);
    let tls = hybi_std::Tls::builder()
        .roots(hybi_std::tls::Roots::Added)
        .add_root_pem(authority.pem().as_bytes())
        .unwrap()
        // For the first server, were it one with TLS.
        .server_name("first.example")
        .build()
        .unwrap();
    let socket = builder(url)
        .header("Authorization", "secret")
        .tls(tls)
        .max_redirects(1)
        .connect()
        .unwrap();
    assert!(socket.stream().is_tls());
    assert_eq!(socket.url(), format!("wss://localhost:{port}/x"));
    drop(socket);
    heads.join().unwrap();
    let head = server.join().unwrap().unwrap();
    assert!(!head.contains("secret"), "{head}");
}

#[test]
fn a_prepared_stream_leads_nowhere_else() {
    let origin = Origin::new();
    let (url, address) = (origin.url("/"), origin.address());
    let heads = origin.answer([redirect("/x")]);
    let stream = TcpStream::connect(address).unwrap();
    let error = builder(url)
        .max_redirects(3)
        .connect_over(stream)
        .unwrap_err();
    assert_eq!(reason(&error), RedirectError::Prepared);
    heads.join().unwrap();
}

/// Each attempt has the deadlines for itself.
#[test]
fn deadlines_are_those_of_each_attempt() {
    let (silent, server) = serve(|mut stream| {
        read_head(&mut stream);
        read_to_end(&mut stream);
    });
    let (url, first) = serve(move |mut stream| {
        read_head(&mut stream);
        thread::sleep(millis(100));
        let text = format!("HTTP/1.1 302 F\r\nLocation: {silent}\r\n\r\n");
        stream.write_all(text.as_bytes()).unwrap();
    });
    let begin = Instant::now();
    let error = builder(url)
        .max_redirects(1)
        .handshake_timeout(millis(150))
        .connect()
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    support::assert_took(begin, millis(250));
    assert!(begin.elapsed() < Duration::from_secs(2));
    first.join().unwrap();
    server.join().unwrap();
}
