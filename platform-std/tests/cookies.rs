//! The cookie jar: what servers set while connecting, and who gets it.

#![cfg(feature = "cookies")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use hybi_std::{Builder, CookieJar, Kind, builder};
use support::{
    header,
    origin::{Answer, Origin, accepted, refuse},
};

fn set(lines: &[&str]) -> Answer {
    let lines = lines.iter().map(|line| format!("Set-Cookie: {line}\r\n"));
    Answer::Accept(lines.collect())
}

/// The `Cookie` headers of a request.
fn cookies(head: &str) -> Vec<&str> {
    head.lines()
        .filter_map(|line| line.strip_prefix("Cookie: "))
        .collect()
}

#[test]
fn every_response_feeds_the_jar() {
    let origin = Origin::new();
    let url = origin.url("/a/b");
    let heads = origin.answer([
        refuse("302 F", &["Location: /a/c", "Set-Cookie: one=1; Path=/"]),
        set(&["two=2", "three=3; Path=/a/"]),
        refuse(
            "403 F",
            &["Set-Cookie: four=4", "set-cookie: one=; Max-Age=0; Path=/"],
        ),
        accepted(),
    ]);
    let jar = CookieJar::new();
    let builder = builder(&url).cookie_jar(&jar).max_redirects(1);
    drop(builder.connect().unwrap());
    assert_eq!(builder.connect().unwrap_err().kind(), Kind::Handshake);
    assert_eq!(jar.len(), 3);
    drop(builder.connect().unwrap());
    let heads = heads.join().unwrap();
    assert_eq!(cookies(&heads[0]), [""; 0]);
    assert_eq!(cookies(&heads[1]), ["one=1"]);
    // Longer paths first.
    assert_eq!(cookies(&heads[2]), ["three=3; two=2; one=1"]);
    assert_eq!(cookies(&heads[3]), ["three=3; two=2; four=4"]);
    let shown = format!("{builder:?} {jar:?}");
    assert!(!shown.contains("three"), "{shown}");
}

#[test]
fn nothing_is_kept_unless_asked_for() {
    let origin = Origin::new();
    let url = origin.url("/");
    let heads = origin.answer([set(&["a=1"]), accepted()]);
    for _ in 0..2 {
        drop(builder(&url).connect().unwrap());
    }
    assert_eq!(cookies(&heads.join().unwrap()[1]), [""; 0]);
}

#[test]
fn the_callers_own_cookies_are_merged_into_one_header() {
    for (own, expected) in [
        (
            (|b| b.cookie("a=own; b=own")) as fn(Builder) -> Builder,
            "a=own; b=own; c=jar",
        ),
        (|b| b.header("cookie", "b=own"), "b=own; a=jar; c=jar"),
        (
            |b| b.secret_header("COOKIE", "c=own"),
            "c=own; a=jar; b=jar",
        ),
        (|b| b, "a=jar; b=jar; c=jar"),
    ] {
        let origin = Origin::new();
        let url = origin.url("/");
        let heads = origin.answer([accepted()]);
        let jar = CookieJar::new();
        for cookie in ["a=jar", "b=jar", "c=jar"] {
            assert!(jar.set(&url, cookie));
        }
        drop(own(builder(&url)).cookie_jar(&jar).connect().unwrap());
        let heads = heads.join().unwrap();
        let all: Vec<_> = heads[0]
            .lines()
            .filter(|line| line.to_lowercase().starts_with("cookie:"))
            .collect();
        assert_eq!(all, [format!("Cookie: {expected}")]);
    }
}

#[test]
fn another_origin_gets_its_own_cookies_only() {
    let (first, second) = (Origin::new(), Origin::new());
    // Cookies do not know ports: two names for one machine, then.
    let there = second.url("/").replace("127.0.0.1", "localhost");
    let url = first.url("/");
    let jar = CookieJar::new();
    assert!(jar.set(&url, "here=1"));
    assert!(jar.set(&there, "there=2"));
    let first = first.answer([refuse("302 F", &[&format!("Location: {there}")])]);
    let second = second.answer([accepted()]);
    let socket = builder(&url)
        .cookie("own=3")
        .cookie_jar(&jar)
        .max_redirects(1)
        .connect();
    drop(socket.unwrap());
    assert_eq!(cookies(&first.join().unwrap()[0]), ["own=3; here=1"]);
    assert_eq!(cookies(&second.join().unwrap()[0]), ["there=2"]);
}

#[test]
fn a_cookie_too_strange_to_send_does_no_harm() {
    let origin = Origin::new();
    let url = origin.url("/");
    let heads = origin.answer([
        set(&["=", "", ";", "a", "\u{e9}=\u{fc}", "b=\tx"]),
        accepted(),
    ]);
    let jar = CookieJar::new();
    for _ in 0..2 {
        drop(builder(&url).cookie_jar(&jar).connect().unwrap());
    }
    let head = &heads.join().unwrap()[1];
    assert!(header(head, "Cookie").unwrap().contains("b=x"), "{head}");
}

#[test]
fn who_gets_what() {
    let jar = CookieJar::new();
    let url = "wss://www.example.com/a/b";
    for (cookie, stored) in [
        ("host=1", true),
        ("domain=2; Domain=example.com; Path=/", true),
        ("secure=3; Secure; Path=/; HttpOnly", true),
        ("path=4; Path=/a/b/c", true),
        ("x=5; Domain=other.example", false),
        ("x=6; Domain=com", false),
        ("x=7; Domain=www.example.com.evil", false),
        ("x=8; Domain=sub.www.example.com", false),
        ("x=9; Max-Age=0", false),
        ("__Host-a=10; Secure; Path=/", true),
        ("__Host-b=11; Secure; Path=/; Domain=www.example.com", false),
        ("__Host-c=12; Secure", false),
        ("__secure-d=13", false),
        ("", false),
    ] {
        let before = jar.len();
        assert_eq!(
            jar.set(url, cookie) && jar.len() > before,
            stored,
            "{cookie}"
        );
    }
    assert!(!jar.set("ws://www.example.com/", "x=1; Secure"));
    assert!(!jar.set("no url", "x=1"));
    for (url, expected) in [
        (
            "wss://www.example.com/a/x",
            Some("host=1; domain=2; secure=3; __Host-a=10"),
        ),
        (
            "https://www.example.com/",
            Some("domain=2; secure=3; __Host-a=10"),
        ),
        ("ws://www.example.com/a/", Some("host=1; domain=2")),
        ("ws://www.example.com:81/ab", Some("domain=2")),
        (
            "ws://www.example.com/a/b/c/d",
            Some("path=4; host=1; domain=2"),
        ),
        ("ws://EXAMPLE.com/", Some("domain=2")),
        ("ws://x.www.example.com/a/", Some("domain=2")),
        ("ws://xexample.com/", None),
        ("ws://example.com.evil/", None),
        ("ws://1.2.3.4/", None),
        ("nonsense", None),
    ] {
        let header = jar.header(url);
        // Which of several domains comes first is open.
        let sorted = |text: &str| {
            let mut pairs: Vec<_> = text.split("; ").map(str::to_owned).collect();
            pairs.sort_unstable();
            pairs
        };
        assert_eq!(header.as_deref().map(sorted), expected.map(sorted), "{url}");
    }
    jar.clear();
    assert!(jar.is_empty());
}

#[test]
fn a_jar_outlives_the_program() {
    let jar = CookieJar::new();
    let url = "wss://example.com/";
    assert!(jar.set(url, "long=1; Max-Age=3600; Secure"));
    assert!(jar.set(url, "session=2"));
    let (mut lasting, mut all) = (Vec::new(), Vec::new());
    jar.to_writer(&mut lasting).unwrap();
    jar.to_writer_with_session(&mut all).unwrap();
    let lasting = CookieJar::from_reader(&*lasting).unwrap();
    assert_eq!(lasting.header(url).as_deref(), Some("long=1"));
    assert_eq!(lasting.header("ws://example.com/"), None);
    let all = CookieJar::from_reader(&*all).unwrap();
    assert_eq!(all.header(url).as_deref(), Some("long=1; session=2"));
    for bad in ["", "{", "[1]", "[{\"raw_cookie\":\"a\"}]"] {
        assert!(CookieJar::from_reader(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn public_suffixes() {
    let list = "// ===BEGIN ICANN DOMAINS===\nuk\nco.uk\n// ===END ICANN DOMAINS===\n";
    let jar = CookieJar::new();
    let url = "ws://shop.co.uk/";
    assert!(
        jar.set(url, "a=1; Domain=co.uk"),
        "who has no list cannot know"
    );
    let jar = CookieJar::new().public_suffixes(list).unwrap();
    assert!(!jar.set(url, "a=1; Domain=co.uk"));
    assert!(jar.set(url, "a=1; Domain=shop.co.uk"));
    assert!(CookieJar::new().public_suffixes("no list").is_err());
}

#[test]
fn a_jar_is_not_filled_without_end() {
    let jar = CookieJar::new();
    let url = "ws://example.com/";
    for n in 0..1000 {
        assert!(jar.set(url, &format!("c{n}=1; Max-Age=3600")));
    }
    assert!(!jar.set(url, "more=1"));
    // What is there may change, and one that expires makes room.
    assert!(jar.set(url, "c8=2"));
    assert!(jar.set(url, "c7=1; Max-Age=0"));
    assert_eq!(jar.len(), 999);
    assert!(jar.set(url, "more=1"));
    assert!(!jar.set(url, "yet-more=1"));
}
