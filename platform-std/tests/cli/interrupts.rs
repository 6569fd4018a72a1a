//! Ctrl-C.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    process::Child,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    program::{Run, Stdin, answer_close, error, finish, spawn},
    support::{millis, read_frame, read_to_end, serve, serve_raw},
};

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

/// Reads the first line, then sends `times` interrupts.
fn interrupt_once_open(url: &str, stdin: Stdin<'_>, times: usize, between: impl Fn()) -> Run {
    let mut child = spawn(&["--json", url], stdin);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.starts_with(r#"{"event":"connected""#), "{first}");
    for n in 0..times {
        if n > 0 {
            between();
        }
        interrupt(&child);
    }
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let mut run = finish(child);
    run.stdout = rest;
    run
}

#[test]
fn once_closes() {
    for stdin in [Stdin::Null, Stdin::Open(b"")] {
        let (url, server) = serve_raw(|mut stream| answer_close(&mut stream));
        let run = interrupt_once_open(&url, stdin, 1, || {});
        run.expect(0, &[crate::program::closed_here()]);
        assert_eq!(server.join().unwrap(), Some(1000));
    }
}

#[test]
fn twice_drops() {
    let (seen, wait) = std::sync::mpsc::channel();
    let (url, server) = serve_raw(move |mut stream| {
        assert_eq!(read_frame(&mut stream).0, 8);
        seen.send(()).unwrap();
        read_to_end(&mut stream);
    });
    let begin = Instant::now();
    let run = interrupt_once_open(&url, Stdin::Null, 2, || wait.recv().unwrap());
    run.expect(1, &[error("io", None, "interrupted")]);
    assert!(begin.elapsed() < millis(2000));
    server.join().unwrap();
}

/// The main thread is in the middle of a write that nobody takes.
#[test]
fn twice_drops_a_blocked_write() {
    let (url, server) = serve_raw(|stream: TcpStream| {
        std::thread::sleep(millis(1500));
        drop(stream);
    });
    let path = std::env::temp_dir().join(format!("hybi-cli-int-{}", std::process::id()));
    std::fs::write(&path, vec![0; 16 << 20]).unwrap();
    let begin = Instant::now();
    let child = spawn(
        &["--json", "-b", &format!("@{}", path.display()), &url],
        Stdin::Null,
    );
    std::thread::sleep(millis(500));
    interrupt(&child);
    std::thread::sleep(millis(100));
    interrupt(&child);
    let run = finish(child);
    std::fs::remove_file(path).unwrap();
    assert_eq!(run.lines().len(), 2, "{run:?}");
    assert_eq!(run.lines()[1], error("io", None, "interrupted"));
    assert_eq!(run.status, Some(1));
    assert!(begin.elapsed() < millis(1400));
    server.join().unwrap();
}

#[test]
fn while_connecting_drops() {
    let (there, wait) = std::sync::mpsc::channel();
    let (url, server) = serve(move |mut stream| {
        there.send(()).unwrap();
        read_to_end(&mut stream);
    });
    let child = spawn(&["--json", &url], Stdin::Null);
    wait.recv().unwrap();
    interrupt(&child);
    finish(child).expect(1, &[error("io", None, "interrupted")]);
    server.join().unwrap();
}
