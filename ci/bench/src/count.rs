//! Instructions of each message, counted by callgrind: the same on every run,
//! whatever else the machine does.
//!
//! The program runs itself under valgrind. Callgrind starts to count where a
//! row begins and writes what it counted where the row ends.

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{attempt::attempt, options::Options, peer::Wire, record::Records, rows, stats::Figure};

#[inline(never)]
fn begin_counting() {
    black_box(1);
}

#[inline(never)]
fn end_counting() {
    black_box(2);
}

/// Under valgrind: runs the rows, and names them in the order in which they
/// end.
pub fn inner(options: &Options) {
    let budget = if options.quick { 64 << 10 } else { 256 << 10 };
    for row in options.rows(rows::memory()) {
        let count = row.count(budget);
        // Of small ones, as many as one read brings.
        let warm_up = if row.per_kib() { 4 } else { count };
        let messages = row.messages();
        for peer in options.peers() {
            let stream = row.stream(warm_up + count);
            let done = attempt(|| {
                let mut client = peer.open(Wire::Memory(stream), row.setup())?;
                row.run(&mut *client, &messages, warm_up)?;
                begin_counting();
                row.run(&mut *client, &messages, count)?;
                end_counting();
                Ok(())
            });
            let name = peer.name();
            match done {
                Ok(()) => println!("{}\t{name}\t{}", row.title(), count as f64 * row.unit()),
                Err(failure) => println!("{}\t{name}\twhy\t{failure}", row.title()),
            }
        }
    }
}

pub fn run(args: &[String]) -> io::Result<Records> {
    let folder = env::temp_dir().join(format!("hybi-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let out = folder.join("callgrind");
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "-q"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg("--zero-before=*begin_counting*")
        .arg("--dump-after=*end_counting*")
        .arg(env::current_exe()?)
        .arg("count-inner")
        .args(args)
        // It would count `rep movsb` once a byte.
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS,-FSRM")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = child
        .stdout
        .take()
        .ok_or_else(|| io::Error::other("no output"))?;
    let mut records = Records::default();
    let mut dump = 0;
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        let fields: Vec<_> = line.split('\t').collect();
        match fields[..] {
            [row, peer, units] => {
                dump += 1;
                let units: f64 = units.parse().map_err(io::Error::other)?;
                let counted = counted(&folder.join(format!("callgrind.{dump}")))?;
                let figure = Figure::exact(counted / units);
                records.figure(row, peer, "instructions", Some(figure));
                eprintln!("{row}, {peer}: {:.1}", figure.median);
            }
            [row, peer, "why", why] => records.why(row, peer, why),
            _ => return Err(io::Error::other(line)),
        }
    }
    let status = child.wait()?;
    fs::remove_dir_all(&folder)?;
    if status.success() {
        Ok(records)
    } else {
        Err(io::Error::other(format!("valgrind: {status}")))
    }
}

/// The sum of a dump.
fn counted(dump: &std::path::Path) -> io::Result<f64> {
    let text = fs::read_to_string(dump)?;
    let sum = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("summary:")
                .or(line.strip_prefix("totals:"))
        })
        .and_then(|sum| sum.split_whitespace().next()?.parse().ok());
    sum.ok_or_else(|| io::Error::other(format!("{} has no sum", dump.display())))
}
