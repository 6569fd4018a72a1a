//! What the machine does at best: copying, masking, checking UTF-8, and TCP
//! without WebSocket.

use std::{
    hint::black_box,
    io::{self, Read, Write},
    time::Instant,
};

use crate::{
    clock::{cores, stay_on, timed},
    message::Content,
    options::Options,
    over_sockets::Server,
    peers::mask,
    record::Records,
    stats::{Figure, Samples, interleave},
};

const NAME: &str = "machine";

pub fn run(options: &Options) -> io::Result<Records> {
    let mut records = Records::default();
    let rounds = options.rounds(15);
    for size in [64, 16 << 10, 1 << 20] {
        let binary = Content::Binary.bytes(size);
        let (ascii, japanese) = (Content::Ascii.bytes(size), Content::Japanese.bytes(size));
        let mut to = vec![0; size];
        let title = if size < 1024 {
            format!("{size} B")
        } else {
            format!("{} KiB", size >> 10)
        };
        let mut copy = || {
            to.copy_from_slice(black_box(&binary));
            black_box(&mut to);
        };
        let mut out = vec![0; size];
        let mut xor = || {
            mask(&mut out, black_box(&binary), black_box([1, 2, 3, 4]));
            black_box(&mut out);
        };
        let standard = |text: &[u8]| {
            black_box(str::from_utf8(black_box(text)).is_ok());
        };
        let simd = |text: &[u8]| {
            black_box(simdutf8::basic::from_utf8(black_box(text)).is_ok());
        };
        let tasks: &mut [(&str, &mut dyn FnMut())] = &mut [
            ("copy", &mut copy),
            ("copy and mask", &mut xor),
            ("UTF-8, ASCII, simdutf8", &mut || simd(&ascii)),
            ("UTF-8, ASCII, std", &mut || standard(&ascii)),
            ("UTF-8, Japanese, simdutf8", &mut || simd(&japanese)),
            ("UTF-8, Japanese, std", &mut || standard(&japanese)),
        ];
        let count = ((2 << 20) / size).max(8);
        let mut samples = vec![Samples::default(); tasks.len()];
        interleave(tasks.len(), rounds, |index| {
            let ((), spent) = timed(|| (0..count).for_each(|_| tasks[index].1()));
            samples[index].add(spent.cpu.as_nanos() as f64 / count as f64);
        });
        for ((task, _), samples) in tasks.iter().zip(samples) {
            records.figure(&format!("{task}, {title}"), NAME, "ns", samples.figure());
        }
    }
    tcp(options, &mut records)?;
    Ok(records)
}

/// TCP alone, of the same server.
fn tcp(options: &Options, records: &mut Records) -> io::Result<()> {
    let server = Server::start()?;
    let rounds = options.rounds(7);
    let mut buffer = vec![1; 256 << 10];
    let size = 16 << 20;
    let mut stream = server
        .target("/send/binary/1048576".to_owned(), false)
        .open()?;
    let mut samples = [Samples::default(), Samples::default()];
    for _ in 0..rounds {
        let (done, spent) = timed(|| -> io::Result<()> {
            let mut left = size;
            while left > 0 {
                left -= stream.read(&mut buffer)?.min(left);
            }
            Ok(())
        });
        done?;
        samples[0].add(spent.cpu.as_nanos() as f64 * 1024.0 / size as f64);
        samples[1].add(spent.wall.as_nanos() as f64 * 1024.0 / size as f64);
    }
    put(records, "TCP receive, each KiB", &samples);
    let mut stream = server.target("/sink".to_owned(), false).open()?;
    let mut samples = [Samples::default(), Samples::default()];
    for _ in 0..rounds {
        let (done, spent) = timed(|| -> io::Result<()> {
            (0..size / buffer.len()).try_for_each(|_| stream.write_all(&buffer))
        });
        done?;
        samples[0].add(spent.cpu.as_nanos() as f64 * 1024.0 / size as f64);
        samples[1].add(spent.wall.as_nanos() as f64 * 1024.0 / size as f64);
    }
    put(records, "TCP send, each KiB", &samples);
    let cores = cores();
    for (place, core) in [("both ends on one core", 0), ("a core each", 1)] {
        let Some(core) = cores.get(core) else {
            continue;
        };
        stay_on(&cores[..1]);
        let mut stream = server.target(format!("/raw/{core}"), false).open()?;
        let (mut message, count) = ([7; 64], 2000);
        let mut samples = [Samples::default(), Samples::default()];
        for _ in 0..rounds {
            let mut times = Vec::with_capacity(count);
            for _ in 0..count {
                let start = Instant::now();
                stream.write_all(&message)?;
                stream.read_exact(&mut message)?;
                times.push(start.elapsed().as_nanos() as f64);
            }
            times.sort_by(f64::total_cmp);
            samples[0].add(times[count / 2]);
            samples[1].add(times[count * 99 / 100]);
        }
        let title = format!("TCP round trip of 64 B, {place}");
        records.figure(&title, NAME, "ns", samples[0].figure());
        records.figure(&title, NAME, "p99", samples[1].figure());
        stay_on(&cores);
    }
    Ok(())
}

fn put(records: &mut Records, title: &str, samples: &[Samples; 2]) {
    let figure = |at: usize| -> Option<Figure> { samples[at].figure() };
    records.figure(title, NAME, "ns", figure(0));
    records.figure(title, NAME, "wall", figure(1));
}
