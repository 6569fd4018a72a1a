//! What is measured.

use crate::clients::{CLIENTS, Client, LARGEST, Task};

/// Room for what a server sends.
pub const INPUT: usize = 4 * (LARGEST + 4);

#[derive(Clone, Copy)]
pub struct Row {
    pub title: &'static str,
    /// 1 text, 2 binary; 0 for what is sent.
    opcode: u8,
    japanese: bool,
    size: usize,
}

const fn row(title: &'static str, opcode: u8, japanese: bool, size: usize) -> Row {
    Row {
        title,
        opcode,
        japanese,
        size,
    }
}

pub const ROWS: &[Row] = &[
    row("receive 64 B binary", 2, false, 64),
    row("receive 64 B ASCII text", 1, false, 64),
    row("receive 1 KiB binary", 2, false, 1024),
    row("receive 1 KiB ASCII text", 1, false, 1024),
    row("receive 1 KiB Japanese text", 1, true, 1023),
    row("receive 4 KiB binary", 2, false, 4096),
    row("send 64 B", 0, false, 64),
    row("send 1 KiB", 0, false, 1024),
    row("send 4 KiB", 0, false, 4096),
];

/// Calls `measure` with each row, each client, and what runs it.
pub fn each(count: u32, mut measure: impl FnMut(&Row, &str, &dyn Fn(&mut dyn FnMut()))) {
    let mut message = [0; LARGEST];
    let mut input = [0; INPUT];
    for row in ROWS {
        let message = &mut message[..row.size];
        let pattern = if row.japanese {
            "波は沖".as_bytes()
        } else {
            b"abcdefgh"
        };
        for (to, from) in message.iter_mut().zip(pattern.iter().cycle()) {
            *to = *from;
        }
        let len = if row.opcode == 0 {
            0
        } else {
            frames(&mut input, row.opcode, message)
        };
        let task = Task {
            input: &input[..len],
            message,
            count,
        };
        for (name, client) in CLIENTS {
            let client: Client = *client;
            measure(row, name, &|mark| client(&task, mark));
        }
    }
}

/// As many frames as there is room for; returns their length.
fn frames(input: &mut [u8], opcode: u8, message: &[u8]) -> usize {
    let header = if message.len() < 126 { 2 } else { 4 };
    let mut len = 0;
    for frame in input.chunks_exact_mut(header + message.len()) {
        frame[0] = 0x80 | opcode;
        if header == 2 {
            frame[1] = message.len() as u8;
        } else {
            frame[1] = 126;
            frame[2..4].copy_from_slice(&(message.len() as u16).to_be_bytes());
        }
        frame[header..].copy_from_slice(message);
        len += frame.len();
    }
    len
}
