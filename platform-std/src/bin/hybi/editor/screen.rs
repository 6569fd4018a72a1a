//! Where the prompt and the line stand on the screen.
//!
//! ```text
//!   messages above                  ◄─ top of the prompt: `row` lines above
//!   > a long line that wra             the cursor
//!   ps around_
//! ```

use core::fmt::Write;

use super::{line::Line, width};

#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Lines between the top of the prompt and the cursor.
    row: usize,
    /// A line above the prompt, or none.
    pub(super) status: String,
}

/// A place, counted from the top left of the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    row: usize,
    column: usize,
}

impl Screen {
    /// What takes the prompt away and leaves the cursor where it began.
    pub(super) fn clear(&mut self) -> String {
        let mut out = String::new();
        if self.row > 0 {
            let _ = write!(out, "\x1b[{}A", self.row);
        }
        out.push_str("\r\x1b[J");
        self.row = 0;
        out
    }

    /// What draws the prompt and the line where the cursor is.
    pub(super) fn draw(&mut self, line: &Line, columns: usize) -> String {
        let mut out = String::new();
        if !self.status.is_empty() {
            // Cut, so that it is one line.
            out.extend(self.status.chars().take(columns.saturating_sub(1)));
            out.push('\n');
        }
        let prompt = line.prompt();
        let end = place(&prompt, line.text(), columns, Some(&mut out));
        let cursor = place(&prompt, line.before(), columns, None);
        if end.row > cursor.row {
            let _ = write!(out, "\x1b[{}A", end.row - cursor.row);
        }
        out.push('\r');
        if cursor.column > 0 {
            let _ = write!(out, "\x1b[{}C", cursor.column);
        }
        self.row = cursor.row + usize::from(!self.status.is_empty());
        out
    }

    /// What leaves the line where it is and begins a new one below it. There
    /// must be no status then.
    pub(super) fn leave(&mut self, line: &Line, columns: usize) -> String {
        let end = place(&line.prompt(), line.text(), columns, None);
        let mut out = String::new();
        if end.row > self.row {
            let _ = write!(out, "\x1b[{}B", end.row - self.row);
        }
        out.push_str("\r\n");
        self.row = 0;
        out
    }
}

/// Where the cursor is after the prompt and `text`, which are written to
/// `out`. Lines are broken here: what terminals do at the last column
/// differs.
fn place(prompt: &str, text: &str, columns: usize, mut out: Option<&mut String>) -> Place {
    let columns = columns.max(2);
    let mut place = Place { row: 0, column: 0 };
    let mut put = |character| {
        if let Some(out) = &mut out {
            out.push(character);
        }
    };
    for character in prompt.chars().chain(text.chars()) {
        let shown = match character {
            '\n' => {
                put('\n');
                place = place.next_row();
                continue;
            }
            // One column, whatever it is.
            other if other.is_control() => '\u{fffd}',
            other => other,
        };
        let width = width(shown);
        if place.column + width > columns {
            put('\n');
            place = place.next_row();
        }
        put(shown);
        place.column += width;
        if place.column == columns {
            put('\n');
            place = place.next_row();
        }
    }
    place
}

impl Place {
    const fn next_row(self) -> Self {
        Self {
            row: self.row + 1,
            column: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::keys::Key;

    #[test]
    fn lines_wrap() {
        let at = |text, columns| {
            let place = place("> ", text, columns, None);
            (place.row, place.column)
        };
        assert_eq!(at("", 10), (0, 2));
        assert_eq!(at("1234567", 10), (0, 9));
        assert_eq!(at("12345678", 10), (1, 0));
        assert_eq!(at("123456789", 10), (1, 1));
        assert_eq!(at("1\n2", 10), (1, 1));
        // A wide character does not fit the last column.
        assert_eq!(at("1234567漢", 10), (1, 2));
        assert_eq!(at("e\u{301}\t", 10), (0, 4));
    }

    #[test]
    fn what_is_drawn_is_taken_away_again() {
        let mut line = Line::default();
        line.edit(Key::Paste("12345678\nab".to_owned()));
        line.edit(Key::Left);
        let mut screen = Screen::default();
        let drawn = "> 12345678\n\nab\r\x1b[1C";
        assert_eq!(screen.draw(&line, 10), drawn);
        assert_eq!(screen.clear(), "\x1b[2A\r\x1b[J");
        assert_eq!(screen.clear(), "\r\x1b[J");
        line.edit(Key::Home);
        assert_eq!(screen.draw(&line, 10), "> 12345678\n\nab\x1b[2A\r\x1b[2C");
        assert_eq!(screen.leave(&line, 10), "\x1b[2B\r\n");

        let line = Line::default();
        screen.status = "half of it is there".to_owned();
        assert_eq!(screen.draw(&line, 10), "half of i\n> \r\x1b[2C");
        assert_eq!(screen.clear(), "\x1b[1A\r\x1b[J");
    }
}
