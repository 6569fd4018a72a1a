//! What each client refuses and answers: tried, not read. Only one that
//! passes all of them may be called the best conforming of a row.

use std::{panic, sync::mpsc, thread, time::Duration};

use crate::{
    attempt::attempt,
    memory::Stream,
    message::{BINARY, FIN, Message, TEXT, frame},
    options::Options,
    peer::{Client, Failure, Outcome, Peer, Setup, Wire},
    peers,
    record::Records,
    rows::text_frame,
    server::client_frame,
    stats::Figure,
};

/// A message after the one in question: whoever hands it out has accepted.
const AFTER: &[u8] = b"after";
const SETUP: Setup = Setup {
    largest: 1024,
    fragmented: false,
    deflate: None,
};

pub struct Probe {
    pub name: &'static str,
    run: fn(&dyn Peer) -> Outcome<bool>,
}

pub const UTF8: &str = "refuses text that is not UTF-8";
pub const UTF8_SPLIT: &str = "refuses it when it arrives in pieces";
pub const UTF8_FRAGMENT: &str = "refuses it in a later fragment";
pub const JOINS: &str = "joins fragments, one character split between two";
pub const KEYS: &str = "sends what it was given, under mask keys that vary";

pub const ALL: &[Probe] = &[
    Probe {
        name: UTF8,
        run: |peer| refuses(peer, &text_frame(b"abc\xFFdef"), 4096),
    },
    Probe {
        name: UTF8_SPLIT,
        run: |peer| {
            refuses(
                peer,
                &text_frame(&[b"a".repeat(90), vec![0xFF; 9]].concat()),
                20,
            )
        },
    },
    Probe {
        name: UTF8_FRAGMENT,
        run: |peer| refuses(peer, &fragments(b"fine", b"not \xC3\x28"), 4096),
    },
    Probe {
        name: JOINS,
        run: |peer| {
            let input = fragments(b"h\xC3", b"\xB6he");
            Ok(receive(peer, &input, 4096)?.take()? == "höhe".as_bytes())
        },
    },
    Probe {
        name: "reads frames that are cut anywhere",
        run: |peer| {
            let input = [text_frame(b"one"), text_frame(&[b'x'; 300])].concat();
            let mut client = receive(peer, &input, 1)?;
            Ok(client.take()? == b"one" && client.take()? == [b'x'; 300])
        },
    },
    Probe {
        name: "answers a ping, between fragments too",
        run: |peer| {
            let mut input = Vec::new();
            frame(&mut input, TEXT, b"a");
            frame(&mut input, FIN | 9, b"ping!");
            frame(&mut input, FIN, b"b");
            let wrote = wrote(peer, &input)?;
            Ok(wrote
                .iter()
                .any(|(first, payload)| *first == 0x8A && payload == b"ping!"))
        },
    },
    Probe {
        name: "answers a close, and ends",
        run: |peer| {
            let mut input = Vec::new();
            frame(&mut input, FIN | 8, &1000_u16.to_be_bytes());
            let wrote = wrote(peer, &input)?;
            Ok(wrote.iter().any(|(first, payload)| {
                *first == 0x88 && (payload.is_empty() || payload[..] == 1000_u16.to_be_bytes())
            }))
        },
    },
    Probe {
        name: KEYS,
        run: |peer| keys(peer),
    },
    Probe {
        name: "refuses a masked frame",
        run: |peer| refuses(peer, &[0x81, 0x82, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2], 4096),
    },
    Probe {
        name: "refuses RSV1 without an extension",
        run: |peer| refuses(peer, &[0xC1, 1, b'a'], 4096),
    },
    Probe {
        name: "refuses a reserved opcode",
        run: |peer| refuses(peer, &[0x83, 1, b'a'], 4096),
    },
    Probe {
        name: "refuses a control frame of more than 125 bytes",
        run: |peer| {
            let mut input = Vec::new();
            frame(&mut input, FIN | 9, &[b'a'; 126]);
            refuses(peer, &input, 4096)
        },
    },
    Probe {
        name: "refuses a fragmented control frame",
        run: |peer| refuses(peer, &[0x09, 1, b'a'], 4096),
    },
    Probe {
        name: "refuses a length not in its shortest form",
        run: |peer| refuses(peer, &[0x81, 126, 0, 1, b'a'], 4096),
    },
    Probe {
        name: "refuses a continuation of nothing",
        run: |peer| refuses(peer, &[0x80, 1, b'a'], 4096),
    },
    Probe {
        name: "refuses a new message within a fragmented one",
        run: |peer| refuses(peer, &[0x01, 1, b'a', 0x81, 1, b'b'], 4096),
    },
    Probe {
        name: "refuses a close with the code 1005",
        run: |peer| {
            let mut input = Vec::new();
            frame(&mut input, FIN | 8, &1005_u16.to_be_bytes());
            let wrote = wrote(peer, &input)?;
            let echoed = |(first, payload): &(u8, Vec<u8>)| {
                *first == 0x88 && payload.starts_with(&1005_u16.to_be_bytes())
            };
            Ok(!wrote.iter().any(echoed))
        },
    },
];

fn fragments(first: &[u8], last: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame(&mut out, TEXT, first);
    frame(&mut out, FIN, last);
    out
}

fn receive(peer: &dyn Peer, input: &[u8], largest_read: usize) -> Outcome<Box<dyn Client>> {
    let stream = Stream::once(input.into()).largest_read(largest_read);
    peer.open(Wire::Memory(stream), SETUP)
}

/// Whether nothing is handed out of this, nor anything after it.
fn refuses(peer: &dyn Peer, input: &[u8], largest_read: usize) -> Outcome<bool> {
    let mut input = input.to_vec();
    frame(&mut input, FIN | BINARY, AFTER);
    let mut client = receive(peer, &input, largest_read)?;
    Ok(matches!(client.take(), Err(Failure::Broken(_))))
}

/// The frames that a client writes while it receives this.
fn wrote(peer: &dyn Peer, input: &[u8]) -> Outcome<Vec<(u8, Vec<u8>)>> {
    let stream = Stream::once(input.into()).keeping();
    let tally = stream.tally.clone();
    let mut client = peer.open(Wire::Memory(stream), SETUP)?;
    // Until it has seen the end, whatever it makes of that.
    for _ in 0..4 {
        let _ = attempt(|| client.take());
    }
    Ok(frames(&tally.written()))
}

fn frames(mut bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut out = Vec::new();
    while let Some((first, payload, len)) = client_frame(bytes) {
        out.push((first, payload));
        bytes = &bytes[len..];
    }
    out
}

fn keys(peer: &dyn Peer) -> Outcome<bool> {
    let stream = Stream::once([0].into()).keeping();
    let tally = stream.tally.clone();
    let mut client = peer.open(Wire::Memory(stream), SETUP)?;
    let message = Message::text("the same each time".to_owned());
    client.send(std::slice::from_ref(&message), 32, 1)?;
    let written = tally.written();
    let sent = frames(&written);
    let right = |(first, payload): &(u8, Vec<u8>)| *first == 0x81 && *payload == message.data;
    let len = message.data.len() + 6;
    let mut keys: Vec<_> = written
        .chunks(len)
        .map(|frame| frame[2..6].to_vec())
        .collect();
    keys.sort();
    keys.dedup();
    Ok(sent.len() == 32 && sent.iter().all(right) && keys.len() > 30)
}

pub fn run(options: &Options) -> Records {
    let mut records = Records::default();
    panic::set_hook(Box::new(|_| ()));
    let names: Vec<_> = options.peers().iter().map(|peer| peer.name()).collect();
    for probe in ALL {
        for (index, peer) in peers::all().iter().map(|peer| peer.name()).enumerate() {
            if !names.contains(&peer) || peer == "floor" {
                continue;
            }
            match patiently(probe.run, index) {
                Ok(passed) => {
                    let figure = Figure::exact(f64::from(u8::from(passed)));
                    records.figure(probe.name, peer, "passes", Some(figure));
                }
                Err(failure) => records.why(probe.name, peer, &failure.to_string()),
            }
        }
    }
    records
}

/// A client may loop for ever; its thread is left behind then.
fn patiently(run: fn(&dyn Peer) -> Outcome<bool>, index: usize) -> Outcome<bool> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let _ = tell.send(attempt(|| run(&*peers::all()[index])));
    });
    told.recv_timeout(Duration::from_secs(3))
        .unwrap_or_else(|_| Err(Failure::Broken("does not come back".to_owned())))
}
