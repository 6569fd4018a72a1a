//! The line editor of a person at a terminal. What arrives is printed above
//! the prompt; lines of earlier runs are remembered.

mod keys;
mod line;
mod screen;

use std::{
    env, fs,
    fs::File,
    io::{self, Read, Write},
    os::fd::AsFd,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use rustix::{
    process::{Signal, getpid, kill_process},
    termios::{self, OptionalActions, Termios},
};
use unicode_width::UnicodeWidthChar;

use self::{
    keys::{Decoder, Key},
    line::Line,
    screen::Screen,
};
use crate::{
    command::{self, Command},
    input::{Feed, Order},
    interrupt::Interrupt,
    output::Prompt,
};

/// The terminal, with a prompt at its bottom.
struct Editor {
    terminal: File,
    /// How the terminal was, and is to be again.
    before: Termios,
    line: Line,
    screen: Screen,
    /// The prompt is gone for good.
    over: bool,
}

/// Shows the prompt and reads lines in a thread of its own.
///
/// # Errors
/// Those of a terminal that cannot be read key by key.
pub(crate) fn start(feed: Feed, interrupt: Arc<Interrupt>) -> io::Result<Box<dyn Prompt>> {
    if env::var_os("TERM").is_none_or(|term| term == "dumb") {
        return Err(io::Error::other("TERM says that it cannot do that"));
    }
    let terminal = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let keyboard = terminal.try_clone()?;
    let mut editor = Editor {
        before: termios::tcgetattr(&terminal)?,
        terminal,
        line: Line::new(load_history()),
        screen: Screen::default(),
        over: false,
    };
    editor.begin()?;
    let editor = Arc::new(Mutex::new(editor));
    let shared = Shared(Arc::clone(&editor));
    thread::spawn(move || Shared(editor).run(keyboard, &feed, &interrupt));
    Ok(Box::new(shared))
}

/// How many columns a character takes.
fn width(character: char) -> usize {
    character.width().unwrap_or(1)
}

/// Both the thread that reads and whoever prints draw.
struct Shared(Arc<Mutex<Editor>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Editor> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut keyboard: File, feed: &Feed, interrupt: &Interrupt) {
        let mut decoder = Decoder::default();
        let mut bytes = [0; 4096];
        loop {
            let read = match keyboard.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(n @ 1..) => bytes.get(..n).unwrap_or_default(),
                // The terminal is gone.
                Ok(0) | Err(_) => {
                    feed.send(Order::End);
                    return;
                }
            };
            for key in decoder.feed(read) {
                if key == Key::Interrupt {
                    // Not while drawing is locked: it may end the program.
                    interrupt.press();
                    continue;
                }
                // Where no more orders are taken, keys still move the cursor.
                let order = self.lock().press(key);
                if let Some(order) = order {
                    feed.send(order);
                }
            }
            let mut editor = self.lock();
            if !editor.over {
                let _ = editor.draw();
            }
        }
    }
}

impl Prompt for Shared {
    fn print(&mut self, lines: &str) -> io::Result<()> {
        self.lock().print(lines)
    }

    fn show(&mut self, status: &str) -> io::Result<()> {
        let mut editor = self.lock();
        // Taken away before it changes: it counts for the place.
        let out = editor.screen.clear();
        status.clone_into(&mut editor.screen.status);
        if editor.over {
            return Ok(());
        }
        write(&out)?;
        editor.draw()
    }

    fn end(&mut self) {
        self.lock().end();
    }
}

impl Editor {
    /// Takes keys one by one from now on, and shows the prompt.
    fn begin(&mut self) -> io::Result<()> {
        let mut raw = self.before.clone();
        raw.make_raw();
        // Line feeds still go to the first column.
        raw.output_modes = self.before.output_modes;
        termios::tcsetattr(&self.terminal, OptionalActions::Drain, &raw)?;
        // Pasted text comes marked as such.
        write("\x1b[?2004h")?;
        self.draw()
    }

    /// Leaves the terminal as it was, without the prompt.
    fn pause(&mut self) {
        let clear = self.screen.clear();
        let _ = write(&format!("{clear}\x1b[?2004l"));
        let _ = termios::tcsetattr(&self.terminal, OptionalActions::Drain, &self.before);
    }

    fn end(&mut self) {
        if !self.over {
            self.over = true;
            self.pause();
            save_history(self.line.history());
        }
    }

    fn print(&mut self, lines: &str) -> io::Result<()> {
        if self.over {
            return write(lines);
        }
        let mut out = self.screen.clear();
        out.push_str(lines);
        out.push_str(&self.screen.draw(&self.line, self.columns()));
        write(&out)
    }

    fn draw(&mut self) -> io::Result<()> {
        self.print("")
    }

    fn columns(&self) -> usize {
        match termios::tcgetwinsize(&self.terminal) {
            Ok(size) if size.ws_col > 0 => size.ws_col.into(),
            _ => 80,
        }
    }

    /// The order that a key gives. Draw afterwards.
    fn press(&mut self, key: Key) -> Option<Order> {
        if self.over {
            return None;
        }
        match key {
            Key::Enter => {
                let columns = self.columns();
                // Drawn once more with the cursor at its end, then left there.
                self.line.edit(Key::End);
                let gone = self.screen.clear();
                let status = core::mem::take(&mut self.screen.status);
                let _ = write(&gone);
                let _ = self.draw();
                let mut out = self.screen.leave(&self.line, columns);
                let mut order = None;
                match command::parse(self.line.submit()) {
                    Ok(Command::Order(given)) => order = Some(given),
                    Ok(Command::Help) => out.push_str(command::HELP),
                    Err(words) => {
                        out.push_str(&words);
                        out.push('\n');
                    }
                }
                self.screen.status = status;
                out.push_str(&self.screen.draw(&self.line, columns));
                let _ = write(&out);
                order
            }
            Key::EndOfInput if self.line.text().is_empty() => Some(Order::End),
            Key::ClearScreen => {
                let _ = write("\x1b[H\x1b[2J");
                self.screen = Screen::default();
                None
            }
            Key::Char('\t') if self.line.text().starts_with('/') => {
                let rest = command::complete(self.line.text());
                self.line.edit(Key::End);
                if let Some(rest) = rest {
                    self.line.edit(Key::Paste(rest));
                }
                None
            }
            Key::Suspend => {
                self.pause();
                let _ = kill_process(getpid(), Signal::TSTP);
                let _ = self.begin();
                None
            }
            key => {
                self.line.edit(key);
                None
            }
        }
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// In the directory for state of the XDG base directory specification.
fn history_file() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state =
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("hybi").join("history"))
}

/// One line each; a line end in a message is written as `\n`, a backslash
/// as two.
fn load_history() -> Vec<String> {
    let text = history_file().and_then(|path| fs::read_to_string(path).ok());
    text.unwrap_or_default().lines().map(unescape).collect()
}

/// Best effort: a program is not worse for having forgotten.
fn save_history(lines: &[String]) {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    let Some(path) = history_file() else { return };
    if let Some(directory) = path.parent() {
        let _ = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory);
    }
    let mut text = String::new();
    for line in lines {
        text.push_str(&line.replace('\\', "\\\\").replace('\n', "\\n"));
        text.push('\n');
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    if let Ok(mut file) = options.open(path) {
        let _ = file.write_all(text.as_bytes());
    }
}

fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_lines_come_back() {
        for line in ["a", "a\nb", "\\n", "a\\", "\\\\n\n"] {
            let written = line.replace('\\', "\\\\").replace('\n', "\\n");
            assert!(!written.contains('\n'));
            assert_eq!(unescape(&written), line);
        }
    }
}
