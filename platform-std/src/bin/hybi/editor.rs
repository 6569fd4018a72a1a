//! The line editor of a person at a terminal: history, and what arrives is
//! printed above the prompt.

use std::{
    env, fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use rustyline::{DefaultEditor, ExternalPrinter, config::Configurer, error::ReadlineError};

use crate::{
    command::{self, Command},
    input::{Feed, Order},
    interrupt::Interrupt,
    output::{Prompt, complain},
};

const PROMPT: &str = "> ";

/// An editor before its first prompt.
pub(crate) struct Editor {
    editor: DefaultEditor,
    history: Option<PathBuf>,
}

impl Editor {
    /// # Errors
    /// Those of a terminal that is too simple for it.
    pub(crate) fn new() -> rustyline::Result<(Self, impl ExternalPrinter + Send + use<>)> {
        let mut editor = DefaultEditor::new()?;
        let printer = editor.create_external_printer()?;
        editor.set_max_history_size(1000)?;
        editor.set_auto_add_history(true);
        let history = history_file();
        if let Some(path) = &history {
            // There is none the first time.
            let _ = editor.load_history(path);
        }
        Ok((Self { editor, history }, printer))
    }

    /// Reads lines in a thread of its own.
    pub(crate) fn start(
        self,
        printer: impl ExternalPrinter + Send + 'static,
        feed: Feed,
        interrupt: Arc<Interrupt>,
    ) -> Box<dyn Prompt> {
        let ending = Arc::new(AtomicBool::new(false));
        let (ended, wait) = mpsc::channel::<()>();
        let end = Arc::clone(&ending);
        thread::spawn(move || {
            self.run(&feed, &interrupt, &end);
            drop(ended);
        });
        Box::new(Above {
            printer,
            ending,
            ended: wait,
        })
    }

    fn run(mut self, feed: &Feed, interrupt: &Interrupt, ending: &AtomicBool) {
        let is_ending = || ending.load(Ordering::Acquire);
        while !is_ending() {
            let order = match self.editor.readline(PROMPT) {
                Ok(line) => match command::parse(line) {
                    Ok(Command::Order(order)) => order,
                    Ok(Command::Help) => {
                        complain(command::HELP);
                        continue;
                    }
                    Err(words) => {
                        complain(&format!("{words}\n"));
                        continue;
                    }
                },
                Err(ReadlineError::Interrupted) => {
                    if is_ending() {
                        // Takes the prompt away, which stands one line up.
                        complain("\x1b[A\r\x1b[J");
                    } else {
                        interrupt.press();
                    }
                    break;
                }
                Err(ReadlineError::Eof) => Order::End,
                Err(error) => {
                    log::debug!("the terminal cannot be read any more: {error}");
                    Order::End
                }
            };
            let last = matches!(order, Order::Close(..) | Order::End);
            if !feed.send(order) || last {
                break;
            }
        }
        if let Some(path) = &self.history {
            let _ = self.editor.append_history(path);
        }
    }
}

/// Prints above the prompt, and ends it.
struct Above<P> {
    printer: P,
    ending: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl<P: ExternalPrinter + Send> Prompt for Above<P> {
    fn print(&mut self, lines: String) -> io::Result<()> {
        match self.printer.print(lines) {
            Ok(()) => Ok(()),
            Err(ReadlineError::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn end(&mut self) {
        // The editor takes one print at a time: once it has taken this one,
        // it has shown all before it. It shows nothing: a line up, and down.
        let _ = self.printer.print("\x1b[A\n".to_owned());
        self.ending.store(true, Ordering::Release);
        for _ in 0..20 {
            interrupt_editor();
            let timeout = Duration::from_millis(50);
            if self.ended.recv_timeout(timeout) == Err(mpsc::RecvTimeoutError::Disconnected) {
                return;
            }
        }
    }
}

/// The editor looks for this signal while it waits for a key, and restores
/// the terminal when it comes.
#[cfg(unix)]
fn interrupt_editor() {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::INT);
}

#[cfg(not(unix))]
fn interrupt_editor() {}

/// In the directory for state of the XDG base directory specification.
fn history_file() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state = if cfg!(windows) {
        absolute("LOCALAPPDATA")?
    } else {
        absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?
    };
    let directory = state.join("hybi");
    fs::create_dir_all(&directory).ok()?;
    Some(directory.join("history"))
}
