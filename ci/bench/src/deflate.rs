//! Telemetry under permessage-deflate.

use std::{fmt::Write, sync::Arc};

use zlib_rs::{Deflate, DeflateFlush};

use crate::{
    clock::cpu_time,
    measure::{Samples, interleave},
    memory::{Input, Output},
    peer::{Peer, Setup},
    peers, table, telemetry,
};

/// So many messages come first and are not measured: memory is taken, and
/// windows fill.
const WARM_UP: usize = 200;
const MEASURED: usize = 2000;

/// What was seen of one peer.
#[derive(Default)]
struct Row {
    receive: Samples,
    send: Samples,
    sent: usize,
}

pub fn run(rounds: usize) -> String {
    let messages = telemetry::messages(WARM_UP + MEASURED);
    let size: usize = messages[WARM_UP..].iter().map(String::len).sum();
    let mut out = format!(
        "# permessage-deflate: telemetry, JSON of {} bytes on average\n\n\
         In memory, one connection, windows of 15 bits, level 6, text messages one by one, \
         {MEASURED} a round after {WARM_UP} that are not counted, {rounds} rounds, each client \
         once a round. Times: CPU time of the thread, median of the rounds (fastest to \
         slowest). The floor checks no rule of WebSocket.\n",
        size / MEASURED
    );
    for takeover in [true, false] {
        let rows = measure(Setup { takeover }, &messages, rounds);
        let title = if takeover { "With" } else { "Without" };
        let _ = write!(
            out,
            "\n## {title} context takeover\n\n{}",
            show(&rows, size)
        );
    }
    out
}

fn measure(setup: Setup, messages: &[String], rounds: usize) -> Vec<(&'static str, Row)> {
    let peers = peers::all();
    let input = from_server(setup, messages);
    let mut rows: Vec<_> = peers.iter().map(|_| Row::default()).collect();
    interleave(peers.len(), rounds, |index| {
        receive(&*peers[index], setup, &input, messages, &mut rows[index]);
    });
    interleave(peers.len(), rounds, |index| {
        send(&*peers[index], setup, messages, &mut rows[index]);
    });
    peers.iter().map(|peer| peer.name()).zip(rows).collect()
}

/// The messages as a server sends them.
fn from_server(setup: Setup, messages: &[String]) -> Arc<[u8]> {
    let mut deflate = Deflate::new(6, false, 15);
    let mut out = Vec::new();
    for message in messages {
        let mut packed = vec![0; message.len() + 100];
        let before = deflate.total_out();
        let status = deflate.compress(message.as_bytes(), &mut packed, DeflateFlush::SyncFlush);
        status.expect("there is room");
        packed.truncate((deflate.total_out() - before) as usize - 4);
        out.push(0xC1);
        match u8::try_from(packed.len()) {
            Ok(len @ ..=125) => out.push(len),
            _ => {
                out.push(126);
                out.extend((packed.len() as u16).to_be_bytes());
            }
        }
        out.extend(packed);
        if !setup.takeover {
            deflate.reset();
        }
    }
    out.into()
}

fn receive(peer: &dyn Peer, setup: Setup, input: &Arc<[u8]>, messages: &[String], row: &mut Row) {
    let input = Input::new(Arc::clone(input));
    let Some(mut receiver) = peer.receiver(setup, input) else {
        return;
    };
    let size = |messages: &[String]| messages.iter().map(String::len).sum::<usize>();
    assert_eq!(receiver.receive(WARM_UP), size(&messages[..WARM_UP]));
    let start = cpu_time();
    let bytes = receiver.receive(MEASURED);
    row.receive.add(cpu_time() - start, MEASURED);
    assert_eq!(bytes, size(&messages[WARM_UP..]), "{}", peer.name());
}

fn send(peer: &dyn Peer, setup: Setup, messages: &[String], row: &mut Row) {
    let output = Output::default();
    let Some(mut sender) = peer.sender(setup, output.clone()) else {
        return;
    };
    sender.send(&messages[..WARM_UP]);
    let before = output.written();
    let start = cpu_time();
    sender.send(&messages[WARM_UP..]);
    row.send.add(cpu_time() - start, MEASURED);
    row.sent = output.written() - before;
}

fn show(rows: &[(&'static str, Row)], size: usize) -> String {
    let head = [
        "client",
        "receive, ns a message",
        "beside the floor",
        "send, ns a message",
        "beside the floor",
        "bytes sent a message",
        "ratio",
    ];
    let Some((_, floor)) = rows.first() else {
        return String::new();
    };
    let lines: Vec<_> = rows
        .iter()
        .map(|(name, row)| {
            let mut line = vec![(*name).to_owned()];
            if row.sent == 0 {
                line.resize(head.len(), "—".to_owned());
                return line;
            }
            for (samples, floor) in [(&row.receive, &floor.receive), (&row.send, &floor.send)] {
                let (fast, slow) = samples.range();
                line.push(format!("{:.0} ({fast:.0} to {slow:.0})", samples.median()));
                line.push(format!("{:.2}", samples.median() / floor.median()));
            }
            line.push(format!("{:.0}", row.sent as f64 / MEASURED as f64));
            line.push(format!("{:.3}", row.sent as f64 / size as f64));
            line
        })
        .collect();
    table::markdown(&head, &lines)
}
