//! Where events go: stdout, or above the prompt; words for people to stderr.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use hybi_std::Delivery;

use crate::{event::Event, human::Reader};

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    /// Payloads only.
    Raw,
    Human,
}

/// A line editor that keeps its prompt below what is printed.
pub(crate) trait Prompt: Send {
    /// Prints whole lines above the prompt.
    fn print(&mut self, lines: &str) -> io::Result<()>;
    /// Shows this line between what is printed and the prompt; nothing, if
    /// it is empty.
    fn show(&mut self, status: &str) -> io::Result<()>;
    /// Takes the prompt away.
    fn end(&mut self);
}

/// The only way to stdout and stderr, from any thread.
pub(crate) struct Output {
    format: Format,
    timings: bool,
    /// Pings and pongs are shown to people, too.
    control_frames: bool,
    reader: Reader,
    start: Instant,
    sink: Mutex<Sink>,
}

struct Sink {
    prompt: Option<Box<dyn Prompt>>,
    /// A line on stderr that will be overwritten.
    passing: bool,
    /// The last line is printed, or nobody reads.
    over: bool,
}

impl Output {
    pub(crate) fn new(format: Format, timings: bool, control_frames: bool) -> Self {
        let reader = if io::stdout().is_terminal() {
            Reader::Terminal { colour: colours() }
        } else {
            Reader::Pipe
        };
        Self {
            format,
            timings,
            control_frames,
            reader,
            start: Instant::now(),
            sink: Mutex::new(Sink {
                prompt: None,
                passing: false,
                over: false,
            }),
        }
    }

    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    /// From now on, print above this prompt.
    pub(crate) fn set_prompt(&self, prompt: Box<dyn Prompt>) {
        self.sink().prompt = Some(prompt);
    }

    /// Prints an event.
    ///
    /// # Errors
    /// Those of stdout, such as `BrokenPipe`.
    pub(crate) fn event(&self, event: &Event<'_>) -> io::Result<()> {
        self.print(&mut self.sink(), event)
    }

    /// Whether [`passing`](Self::passing) shows anything.
    pub(crate) fn shows_progress(&self) -> bool {
        self.format == Format::Human && io::stderr().is_terminal() && !is_dumb()
    }

    /// How to receive: in parts, where their progress is shown.
    pub(crate) fn delivery(&self) -> Delivery {
        if self.shows_progress() {
            Delivery::Chunks
        } else {
            Delivery::Whole
        }
    }

    /// Shows a line that stays until the next one; an empty one takes it
    /// away.
    pub(crate) fn passing(&self, line: &str) {
        let mut sink = self.sink();
        if sink.over || !self.shows_progress() {
            return;
        }
        if let Some(prompt) = &mut sink.prompt {
            let _ = prompt.show(line);
            return;
        }
        sink.clear();
        if !line.is_empty() {
            complain(line);
            sink.passing = true;
        }
    }

    /// Prints the last event. Only the first caller's counts: false, where
    /// the last line was printed before.
    pub(crate) fn last(&self, event: &Event<'_>) -> bool {
        let mut sink = self.sink();
        if sink.over {
            return false;
        }
        if let Some(mut prompt) = sink.prompt.take() {
            prompt.end();
        }
        sink.clear();
        // There is no one left to tell of an error.
        let _ = self.print(&mut sink, event);
        sink.over = true;
        true
    }

    /// Prints words for people, not an event.
    pub(crate) fn note(&self, words: &str) {
        let mut line = words.to_owned();
        line.push('\n');
        let mut sink = self.sink();
        sink.clear();
        match &mut sink.prompt {
            Some(prompt) => {
                let _ = prompt.print(&line);
            }
            None => complain(&line),
        }
    }

    fn print(&self, sink: &mut Sink, event: &Event<'_>) -> io::Result<()> {
        if sink.over {
            return Ok(());
        }
        sink.clear();
        let mut line = Vec::new();
        if self.timings {
            write!(line, "{:.3} ", self.start.elapsed().as_secs_f64())?;
        }
        match self.format {
            Format::Json => serde_json::to_writer(&mut line, event)?,
            Format::Raw => match event {
                Event::Text { data } => line.extend_from_slice(data.as_bytes()),
                Event::Binary { data } => line.extend_from_slice(data),
                _ => {
                    self.complain_raw(event);
                    return Ok(());
                }
            },
            Format::Human => {
                let control = matches!(event, Event::Ping { .. } | Event::Pong { .. });
                if control && !self.control_frames {
                    return Ok(());
                }
                match self.reader.received(event) {
                    Some(received) => line.extend_from_slice(received.as_bytes()),
                    None => return self.status(sink, line, event),
                }
            }
        }
        line.push(b'\n');
        let result = match &mut sink.prompt {
            Some(prompt) => prompt.print(&String::from_utf8_lossy(&line)),
            None => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(&line).and_then(|()| stdout.flush())
            }
        };
        if let Err(error) = &result {
            sink.over = true;
            if let Some(mut prompt) = sink.prompt.take() {
                prompt.end();
            }
            // Who reads no more knows it; a full disk is news.
            if error.kind() != io::ErrorKind::BrokenPipe {
                complain(&format!("hybi: stdout: {error}\n"));
            }
        }
        result
    }

    /// What is not a message goes to stderr, so that stdout is the messages.
    fn status(&self, sink: &mut Sink, prefix: Vec<u8>, event: &Event<'_>) -> io::Result<()> {
        let reader = match self.reader {
            Reader::Terminal { .. } if io::stderr().is_terminal() => self.reader,
            _ => Reader::Terminal { colour: false },
        };
        let Some(status) = reader.status(event) else {
            return Ok(());
        };
        let line = format!("{}{status}\n", String::from_utf8_lossy(&prefix));
        match &mut sink.prompt {
            Some(prompt) => prompt.print(&line),
            None => {
                complain(&line);
                Ok(())
            }
        }
    }

    /// With `--raw` people hear only of what is wrong.
    fn complain_raw(&self, event: &Event<'_>) {
        let wrong = match event {
            Event::Error { .. } | Event::Closed { clean: false, .. } => true,
            Event::Closed { code, .. } => !matches!(code, None | Some(1000 | 1001)),
            _ => false,
        };
        let reader = Reader::Terminal { colour: false };
        if let (true, Some(status)) = (wrong, reader.status(event)) {
            complain(&format!("{status}\n"));
        }
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    /// Takes a passing line away.
    fn clear(&mut self) {
        if self.passing {
            self.passing = false;
            complain("\r\x1b[K");
        }
    }
}

/// To stderr; where nobody can be told, there is nothing to do.
pub(crate) fn complain(line: &str) {
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// By the customs of <https://no-color.org>.
fn colours() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && !is_dumb()
}

/// Whether the terminal knows no escape sequences.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
