//! How far a large message is, for people who wait.

use std::time::{Duration, Instant};

/// Nothing is shown of what is over sooner, or smaller.
const SOON: Duration = Duration::from_millis(300);
const SMALL: u64 = 256 << 10;

/// How often the line changes.
const PACE: Duration = Duration::from_millis(100);

/// So many characters of a file's name are shown.
const NAME: usize = 24;

#[derive(Debug)]
pub(crate) struct Progress {
    what: &'static str,
    name: String,
    total: Option<u64>,
    done: u64,
    begin: Option<Instant>,
    shown: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, name: &str, total: Option<u64>) -> Self {
        let mut short: String = name
            .chars()
            .take(NAME)
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect();
        if name.chars().nth(NAME).is_some() {
            short.push('…');
        }
        Self {
            what,
            name: short,
            total,
            done: 0,
            begin: None,
            shown: None,
        }
    }

    /// So many bytes more are through. The line to show, if it is time for
    /// one.
    pub(crate) fn advance(&mut self, bytes: usize, now: Instant) -> Option<String> {
        self.done = self
            .done
            .saturating_add(bytes.try_into().unwrap_or(u64::MAX));
        let begin = *self.begin.get_or_insert(now);
        let since = now.saturating_duration_since(self.shown.unwrap_or(begin));
        let pause = if self.shown.is_some() { PACE } else { SOON };
        if since < pause || self.done < SMALL {
            return None;
        }
        self.shown = Some(now);
        Some(self.line(now.saturating_duration_since(begin)))
    }

    /// How much it was, to be said where anything was said before.
    pub(crate) fn finish(&self, now: Instant) -> Option<String> {
        self.shown?;
        let taken = now.saturating_duration_since(self.begin?);
        Some(format!(
            "{}: {} in {:.1} s",
            self.name,
            size(self.done),
            taken.as_secs_f64()
        ))
    }

    #[expect(clippy::cast_precision_loss, reason = "three digits of them are shown")]
    fn line(&self, taken: Duration) -> String {
        let rate = self.done as f64 / taken.as_secs_f64().max(0.001);
        let mut line = format!("{} {}: {}", self.what, self.name, size(self.done));
        if let Some(total) = self.total.filter(|total| *total >= self.done) {
            let percent = u128::from(self.done) * 100 / u128::from(total.max(1));
            let left = (total - self.done) as f64 / rate.max(1.0);
            line.push_str(&format!(" of {}, {percent} %", size(total)));
            line.push_str(&format!(", {}/s, {left:.0} s left", size_of_rate(rate)));
        } else {
            line.push_str(&format!(", {}/s", size_of_rate(rate)));
        }
        line
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float saturates, and this one is not negative"
)]
fn size_of_rate(rate: f64) -> String {
    size(rate as u64)
}

/// A number of bytes for people.
#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
pub(crate) fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return match unit {
                "bytes" => format!("{bytes} {unit}"),
                _ => format!("{value:.1} {unit}"),
            };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            (64 << 20, "64.0 MiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn lines_come_at_their_pace() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut progress = Progress::new("sending", "a.bin", Some(64 << 20));
        assert_eq!(progress.advance(1 << 20, at(0)), None);
        assert_eq!(progress.advance(1 << 20, at(299)), None);
        assert_eq!(progress.finish(at(299)), None);
        let line = "sending a.bin: 8.0 MiB of 64.0 MiB, 12 %, 16.0 MiB/s, 4 s left";
        assert_eq!(progress.advance(6 << 20, at(500)).unwrap(), line);
        assert_eq!(progress.advance(1, at(599)), None);
        assert!(progress.advance(1, at(600)).is_some());
        let line = "a.bin: 8.0 MiB in 0.6 s";
        assert_eq!(progress.finish(at(600)).unwrap(), line);
    }

    #[test]
    fn what_is_small_or_of_unknown_size() {
        let begin = Instant::now();
        let later = begin + Duration::from_secs(2);
        let mut progress = Progress::new("receiving", &"é\u{1b}".repeat(20), None);
        assert_eq!(progress.advance(10, begin), None);
        assert_eq!(progress.advance(10, later), None);
        let line = progress.advance(1 << 20, later).unwrap();
        assert!(line.ends_with("…: 1.0 MiB, 512.0 KiB/s"), "{line}");
        assert!(!line.contains('\u{1b}'));
    }
}
