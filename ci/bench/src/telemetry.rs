//! Messages as sensors send them: the same keys each time, values that drift.

use std::fmt::Write;

use zlib_rs::{Deflate as Compressor, DeflateFlush};

use crate::{message::frame, peer::Deflate};

/// A small generator: the messages are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % limit
    }
}

/// `count` JSON texts of about 1 KiB.
pub fn messages(count: usize) -> Vec<String> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut temperature = 2150_u64;
    (0..count)
        .map(|sequence| {
            let at = 1_790_000_000_000 + sequence as u64 * 1000 + random.below(20);
            let mut out = format!(
                r#"{{"device":"pump-station-{:02}","sequence":{sequence},"at":{at},"firmware":"2.4.1","readings":["#,
                random.below(12),
            );
            for sensor in 0..13 {
                temperature = temperature - 10 + random.below(21);
                let _ = write!(
                    out,
                    r#"{}{{"sensor":"t{sensor}","celsius":{}.{:02},"bar":{}.{:03},"ok":{}}}"#,
                    if sensor == 0 { "" } else { "," },
                    temperature / 100,
                    temperature % 100,
                    random.below(4),
                    random.below(1000),
                    random.below(50) != 0,
                );
            }
            let _ = write!(
                out,
                r#"],"position":{{"lat":52.{:06},"lon":13.{:06}}},"battery":{{"volt":3.{:03},"percent":{}}},"signal":-{},"status":"{}","location":"Nordhafen, Halle 3","operator":"Wasserwerke Nord","session":"{:016x}"}}"#,
                random.below(1_000_000),
                random.below(1_000_000),
                random.below(1000),
                random.below(101),
                50 + random.below(60),
                ["running", "idle", "maintenance"][random.below(3) as usize],
                random.below(u64::MAX),
            );
            out
        })
        .collect()
}

/// The messages as a server sends them, compressed with level 6.
pub fn from_server(deflate: Deflate, messages: &[String]) -> Vec<u8> {
    let mut compressor = Compressor::new(6, false, 15);
    let mut out = Vec::new();
    for message in messages {
        let mut packed = vec![0; message.len() + 100];
        let before = compressor.total_out();
        let status = compressor.compress(message.as_bytes(), &mut packed, DeflateFlush::SyncFlush);
        status.expect("there is room");
        packed.truncate((compressor.total_out() - before) as usize - 4);
        frame(&mut out, 0xC1, &packed);
        if !deflate.takeover {
            compressor.reset();
        }
    }
    out
}
