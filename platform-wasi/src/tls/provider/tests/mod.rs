//! Every primitive as it is wired here, against the vectors of project
//! Wycheproof and of the RFCs.

mod exchange;
mod records;
mod signatures;

use alloc::vec::Vec;

/// How many vectors were tried: a set that is empty has proven nothing.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn count(&mut self, accepted: bool) {
        if accepted {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    fn done(&self) {
        assert!(self.accepted >= 5, "only {} accepted", self.accepted);
        assert!(self.refused >= 5, "only {} refused", self.refused);
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits.chunks(2).map(|two| two[0] << 4 | two[1]).collect()
}
