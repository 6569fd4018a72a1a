//! Redirects and HTTP authentication.

use crate::{
    program::{closed, connected, json},
    support::{
        header,
        origin::{Answer, Origin, accepted, challenge, redirect, refuse},
    },
};

const DIGEST: &str = "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";

/// The run, and the requests of it. A server that accepts hangs up when the
/// program does.
#[track_caller]
fn run_at(
    path: &str,
    arguments: &[&str],
    answers: Vec<Answer>,
) -> (crate::program::Run, Vec<String>) {
    let origin = Origin::new();
    let url = origin.url(path);
    let heads = origin.answer(answers);
    // Nothing answers the Close frame.
    let close = ["--eof-wait", "0", "--close-timeout", "0.1", "-t", "x"];
    let run = json(&[&close[..], arguments, &[&url]].concat());
    assert!(!format!("{run:?}").contains("secret"), "{run:?}");
    (run, heads.join().unwrap())
}

fn opened(end: &str) -> [String; 2] {
    [connected(end), closed(None, "", "local", false)]
}

fn host(head: &str) -> &str {
    header(head, "Host").unwrap()
}

#[test]
fn redirects_are_followed_as_far_as_allowed() {
    let answers = vec![
        redirect("/b?c"),
        refuse("307 T", &["Location: d"]),
        accepted(),
    ];
    let (run, heads) = run_at("/a", &["--max-redirects", "2"], answers);
    let end = format!("ws://{}/d", host(&heads[0]));
    run.expect(6, &opened(&end));
    let (run, heads) = run_at("/a", &["--max-redirects", "1"], vec![redirect("/"); 2]);
    run.expect_error(3, "redirect", Some(302));
    assert_eq!(heads.len(), 2);
    let (run, _) = run_at("/a", &[], vec![redirect("ws://user:secret@b.example/")]);
    run.expect_error(3, "redirect", Some(302));
    assert!(run.stdout.contains("ws://***@b.example/"), "{run:?}");
    let (run, _) = run_at("/a", &["--max-redirects", "1"], vec![refuse("301 M", &[])]);
    run.expect_error(3, "redirect", Some(301));
}

#[test]
fn a_user_answers_a_challenge() {
    for asked in ["Basic realm=\"r\"", DIGEST] {
        let arguments = ["-vv", "-u", "user:secret:1", "-H", "X: y"];
        let (run, heads) = run_at("/", &arguments, vec![challenge(&[asked]), accepted()]);
        let end = format!("ws://{}/", host(&heads[0]));
        run.expect(6, &opened(&end));
        let answer = header(&heads[1], "Authorization").unwrap();
        let scheme = asked.split(' ').next().unwrap();
        assert!(answer.starts_with(scheme), "{answer}");
        // Traced, but for what is secret.
        let traced = "> Authorization: ***";
        assert!(run.stderr.contains(traced), "{run:?}");
        assert!(run.stderr.contains("> X: y"), "{run:?}");
        assert!(!run.stderr.contains(answer), "{run:?}");
    }
}

#[test]
fn a_user_that_is_refused() {
    let answers = vec![challenge(&[DIGEST]); 2];
    let (run, heads) = run_at("/", &["-u", "user:secret"], answers);
    run.expect_error(3, "handshake", Some(401));
    assert!(heads[1].contains("\nAuthorization: Digest "), "{heads:?}");
}
