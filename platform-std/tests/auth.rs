//! HTTP authentication: Basic, Digest, and what a caller brings.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    collections::HashSet,
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hybi_std::{Builder, ConnectError, Kind, builder};
use support::{
    header,
    origin::{Answer, Origin, accepted, challenge, redirect},
    read_to_end,
    tls::{Identity, authority, params, serve_with, server_config, trusting},
};

const BASIC: &str = "Basic realm=\"r\"";
const DIGEST: &str = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";
/// `user:secret`
const ANSWER: &str = "Basic dXNlcjpzZWNyZXQ=";

/// The error, if it was one, and the `Authorization` of each request.
#[track_caller]
fn run(
    answers: &[Answer],
    settings: impl FnOnce(Builder) -> Builder,
) -> (Option<ConnectError>, Vec<Option<String>>) {
    run_at("ws://", answers, settings)
}

/// With userinfo after the scheme.
#[track_caller]
fn run_at(
    begin: &str,
    answers: &[Answer],
    settings: impl FnOnce(Builder) -> Builder,
) -> (Option<ConnectError>, Vec<Option<String>>) {
    let origin = Origin::new();
    let url = origin.url("/a?b").replace("ws://", begin);
    let heads = origin.answer(answers.to_vec());
    let builder = settings(builder(url));
    let result = builder.connect();
    let shown = match &result {
        Ok(socket) => format!("{builder:?} {socket:?}"),
        Err(error) => format!("{builder:?} {error} {error:?}"),
    };
    assert!(!shown.contains("secret"), "{shown}");
    let error = result.err();
    let heads = heads.join().unwrap();
    let sent = heads.iter().map(|head| header(head, "Authorization"));
    (error, sent.map(|value| value.map(str::to_owned)).collect())
}

#[track_caller]
fn assert_refused(error: Option<ConnectError>) {
    let error = error.unwrap();
    assert_eq!(error.kind(), Kind::Handshake);
    assert_eq!(error.status(), Some(401));
}

fn known(builder: Builder) -> Builder {
    builder.credentials("user", "secret")
}

fn some(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn basic_answers_a_challenge() {
    let answers = [challenge(&[BASIC]), accepted()];
    let (error, sent) = run(&answers, known);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [None, some(ANSWER)]);
    // From the URL, percent-decoded.
    let (error, sent) = run_at("ws://us%65r:s%65cret@", &answers, |builder| builder);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [None, some(ANSWER)]);
    // The builder's come before the URL's.
    let (_, sent) = run_at("ws://other:one@", &answers, known);
    assert_eq!(sent, [None, some(ANSWER)]);
}

#[test]
fn basic_at_once() {
    let (error, sent) = run(&[accepted()], |builder| known(builder).basic_at_once(true));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [some(ANSWER)]);
    // A wrong password is not tried again.
    let (error, sent) = run(&[challenge(&[BASIC])], |builder| {
        known(builder).basic_at_once(true)
    });
    assert_refused(error);
    assert_eq!(sent, [some(ANSWER)]);
    // But a server may want Digest.
    let answers = [challenge(&[BASIC, DIGEST]), accepted()];
    let (error, sent) = run(&answers, |builder| known(builder).basic_at_once(true));
    assert!(error.is_none(), "{error:?}");
    assert!(sent[1].as_ref().unwrap().starts_with("Digest "), "{sent:?}");
}

#[test]
fn over_tls_basic_goes_at_once_unless_told_otherwise() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    for (settings, expected) in [
        ((|builder| builder) as fn(Builder) -> Builder, Some(ANSWER)),
        (|builder| builder.basic_at_once(false), None),
        (
            |builder| builder.header("authorization", "own"),
            Some("own"),
        ),
    ] {
        let (port, server) = serve_with(server_config(&identity), |mut stream| {
            let head = support::accept(&mut stream);
            read_to_end(&mut stream);
            head
        });
        let builder = settings(builder(format!("wss://user:secret@localhost:{port}/")));
        let socket = builder.tls(trusting(&authority.pem())).connect().unwrap();
        assert_eq!(socket.url(), format!("wss://***@localhost:{port}/"));
        drop(socket);
        let head = server.join().unwrap().unwrap();
        assert_eq!(header(&head, "Authorization"), expected);
    }
}

#[test]
fn digest() {
    let answers = [challenge(&[BASIC, &format!("Other, {DIGEST}")]), accepted()];
    let (error, sent) = run(&answers, known);
    assert!(error.is_none(), "{error:?}");
    let answer = sent[1].as_ref().unwrap();
    for part in [
        "Digest username=\"user\", realm=\"r\", nonce=\"n\", uri=\"/a?b\", response=\"",
        "algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"",
    ] {
        assert!(answer.contains(part), "{answer}");
    }
}

#[test]
fn digest_is_answered_once_and_once_more_where_the_nonce_was_old() {
    let stale = DIGEST.replace("\"n\"", "\"m\", stale=true");
    for (answers, requests) in [
        (&[DIGEST, DIGEST][..], 2),
        (&[DIGEST, &stale, DIGEST], 3),
        (&[DIGEST, &stale, &stale], 3),
        (&[&stale, &stale, &stale], 3),
    ] {
        let answers: Vec<_> = answers.iter().map(|one| challenge(&[one])).collect();
        let (error, sent) = run(&answers, known);
        assert_refused(error);
        assert_eq!(sent.len(), requests);
        let different: HashSet<_> = sent.iter().collect();
        assert_eq!(different.len(), requests, "{sent:?}");
    }
    let answers = [challenge(&[DIGEST]), challenge(&[&stale]), accepted()];
    let (error, sent) = run(&answers, known);
    assert!(error.is_none(), "{error:?}");
    assert!(
        sent[2].as_ref().unwrap().contains("nonce=\"m\""),
        "{sent:?}"
    );
}

#[test]
fn what_nobody_can_answer_is_a_refusal() {
    let unknown = ["Negotiate", "Digest realm=\"r\", nonce=\"n\", algorithm=X"];
    let (error, sent) = run(&[challenge(&unknown)], known);
    assert_refused(error);
    assert_eq!(sent, [None]);
    let (error, _) = run(&[challenge(&[BASIC])], |builder| builder);
    assert_refused(error);
    let (error, _) = run(&[challenge(&[])], known);
    assert_refused(error);
    // Basic has no way to say this name.
    let (error, sent) = run(&[challenge(&[BASIC])], |builder| {
        builder.credentials("a:b", "secret")
    });
    assert_refused(error);
    assert_eq!(sent, [None]);
}

#[test]
fn a_caller_answers() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let bearer = "Bearer realm=\"r\", scope=\"a, b\"";
    let answers = [challenge(&[BASIC, bearer]), accepted()];
    let (error, sent) = run(&answers, |builder| {
        known(builder)
            .header("Authorization", "old")
            .authenticate(move |challenge| {
                counter.fetch_add(1, Ordering::Relaxed);
                let scope = challenge.parameter("scope")?;
                assert!(challenge.is("bearer"));
                Some(format!("Bearer {}", scope.len()))
            })
    });
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [some("old"), some("Bearer 4")]);
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    // Not asked again when that was refused; and None leaves it to Basic.
    let (error, sent) = run(&[challenge(&[bearer]), challenge(&[bearer])], |builder| {
        builder.authenticate(|_| Some("Bearer x".into()))
    });
    assert_refused(error);
    assert_eq!(sent, [None, some("Bearer x")]);
    let (error, sent) = run(&[challenge(&[BASIC]), accepted()], |builder| {
        known(builder).authenticate(|_| None)
    });
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [None, some(ANSWER)]);
}

#[test]
fn an_answer_that_may_not_be_sent() {
    let (error, sent) = run(&[challenge(&[BASIC])], |builder| {
        builder.authenticate(|_| Some("a\r\nX: secret".into()))
    });
    assert_eq!(error.unwrap().kind(), Kind::Usage);
    assert_eq!(sent, [None]);
}

#[test]
fn redirects_at_one_origin_keep_basic_and_ask_again_for_digest() {
    let answers = [challenge(&[BASIC]), redirect("/x"), accepted()];
    let (error, sent) = run(&answers, |builder| known(builder).max_redirects(1));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent, [None, some(ANSWER), some(ANSWER)]);
    let answers = [
        challenge(&[DIGEST]),
        redirect("/x"),
        challenge(&[DIGEST]),
        accepted(),
    ];
    let (error, sent) = run(&answers, |builder| known(builder).max_redirects(1));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(sent[2], None);
    assert!(sent[3].as_ref().unwrap().contains("uri=\"/x\""), "{sent:?}");
}

#[test]
fn a_prepared_stream_says_basic_at_once_or_nothing() {
    let origin = Origin::new();
    let (url, address) = (origin.url("/"), origin.address());
    let heads = origin.answer([challenge(&[BASIC])]);
    let stream = TcpStream::connect(address).unwrap();
    let error = known(builder(url)).connect_over(stream).unwrap_err();
    assert_refused(Some(error));
    assert_eq!(heads.join().unwrap().len(), 1);
}
