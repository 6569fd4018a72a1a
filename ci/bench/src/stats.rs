//! Rounds of several candidates, taken in turn.

/// What the rounds of one candidate gave.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn add(&mut self, value: f64) {
        let at = self.0.partition_point(|&known| known < value);
        self.0.insert(at, value);
    }

    pub fn figure(&self) -> Option<Figure> {
        let (&low, &high) = (self.0.first()?, self.0.last()?);
        let middle = self.0.len() / 2;
        let median = if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            (self.0[middle - 1] + self.0[middle]) / 2.0
        };
        Some(Figure { median, low, high })
    }
}

/// A figure, and between what the rounds lay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Figure {
    /// One that does not spread.
    pub const fn exact(value: f64) -> Self {
        Self {
            median: value,
            low: value,
            high: value,
        }
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
