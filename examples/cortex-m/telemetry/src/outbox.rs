//! Readings on their way: kept until the server has acknowledged them.

use core::fmt::{self, Write as _};

use board::println;
use embassy_time::{Duration, Instant};
use heapless::Deque;

/// The most readings that wait for their acknowledgement.
const ROOM: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Reading {
    sequence: u32,
    /// Tenths of a degree.
    celsius: u32,
}

/// Readings from the sensor to the acknowledgement.
pub(crate) struct Outbox {
    readings: Deque<Reading, ROOM>,
    /// How many of them went out on the present connection.
    sent: usize,
    taken: u32,
    acknowledged: u32,
    lost: u32,
    /// How many to take; 0: any number.
    count: u32,
    interval: Duration,
    next: Instant,
}

impl Outbox {
    pub(crate) fn new(count: u32, interval: Duration) -> Self {
        Self {
            readings: Deque::new(),
            sent: 0,
            taken: 0,
            acknowledged: 0,
            lost: 0,
            count,
            interval,
            next: Instant::now(),
        }
    }

    /// Takes the readings that are due, also those that were due while
    /// nobody asked. Returns when the next one is.
    pub(crate) fn sample(&mut self) -> Instant {
        while self.is_taking() && Instant::now() >= self.next {
            self.next += self.interval;
            self.taken += 1;
            if self.readings.is_full() {
                let lost = self.readings.pop_front();
                self.sent = self.sent.saturating_sub(1);
                self.lost += 1;
                println!("lost {}", lost.map_or(0, |reading| reading.sequence));
            }
            // There is room now.
            let _ = self.readings.push_back(Reading {
                sequence: self.taken,
                celsius: 200 + self.taken * 7 % 50,
            });
        }
        if self.is_taking() {
            self.next
        } else {
            Instant::MAX
        }
    }

    fn is_taking(&self) -> bool {
        self.count == 0 || self.taken < self.count
    }

    /// Everything was taken, and has arrived or is lost.
    pub(crate) fn is_done(&self) -> bool {
        !self.is_taking() && self.readings.is_empty()
    }

    /// A new connection: what is not acknowledged goes out again.
    pub(crate) const fn rewind(&mut self) {
        self.sent = 0;
    }

    /// The next reading to send, as JSON.
    pub(crate) fn next(&mut self) -> Option<heapless::String<64>> {
        let Reading { sequence, celsius } = *self.readings.iter().nth(self.sent)?;
        self.sent += 1;
        let (whole, part) = (celsius / 10, celsius % 10);
        let mut json = heapless::String::new();
        // It is at most 41 bytes.
        let _ = write!(json, r#"{{"seq":{sequence},"celsius":{whole}.{part}}}"#);
        Some(json)
    }

    /// The server has every reading up to this one.
    pub(crate) fn acknowledge(&mut self, sequence: u32) {
        while let Some(first) = self.readings.front()
            && first.sequence <= sequence
        {
            self.readings.pop_front();
            self.sent = self.sent.saturating_sub(1);
            self.acknowledged += 1;
        }
    }
}

impl fmt::Display for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            taken,
            acknowledged,
            lost,
            ..
        } = self;
        write!(
            f,
            "{taken} readings, {acknowledged} acknowledged, {lost} lost"
        )
    }
}
