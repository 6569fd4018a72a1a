//! Events as people read them.

use core::{fmt::Write, time::Duration};

use anstyle::{AnsiColor, Style};
use hybi_std::CloseCode;

use crate::{event::Event, pretty};

/// For whom the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A file or a pipe: what arrived, as it is and in full.
    Pipe,
    /// A terminal, which the peer must not control.
    Terminal { colour: bool },
}

/// So many bytes of a binary message are shown on a terminal.
const SHOWN: usize = 256;

const TEXT: Style = AnsiColor::Blue.on_default();

impl Reader {
    /// A received message, or a ping or pong, without the line's end.
    pub(crate) fn received(self, event: &Event<'_>) -> Option<String> {
        let mut line = String::new();
        match event {
            Event::Text { data } => {
                if let Self::Terminal { colour } = self
                    && let Some(json) = pretty::json(data, "  ", colour)
                {
                    return Some(format!("{}{json}", self.styled(TEXT, "< ")));
                }
                line.push_str("< ");
                self.text(data, &mut line);
            }
            Event::Binary { data } => self.bytes("< binary", data, &mut line),
            Event::Ping { data } => self.bytes("< ping", data, &mut line),
            Event::Pong { data } => self.bytes("< pong", data, &mut line),
            _ => return None,
        }
        let style = match event {
            Event::Text { .. } => TEXT,
            Event::Binary { .. } => AnsiColor::Magenta.on_default(),
            _ => Style::new().dimmed(),
        };
        Some(self.styled(style, &line))
    }

    /// Everything else that happens.
    pub(crate) fn status(self, event: &Event<'_>) -> Option<String> {
        let mut line = String::new();
        let style = match event {
            Event::Connected {
                url, subprotocol, ..
            } => {
                let _ = write!(line, "connected to {url}");
                if let Some(subprotocol) = subprotocol {
                    let _ = write!(line, ", subprotocol {subprotocol}");
                }
                AnsiColor::Green.on_default()
            }
            Event::Closed {
                code,
                reason,
                initiator,
                clean,
            } => {
                line.push_str(match (clean, *initiator) {
                    (false, _) => "closed: the peer did not finish the closing handshake in time",
                    (true, "peer") => "closed by the peer",
                    (true, _) => "closed",
                });
                if let Some(code) = code {
                    let _ = write!(line, ": {}", CloseCode(*code));
                }
                if !reason.is_empty() {
                    line.push_str(", ");
                    self.text(reason, &mut line);
                }
                AnsiColor::Yellow.on_default()
            }
            Event::Disconnected {
                attempt,
                retry_in_ms: Some(wait),
                message,
                ..
            } => {
                line.push_str("disconnected: ");
                self.text(message, &mut line);
                let seconds = Duration::from_millis(*wait).as_secs_f64();
                let _ = write!(line, "; attempt {attempt} in {seconds:.1} s");
                AnsiColor::Yellow.on_default()
            }
            Event::Error { message, .. } => {
                line.push_str("hybi: ");
                self.text(message, &mut line);
                AnsiColor::Red.on_default()
            }
            _ => return None,
        };
        Some(self.styled(style, &line))
    }

    fn styled(self, style: Style, line: &str) -> String {
        match self {
            Self::Terminal { colour: true } => format!("{style}{line}{style:#}"),
            _ => line.to_owned(),
        }
    }

    fn text(self, text: &str, line: &mut String) {
        if self == Self::Pipe {
            line.push_str(text);
            return;
        }
        for character in text.chars() {
            match character {
                '\n' => line.push_str("\n  "),
                '\t' => line.push('\t'),
                other if other.is_control() => {
                    let _ = write!(line, "{}", other.escape_unicode());
                }
                other => line.push(other),
            }
        }
    }

    fn bytes(self, what: &str, data: &[u8], line: &mut String) {
        let plural = if data.len() == 1 { "" } else { "s" };
        let _ = write!(line, "{what}, {} byte{plural}", data.len());
        if data.is_empty() {
            return;
        }
        line.push_str(": ");
        let shown = match self {
            Self::Pipe => data,
            Self::Terminal { .. } => data.get(..SHOWN).unwrap_or(data),
        };
        for byte in shown {
            let _ = write!(line, "{byte:02x}");
        }
        if shown.len() < data.len() {
            line.push('…');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Reader = Reader::Terminal { colour: false };

    #[test]
    fn a_peer_does_not_control_the_terminal() {
        let event = Event::Text {
            data: "a\u{1b}[2Jb\u{9b}c\r\n\td",
        };
        assert_eq!(
            PLAIN.received(&event).unwrap(),
            "< a\\u{1b}[2Jb\\u{9b}c\\u{d}\n  \td"
        );
        assert_eq!(
            Reader::Pipe.received(&event).unwrap(),
            "< a\u{1b}[2Jb\u{9b}c\r\n\td"
        );
    }

    #[test]
    fn json_is_laid_out_on_a_terminal_only() {
        let event = Event::Text { data: "{\"a\":1}" };
        assert_eq!(PLAIN.received(&event).unwrap(), "< {\n    \"a\": 1\n  }");
        assert_eq!(Reader::Pipe.received(&event).unwrap(), "< {\"a\":1}");
    }

    #[test]
    fn binary_is_hexadecimal() {
        let event = Event::Binary { data: &[7; 300] };
        let line = PLAIN.received(&event).unwrap();
        assert_eq!(line, format!("< binary, 300 bytes: {}…", "07".repeat(256)));
        let line = Reader::Pipe.received(&event).unwrap();
        assert_eq!(line, format!("< binary, 300 bytes: {}", "07".repeat(300)));
    }
}
