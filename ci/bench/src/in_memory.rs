//! The rows in memory: time, reads and writes of each message.

use std::sync::Arc;

use crate::{
    attempt::attempt,
    clock::timed,
    memory::Tally,
    message::Message,
    options::Options,
    peer::{Client, Outcome, Peer, Wire},
    record::Records,
    rows::{self, Row, What},
    stats::{Figure, Samples, interleave},
};

/// So many bytes a round.
const BUDGET: usize = 4 << 20;

struct Candidate {
    client: Outcome<Box<dyn Client>>,
    tally: Arc<Tally>,
    nanoseconds: Samples,
}

pub fn run(options: &Options) -> Records {
    let rounds = options.rounds(15);
    let budget = if options.quick { BUDGET / 8 } else { BUDGET };
    let mut records = Records::default();
    let peers = options.peers();
    for row in options.rows(rows::memory()) {
        eprintln!("{}", row.title());
        let count = row.count(budget).min(row.count(2 << 20) * 2);
        measure(&row, &peers, rounds, count, &mut records);
    }
    records
}

fn measure(row: &Row, peers: &[Box<dyn Peer>], rounds: usize, count: usize, records: &mut Records) {
    let messages = row.messages();
    let warm_up = count / 4;
    let in_all = warm_up + count * (rounds + 1);
    let mut candidates: Vec<_> = peers
        .iter()
        .map(|peer| {
            let stream = row.stream(in_all);
            let tally = Arc::clone(&stream.tally);
            let client = attempt(|| {
                let mut client = peer.open(Wire::Memory(stream), row.setup())?;
                row.run(&mut *client, &messages, warm_up)?;
                Ok(client)
            });
            Candidate {
                client,
                tally,
                nanoseconds: Samples::default(),
            }
        })
        .collect();
    interleave(peers.len(), rounds, |index| {
        candidates[index].round(row, &messages, count);
    });
    for (peer, mut candidate) in peers.iter().zip(candidates) {
        let (title, name) = (row.title(), peer.name());
        candidate.counts(row, &messages, count, name, records);
        match candidate.client {
            Ok(_) => {
                let figure = candidate.nanoseconds.figure();
                records.figure(&title, name, "ns", figure);
            }
            Err(failure) => records.why(&title, name, &failure.to_string()),
        }
    }
}

impl Candidate {
    fn round(&mut self, row: &Row, messages: &[Message], count: usize) {
        let Ok(client) = &mut self.client else {
            return;
        };
        let (done, spent) = timed(|| attempt(|| row.run(&mut **client, messages, count)));
        match done {
            Ok(()) => {
                let nanoseconds = spent.cpu.as_nanos() as f64;
                self.nanoseconds
                    .add(nanoseconds / count as f64 / row.unit());
            }
            Err(failure) => self.client = Err(failure),
        }
    }

    /// One more round, in which reads and writes are counted.
    fn counts(
        &mut self,
        row: &Row,
        messages: &[Message],
        count: usize,
        name: &str,
        records: &mut Records,
    ) {
        let Ok(client) = &mut self.client else {
            return;
        };
        let before = [
            self.tally.reads(),
            self.tally.writes(),
            self.tally.bytes_written(),
        ];
        let done = attempt(|| row.run(&mut **client, messages, count));
        if let Err(failure) = done {
            self.client = Err(failure);
            return;
        }
        let after = [
            self.tally.reads(),
            self.tally.writes(),
            self.tally.bytes_written(),
        ];
        let each = |n: u64| Some(Figure::exact(n as f64 / count as f64));
        let title = row.title();
        if row.what != What::Send {
            records.figure(&title, name, "reads", each(after[0] - before[0]));
        }
        if row.what != What::Receive {
            records.figure(&title, name, "writes", each(after[1] - before[1]));
        }
        if row.deflate.is_some() && row.what == What::Send {
            records.figure(&title, name, "bytes", each(after[2] - before[2]));
        }
    }
}
