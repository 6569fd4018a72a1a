//! The line that is being written, and those before it.

use super::keys::Key;

/// So many lines are remembered.
const REMEMBERED: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    /// In bytes, always between two characters.
    cursor: usize,
    history: Vec<String>,
    /// Which line of the history is shown; its length: none.
    shown: usize,
    /// What was written before going back in the history.
    draft: String,
    search: Option<Search>,
}

/// A search in the history, backwards.
#[derive(Debug, Default)]
struct Search {
    words: String,
    failed: bool,
}

impl Line {
    pub(crate) fn new(mut history: Vec<String>) -> Self {
        history.drain(..history.len().saturating_sub(REMEMBERED));
        Self {
            shown: history.len(),
            history,
            ..Self::default()
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub(crate) fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    pub(crate) fn history(&self) -> &[String] {
        &self.history
    }

    /// Takes the line, and remembers it unless it is empty or the same again.
    pub(crate) fn submit(&mut self) -> String {
        self.search = None;
        let text = core::mem::take(&mut self.text);
        if !text.trim().is_empty() && self.history.last() != Some(&text) {
            self.history.push(text.clone());
            let surplus = self.history.len().saturating_sub(REMEMBERED);
            self.history.drain(..surplus);
        }
        self.cursor = 0;
        self.shown = self.history.len();
        text
    }

    /// What stands before the line.
    pub(crate) fn prompt(&self) -> String {
        match &self.search {
            None => "> ".to_owned(),
            Some(Search { words, failed }) => {
                let found = if *failed { "not found" } else { "search" };
                format!("{found}: {words} > ")
            }
        }
    }

    pub(crate) fn edit(&mut self, key: Key) {
        match (&mut self.search, key) {
            (None, Key::Search) => self.search = Some(Search::default()),
            (Some(_), Key::Search) => self.find(self.shown),
            (Some(search), Key::Char(character)) => {
                search.words.push(character);
                self.find(self.shown.saturating_add(1));
            }
            (Some(search), Key::Backspace) => {
                search.words.pop();
                self.find(self.history.len());
            }
            (Some(_), Key::Cancel) => {
                self.search = None;
                self.show(self.history.len());
            }
            (search, key) => {
                *search = None;
                self.change(key);
            }
        }
    }

    /// Shows the last line before `end` that has what is searched for.
    fn find(&mut self, end: usize) {
        let Some(search) = &mut self.search else {
            return;
        };
        let before = self.history.get(..end).unwrap_or(&self.history);
        let found = before.iter().rposition(|line| line.contains(&search.words));
        search.failed = found.is_none();
        if let Some(at) = found {
            self.show(at);
        }
    }

    fn change(&mut self, key: Key) {
        match key {
            Key::Char(character) => self.insert(character.encode_utf8(&mut [0; 4])),
            Key::Paste(text) => self.insert(&text),
            Key::Backspace => self.delete(self.left(), self.cursor),
            Key::Delete | Key::EndOfInput => self.delete(self.cursor, self.right()),
            Key::Left => self.cursor = self.left(),
            Key::Right => self.cursor = self.right(),
            Key::WordLeft => self.cursor = self.word_left(),
            Key::WordRight => self.cursor = self.word_right(),
            Key::Home => self.cursor = 0,
            Key::End => self.cursor = self.text.len(),
            Key::KillToEnd => self.delete(self.cursor, self.text.len()),
            Key::KillToStart => self.delete(0, self.cursor),
            Key::KillWord => self.delete(self.word_left(), self.cursor),
            Key::Up => self.show(self.shown.saturating_sub(1)),
            Key::Down => self.show(self.shown + 1),
            Key::Enter
            | Key::Search
            | Key::Cancel
            | Key::ClearScreen
            | Key::Interrupt
            | Key::Suspend => {}
        }
    }

    fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
    }

    /// The place one character on the left; marks go with their letter.
    fn left(&self) -> usize {
        let mut characters = self.before().char_indices().rev();
        let place = characters.find(|(_, character)| super::width(*character) > 0);
        place.map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let mut characters = self.after().char_indices().skip(1);
        let place = characters.find(|(_, character)| super::width(*character) > 0);
        place.map_or(self.text.len(), |(at, _)| self.cursor + at)
    }

    fn word_left(&self) -> usize {
        let trimmed = self.before().trim_end_matches(is_between);
        let place = trimmed.char_indices().rfind(|(_, c)| is_between(*c));
        place.map_or(0, |(at, character)| at + character.len_utf8())
    }

    fn word_right(&self) -> usize {
        let after = self.after();
        let gap = after.len() - after.trim_start_matches(is_between).len();
        let word = after.get(gap..).unwrap_or_default();
        let len = word.find(is_between).unwrap_or(word.len());
        self.cursor + gap + len
    }

    fn show(&mut self, which: usize) {
        if which > self.history.len() || which == self.shown {
            return;
        }
        if self.shown == self.history.len() {
            self.draft = core::mem::take(&mut self.text);
        }
        self.shown = which;
        self.text = match self.history.get(which) {
            Some(line) => line.clone(),
            None => core::mem::take(&mut self.draft),
        };
        self.cursor = self.text.len();
    }
}

fn is_between(character: char) -> bool {
    !character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &mut Line, keys: &[Key]) -> (String, usize) {
        for key in keys {
            line.edit(key.clone());
        }
        (line.text().to_owned(), line.before().len())
    }

    fn line(text: &str) -> Line {
        let mut line = Line::default();
        line.insert(text);
        line
    }

    #[test]
    fn editing() {
        let mut a = line("aä€");
        let (text, cursor) = typed(&mut a, &[Key::Left, Key::Left, Key::Char('x')]);
        assert_eq!((&*text, cursor), ("axä€", 2));
        let (text, _) = typed(&mut a, &[Key::Delete, Key::Backspace, Key::Backspace]);
        assert_eq!(text, "€");
        let (text, _) = typed(
            &mut a,
            &[Key::Backspace, Key::Left, Key::End, Key::Backspace],
        );
        assert_eq!(text, "");
        // A letter and its mark go together.
        let (text, _) = typed(&mut line("be\u{301}"), &[Key::Backspace]);
        assert_eq!(text, "b");
    }

    #[test]
    fn words() {
        let mut a = line("one, two  three");
        assert_eq!(typed(&mut a, &[Key::WordLeft]).1, 10);
        assert_eq!(typed(&mut a, &[Key::WordLeft, Key::WordLeft]).1, 0);
        assert_eq!(typed(&mut a, &[Key::WordRight, Key::WordRight]).1, 8);
        assert_eq!(typed(&mut a, &[Key::KillWord]).0, "one,   three");
        assert_eq!(typed(&mut a, &[Key::KillToEnd]).0, "one, ");
        assert_eq!(typed(&mut a, &[Key::KillToStart]).0, "");
    }

    #[test]
    fn history() {
        let mut a = Line::new(vec!["one".to_owned(), "two".to_owned()]);
        a.insert("draft");
        let shown = |a: &mut Line, key| typed(a, &[key]).0;
        assert_eq!(shown(&mut a, Key::Up), "two");
        assert_eq!(shown(&mut a, Key::Up), "one");
        assert_eq!(shown(&mut a, Key::Up), "one");
        assert_eq!(shown(&mut a, Key::Down), "two");
        assert_eq!(shown(&mut a, Key::Down), "draft");
        assert_eq!(shown(&mut a, Key::Down), "draft");
        assert_eq!(a.submit(), "draft");
        assert_eq!(a.submit(), "");
        assert_eq!(a.history(), ["one", "two", "draft"]);
        assert_eq!(shown(&mut a, Key::Up), "draft");
    }

    #[test]
    fn search() {
        let lines = ["/ping a", "one", "two", "one more"];
        let mut a = Line::new(lines.map(str::to_owned).to_vec());
        a.insert("draft");
        let keys = |words: &str| words.chars().map(Key::Char).collect::<Vec<_>>();
        let shown = |a: &mut Line, keys: &[Key]| typed(a, keys).0;
        assert_eq!(shown(&mut a, &[Key::Search]), "draft");
        assert_eq!(a.prompt(), "search:  > ");
        assert_eq!(shown(&mut a, &keys("ne")), "one more");
        assert_eq!(shown(&mut a, &[Key::Search]), "one");
        assert_eq!(shown(&mut a, &[Key::Search]), "one");
        assert_eq!(a.prompt(), "not found: ne > ");
        assert_eq!(shown(&mut a, &[Key::Backspace]), "one more");
        assert_eq!(a.prompt(), "search: n > ");
        // Back to what was written before.
        assert_eq!(shown(&mut a, &[Key::Cancel]), "draft");
        assert_eq!(a.prompt(), "> ");
        // Any other key takes the line that was found.
        assert_eq!(shown(&mut a, &[Key::Search]), "draft");
        assert_eq!(shown(&mut a, &keys("pin")), "/ping a");
        assert_eq!(typed(&mut a, &[Key::Home]), ("/ping a".to_owned(), 0));
        assert_eq!(a.prompt(), "> ");
        assert_eq!(a.submit(), "/ping a");
    }
}
