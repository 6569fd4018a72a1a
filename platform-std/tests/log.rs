//! The log: heads and frames are traced, secrets are not.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::sync::Mutex;

use hybi_std::{CloseCode, builder};
use log::{LevelFilter, Log, Metadata, Record};
use support::{
    nobody,
    origin::{Answer, Origin, accepted, challenge, redirect, refuse},
};

/// Everything that anybody logs, dependencies included.
struct Kept(Mutex<String>);

static KEPT: Kept = Kept(Mutex::new(String::new()));

impl Log for Kept {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        self.0.lock().unwrap().push_str(&line);
    }

    fn flush(&self) {}
}

/// One test, since a process has one log.
#[test]
fn no_secret_is_logged() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Trace);
    let (first, second) = (Origin::new(), Origin::new());
    let there = second.url("/there");
    let with_user = there.replace("ws://", "ws://user:secret@");
    let url = first.url("/").replace("ws://", "ws://user:secret@");
    let first = first.answer([
        challenge(&["Digest realm=\"r\", nonce=\"n\", qop=\"auth\""]),
        redirect("/next"),
        challenge(&["Basic realm=\"r\""]),
        refuse(
            "302 Found",
            &[
                &format!("Location: {with_user}"),
                "Set-Cookie: session=secret",
                "Set-Cookie: session=secret; Secure; Domain=secret.example",
            ],
        ),
    ]);
    let lines = "X-Seen: yes\r\nSet-Cookie: id=secret; HttpOnly\r\n";
    let second = second.answer([Answer::Accept(lines.to_owned()), accepted()]);
    let builder = builder(url)
        .header("X-Seen", "also")
        .secret_header("X-Api-Key", "secret")
        .cookie("own=secret")
        .max_redirects(5);
    #[cfg(feature = "cookies")]
    let builder = {
        let jar = hybi_std::CookieJar::new();
        assert!(jar.set("ws://127.0.0.1/", "jar=secret"));
        builder.cookie_jar(&jar)
    };
    for _ in 0..2 {
        // The second time the first server is gone.
        if let Ok(mut socket) = builder.connect() {
            let _ = socket.start_close(CloseCode::NORMAL, "");
        }
    }
    let proxy = format!("http://user:secret@{}", nobody());
    let error = hybi_std::builder("ws://user:secret@a.example/")
        .proxy(hybi_std::proxy::ProxyUrl::parse(&proxy).unwrap())
        .connect()
        .unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("secret"),
        "{error:?}"
    );
    drop(hybi_std::connect(&there));
    let heads = [first.join().unwrap(), second.join().unwrap()].concat();
    assert_eq!(heads.len(), 6);

    let log = KEPT.0.lock().unwrap();
    assert!(!log.contains("secret"), "{log}");
    for head in &heads {
        for line in head.lines() {
            if let Some(value) = line.strip_prefix("Authorization: ") {
                assert!(!log.contains(value), "{value}");
            }
        }
    }
    for line in [
        "> GET /there HTTP/1.1",
        "> Authorization: ***",
        "> Cookie: ***",
        "> X-Api-Key: ***",
        "> X-Seen: also",
        "< HTTP/1.1 302 Found",
        "< Location: /next",
        "< Location: ***",
        "< Set-Cookie: ***",
        "< X-Seen: yes",
        "< HTTP/1.1 101 Switching Protocols",
    ] {
        assert!(log.contains(&format!("hybi {line}\n")), "{line}: {log}");
    }
    assert!(log.contains("ws://***@127.0.0.1"), "{log}");
    // Frames, too.
    assert!(log.contains("sent Close") || log.contains("Close"), "{log}");
}
