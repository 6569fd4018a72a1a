//! Measures what the documentation promises about threads, losses and
//! deadlines, against servers of this process on loopback.
//!
//! `cargo run --release -p hybi-std --example measure [NAME…]`, where the
//! names are those of the measurements; all of them by default. The exit
//! status is 0 only if every bound is kept.

mod servers;

use std::{
    env,
    error::Error,
    io::Write,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{
    Builder, CloseCode, Message, Reconnecting, builder,
    reconnect::{Outcome, Policy, SessionEvent},
};

type Result<T> = core::result::Result<T, Box<dyn Error + Send + Sync>>;

type Measure = fn() -> Result<()>;

const MEASUREMENTS: [(&str, Measure); 5] = [
    ("close", close_from_another_thread),
    ("drip", close_against_a_dripping_peer),
    ("threads", many_threads),
    ("restarts", restarts),
    ("cycles", cycles),
];

fn main() -> ExitCode {
    let names: Vec<_> = env::args().skip(1).collect();
    let mut failed = false;
    for (name, measure) in MEASUREMENTS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        if let Err(error) = measure() {
            println!("{name}: FAILED: {error}");
            failed = true;
        }
    }
    ExitCode::from(u8::from(failed))
}

fn check(kept: bool, bound: &str) -> Result<()> {
    if kept {
        Ok(())
    } else {
        Err(format!("not kept: {bound}").into())
    }
}

/// How long a blocked receive takes to end, after another thread closes.
fn close_from_another_thread() -> Result<()> {
    type Connect = fn() -> Result<Builder>;
    let kinds: [(&str, Connect); 2] = [("plain", servers::plain), ("TLS", servers::tls)];
    for (kind, connect) in kinds {
        for aborts in [false, true] {
            let mut times = Vec::new();
            for _ in 0..100 {
                let (sender, mut receiver) = connect()?.connect()?.split()?;
                let blocked = thread::spawn(move || {
                    let end = receiver.receive_message();
                    (end.is_ok(), Instant::now())
                });
                thread::sleep(Duration::from_millis(10));
                let begin = Instant::now();
                if aborts {
                    sender.abort();
                } else {
                    sender.start_close(CloseCode::NORMAL, "")?;
                }
                let (closed, at) = blocked.join().map_err(|_| "the receiver panicked")?;
                check(closed != aborts, "a close is an event, an abort an error")?;
                times.push(at - begin);
            }
            times.sort_unstable();
            let (median, most) = (times.get(50), times.last().copied().unwrap_or_default());
            let what = if aborts { "abort" } else { "close" };
            println!(
                "{what} from another thread, {kind}: median {:?}, longest of 100 {most:?}",
                median.copied().unwrap_or_default()
            );
            check(most < Duration::from_millis(50), "50 ms")?;
        }
    }
    Ok(())
}

/// How long after its deadline a close returns, while the peer sends a byte
/// every 200 ms.
fn close_against_a_dripping_peer() -> Result<()> {
    let deadline = Duration::from_secs(1);
    for split in [false, true] {
        let url = servers::raw(|mut stream| {
            let _ = stream.write_all(&[0x82, 0x7e, 0x7f, 0xff]);
            while stream.write_all(&[0]).is_ok() {
                thread::sleep(Duration::from_millis(200));
            }
        })?;
        let mut socket = builder(url).close_timeout(deadline).connect()?;
        let begin = Instant::now();
        let closed = if split {
            let (sender, _receiver) = socket.split()?;
            sender.close(CloseCode::NORMAL, "")?
        } else {
            socket.close(CloseCode::NORMAL, "")?
        };
        let over = begin.elapsed().saturating_sub(deadline);
        let what = if split { "Sender" } else { "WebSocket" };
        println!("close against a dripping peer, {what}: deadline of {deadline:?} + {over:?}");
        check(!closed.clean, "the peer never answered")?;
        check(over < Duration::from_millis(100), "100 ms")?;
    }
    Ok(())
}

const THREADS: usize = 8;
const EACH: u32 = 100_000;

/// Messages a second from 8 threads through one `Sender`, echoed and counted.
fn many_threads() -> Result<()> {
    for tls in [false, true] {
        let server = if tls {
            servers::tls()
        } else {
            servers::plain()
        };
        let (sender, mut receiver) = server?.compression(None).connect()?.split()?;
        let begin = Instant::now();
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let sender = sender.clone();
                thread::spawn(move || {
                    (0..EACH).try_for_each(|number| {
                        sender.send_text(&format!("{thread} {number} {:>48}", "whole"))
                    })
                })
            })
            .collect();
        let mut next = [0u32; THREADS];
        while next != [EACH; THREADS] {
            let Message::Text(text) = receiver.receive_message()? else {
                return Err("something else than text arrived".into());
            };
            let mut words = text.split_whitespace();
            let thread: usize = words.next().unwrap_or_default().parse()?;
            let number: u32 = words.next().unwrap_or_default().parse()?;
            let expected = next.get_mut(thread).ok_or("a thread that is none")?;
            check(
                *expected == number && text.ends_with("whole"),
                "whole and in order",
            )?;
            *expected += 1;
        }
        let time = begin.elapsed();
        for thread in threads {
            thread.join().map_err(|_| "a sender panicked")??;
        }
        check(sender.close(CloseCode::NORMAL, "")?.clean, "a clean close")?;
        println!(
            "{THREADS} threads, {EACH} messages each, {}: all whole, in order, echoed in \
             {time:.2?}: {:.0} messages/s each way",
            if tls { "TLS" } else { "plain" },
            f64::from(EACH) * 8.0 / time.as_secs_f64()
        );
    }
    Ok(())
}

/// A session through 100 restarts of its server: each loss is told once.
fn restarts() -> Result<()> {
    const LIVES: usize = 101;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address: SocketAddr = listener.local_addr()?;
    drop(listener);
    let server = thread::spawn(move || servers::restarting(address, LIVES));
    let mut policy = Policy::default();
    policy.minimum = Duration::from_millis(5);
    policy.maximum = Duration::from_millis(20);
    let session = Reconnecting::new(builder(format!("ws://{address}/"))).policy(policy);
    let begin = Instant::now();
    let (mut open, mut opens, mut losses, mut failed) = (false, 0, 0, 0);
    let mut lives = Vec::new();
    let mut outcome = None;
    for event in session {
        check(outcome.is_none(), "Closed is the last event")?;
        match event {
            SessionEvent::Open(_) => {
                check(!open, "no opening without a loss before")?;
                (open, opens) = (true, opens + 1);
            }
            SessionEvent::Message(Message::Text(text)) => lives.push(text),
            SessionEvent::Disconnected(_) if open => (open, losses) = (false, losses + 1),
            SessionEvent::Disconnected(_) => failed += 1,
            SessionEvent::Closed(end) => outcome = Some(end),
            _ => {}
        }
    }
    server.join().map_err(|_| "the server panicked")??;
    println!(
        "{} restarts in {:.1?}: {opens} openings, {losses} losses and {failed} failed attempts \
         told, one Closed",
        LIVES - 1,
        begin.elapsed()
    );
    let expected: Vec<_> = (1..=LIVES).map(|life| format!("life {life}")).collect();
    check(lives == expected, "one greeting from each life")?;
    check(opens == LIVES && losses == LIVES - 1, "one notice for each")?;
    check(matches!(outcome, Some(Outcome::Closed(_))), "a clean end")
}

/// Descriptors and memory before and after 10,000 connections.
fn cycles() -> Result<()> {
    let url = servers::many()?;
    let builder = builder(url);
    let cycle = |split: bool| -> Result<()> {
        let mut socket = builder.connect()?;
        if split {
            let (sender, mut receiver) = socket.split()?;
            sender.send_text("hello")?;
            check(receiver.receive_message()? == "hello".into(), "an echo")?;
            check(sender.close(CloseCode::NORMAL, "")?.clean, "a clean close")
        } else {
            socket.send_text("hello")?;
            check(socket.receive_message()? == "hello".into(), "an echo")?;
            check(socket.close(CloseCode::NORMAL, "")?.clean, "a clean close")
        }
    };
    // What is made once, such as buffers of the allocator.
    for n in 0..100 {
        cycle(n % 2 == 0)?;
    }
    let (descriptors, memory) = (servers::descriptors(), servers::memory());
    let begin = Instant::now();
    for n in 0..10_000 {
        cycle(n % 2 == 0)?;
    }
    let time = begin.elapsed();
    thread::sleep(Duration::from_millis(100));
    let (descriptors_after, memory_after) = (servers::descriptors(), servers::memory());
    println!(
        "10,000 connections opened and closed in {time:.1?}: descriptors {descriptors:?} before, \
         {descriptors_after:?} after; resident memory {memory:?} KiB before, {memory_after:?} KiB \
         after"
    );
    check(descriptors == descriptors_after, "no descriptor is left")?;
    let grown = memory_after
        .unwrap_or(0)
        .saturating_sub(memory.unwrap_or(0));
    check(grown < 2048, "memory does not grow")
}
