//! The program at a terminal.

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

use crate::program::command;

/// The program at a terminal of its own.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    /// Kept, so that its settings can be looked at in the end.
    line: File,
    output: Receiver<Vec<u8>>,
    seen: String,
    state: PathBuf,
}

impl Terminal {
    pub(crate) fn open(name: &str, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let line = open(path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let line = File::from(line);
        let stdio = || Stdio::from(line.try_clone().unwrap());
        let state = std::env::temp_dir().join(format!("hybi-{name}-{}", std::process::id()));
        let child = command(arguments)
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
    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen has shown this after what was looked for before.
    #[track_caller]
    pub(crate) fn look_for(&mut self, words: &str) {
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
    pub(crate) fn finish(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap().code();
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO));
        let history = std::fs::read_to_string(self.state.join("hybi/history"));
        let _ = std::fs::remove_dir_all(&self.state);
        (status, history.unwrap_or_default())
    }
}
