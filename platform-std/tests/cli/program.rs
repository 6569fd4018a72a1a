//! Runs the program and keeps what it said.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

/// What stdin is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stdin<'a> {
    Null,
    /// These bytes, then the end.
    Pipe(&'a [u8]),
    /// A pipe that stays open, after these bytes.
    Open(&'a [u8]),
}

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with its environment cleared of what would change it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hybi"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if lower.ends_with("_proxy") || lower.starts_with("ssl") {
            command.env_remove(&name);
        }
    }
    command
}

pub(crate) fn spawn(arguments: &[&str], stdin: Stdin<'_>) -> Child {
    let mut child = command(arguments)
        .stdin(match stdin {
            Stdin::Null => Stdio::null(),
            _ => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let Stdin::Pipe(bytes) | Stdin::Open(bytes) = stdin {
        let mut pipe = child.stdin.take().unwrap();
        // The program may end before it has read them all.
        let _ = pipe.write_all(bytes);
        if let Stdin::Open(_) = stdin {
            child.stdin = Some(pipe);
        }
    }
    child
}

/// Runs the program to its end, which must come within 20 s.
pub(crate) fn run(arguments: &[&str], stdin: Stdin<'_>) -> Run {
    finish(spawn(arguments, stdin))
}

/// `hybi --json ARGUMENTS </dev/null`.
pub(crate) fn json(arguments: &[&str]) -> Run {
    run(&[&["--json"], arguments].concat(), Stdin::Null)
}

pub(crate) fn finish(mut child: Child) -> Run {
    // Kept open until the end.
    let stdin = child.stdin.take();
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take().unwrap());
    let errors = thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).map(|_| text).unwrap()
    });
    let (done, wait) = mpsc::channel();
    let output = thread::spawn(move || {
        let mut text = String::new();
        if let Some(stdout) = &mut stdout {
            stdout.read_to_string(&mut text).unwrap();
        }
        done.send(()).unwrap();
        text
    });
    let late = wait.recv_timeout(Duration::from_secs(20)).is_err();
    if late {
        child.kill().unwrap();
    }
    let run = Run {
        status: child.wait().unwrap().code(),
        stdout: output.join().unwrap(),
        stderr: errors.join().unwrap(),
    };
    drop(stdin);
    assert!(!late, "does not end: {run:?}");
    run
}

impl Run {
    /// Asserts the status and every line.
    #[track_caller]
    pub(crate) fn expect(&self, status: i32, lines: &[String]) {
        let mut expected = lines.join("\n");
        if !lines.is_empty() {
            expected.push('\n');
        }
        assert_eq!(self.stdout, expected, "stderr: {}", self.stderr);
        assert_eq!(self.status, Some(status), "{self:?}");
    }

    /// Asserts the status and that there is one line only, an `error`.
    #[track_caller]
    pub(crate) fn expect_error(&self, exit: i32, kind: &str, status: Option<u16>) {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        let status = status.map_or("null".to_owned(), |status| status.to_string());
        let begin = format!(
            r#"{{"event":"error","kind":"{kind}","close_code":null,"status":{status},"message":""#
        );
        assert!(self.stdout.starts_with(&begin), "{self:?}");
        assert_eq!(self.status, Some(exit), "{self:?}");
    }

    pub(crate) fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

// The lines of the contract.

pub(crate) fn connected(url: &str) -> String {
    format!(
        r#"{{"event":"connected","url":"{url}","status":101,"subprotocol":null,"extensions":null,"attempt":0}}"#
    )
}

pub(crate) fn text(data: &str) -> String {
    format!(r#"{{"event":"text","data":"{data}"}}"#)
}

pub(crate) fn closed(code: Option<u16>, reason: &str, initiator: &str, clean: bool) -> String {
    let code = code.map_or("null".to_owned(), |code| code.to_string());
    format!(
        r#"{{"event":"closed","code":{code},"reason":"{reason}","initiator":"{initiator}","clean":{clean}}}"#
    )
}

/// Closed by this side with 1000, and the peer agreed.
pub(crate) fn closed_here() -> String {
    closed(Some(1000), "", "local", true)
}

pub(crate) fn error(kind: &str, close_code: Option<u16>, message: &str) -> String {
    let code = close_code.map_or("null".to_owned(), |code| code.to_string());
    format!(
        r#"{{"event":"error","kind":"{kind}","close_code":{code},"status":null,"message":"{message}"}}"#
    )
}

// Frames by hand.

/// An unmasked frame; `first` is its first byte.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).unwrap();
    assert!(len < 126);
    [&[first, len], payload].concat()
}

pub(crate) fn close_frame(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// Reads up to a Close frame, answers it and ends the connection. The code
/// it had.
pub(crate) fn answer_close(stream: &mut TcpStream) -> Option<u16> {
    loop {
        let (opcode, payload) = super::support::read_frame(stream);
        if opcode == 8 {
            stream.write_all(&frame(0x88, &payload)).unwrap();
            let code = payload.first_chunk();
            return code.map(|code| u16::from_be_bytes(*code));
        }
    }
}
