//! A person at a terminal.

use std::{
    fs::File,
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

use crate::{
    program::{answer_close, command},
    support::{millis, read_frame, serve_echo, serve_raw},
};

/// The program at a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    /// Kept, so that its settings can be looked at in the end.
    line: File,
    output: Receiver<Vec<u8>>,
    seen: String,
    state: PathBuf,
}

impl Terminal {
    fn open(name: &str, url: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let line = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let line = File::from(line);
        let stdio = || Stdio::from(line.try_clone().unwrap());
        let state = std::env::temp_dir().join(format!("hybi-{name}-{}", std::process::id()));
        let child = command(&[url])
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("XDG_STATE_HOME", &state)
            .stdin(stdio())
            .stdout(stdio())
            .stderr(stdio())
            .spawn()
            .unwrap();
        let keyboard = File::from(master);
        let mut screen = keyboard.try_clone().unwrap();
        let (send, output) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = screen.read(&mut bytes) {
                if send.send(bytes[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keyboard,
            line,
            output,
            seen: String::new(),
            state,
        }
    }

    /// All at once, as a fast connection or an input method does.
    fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen has shown this after what was looked for before.
    #[track_caller]
    fn look_for(&mut self, words: &str) {
        let late = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(at) = self.seen.find(words) {
                self.seen.drain(..at + words.len());
                return;
            }
            let left = late.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("{words:?} is not in {:?}", self.seen),
            }
        }
    }

    /// Waits for the end; the terminal must be as it was. The status and the
    /// history.
    fn finish(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap().code();
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO));
        let history = std::fs::read_to_string(self.state.join("hybi/history"));
        let _ = std::fs::remove_dir_all(&self.state);
        (status, history.unwrap_or_default())
    }
}

#[test]
fn lines_commands_and_history() {
    let (url, server) = serve_echo();
    let mut terminal = Terminal::open("prompt", &url);
    terminal.look_for("> ");
    terminal.type_in("hellx\x7fo\r");
    terminal.look_for("\x1b[J< hello\r\n> ");
    terminal.type_in("\x1b[A, again\r");
    terminal.look_for("\x1b[J< hello, again\r\n> ");
    terminal.type_in("\x1b[200~two\rlines\x1b[201~\r");
    terminal.look_for("\x1b[J< two\r\n  lines\r\n> ");
    terminal.type_in("/ping p\r/nothing\r//x\r");
    terminal.look_for("there is no command /nothing");
    terminal.look_for("< /x");
    terminal.type_in("/close 4000 so long\r");
    terminal.look_for("closed: 4000 (unregistered), so long\r\n");
    let (status, history) = terminal.finish();
    assert_eq!(status, Some(7));
    let lines: Vec<_> = history.lines().collect();
    assert_eq!(lines[..3], ["hello", "hello, again", "two\\nlines"]);
    server.join().unwrap();
}

#[test]
fn the_end_of_input_and_ctrl_c_close() {
    for key in ["\x04", "\x03"] {
        let (url, server) = serve_raw(|mut stream| answer_close(&mut stream));
        let mut terminal = Terminal::open(&format!("end-{}", key.as_bytes()[0]), &url);
        terminal.look_for("> ");
        terminal.type_in(key);
        terminal.look_for("closed: 1000 (normal closure)\r\n");
        assert_eq!(terminal.finish().0, Some(0));
        assert_eq!(server.join().unwrap(), Some(1000));
    }
}

#[test]
fn a_second_ctrl_c_drops() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_frame(&mut stream).0, 8);
        crate::support::read_to_end(&mut stream);
    });
    let mut terminal = Terminal::open("twice", &url);
    terminal.look_for("> ");
    let begin = Instant::now();
    terminal.type_in("typed\x03\x03");
    terminal.look_for("hybi: interrupted\r\n");
    assert_eq!(terminal.finish().0, Some(1));
    assert!(begin.elapsed() < millis(2000));
    drop(server);
}

#[test]
fn the_prompt_stays_below_what_arrives() {
    let (go, wait) = mpsc::channel::<()>();
    let (url, server) = serve_raw(move |mut stream| {
        wait.recv().unwrap();
        stream.write_all(b"\x81\x05hello").unwrap();
        let line = read_frame(&mut stream);
        stream.write_all(b"\x88\x00").unwrap();
        answer_close(&mut stream);
        line
    });
    let mut terminal = Terminal::open("below", &url);
    terminal.look_for("> ");
    terminal.type_in("half a li");
    terminal.look_for("> half a li");
    go.send(()).unwrap();
    terminal.look_for("\r\x1b[J< hello\r\n> half a li");
    terminal.type_in("ne\r");
    terminal.look_for("closed by the peer\r\n");
    assert_eq!(terminal.finish().0, Some(0));
    assert_eq!(server.join().unwrap(), (1, b"half a line".to_vec()));
}
