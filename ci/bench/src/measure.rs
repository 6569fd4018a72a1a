//! Rounds of several candidates, taken in turn.

use std::time::Duration;

/// What the rounds of one candidate took, for each message.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, spent: Duration, messages: usize) {
        self.0.push(spent.as_nanos() as f64 / messages as f64);
        self.0.sort_by(f64::total_cmp);
    }

    /// In nanoseconds.
    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        match self.0.len() {
            0 => f64::NAN,
            len if len % 2 == 1 => self.0[middle],
            _ => (self.0[middle - 1] + self.0[middle]) / 2.0,
        }
    }

    /// The fastest round and the slowest one.
    pub fn range(&self) -> (f64, f64) {
        let end = |sample: Option<&f64>| sample.copied().unwrap_or(f64::NAN);
        (end(self.0.first()), end(self.0.last()))
    }
}

/// Each candidate once a round, in an order that moves on from round to
/// round, so that none is always the first.
pub fn interleave(candidates: usize, rounds: usize, mut run: impl FnMut(usize)) {
    for round in 0..rounds {
        for turn in 0..candidates {
            run((round + turn) % candidates);
        }
    }
}
