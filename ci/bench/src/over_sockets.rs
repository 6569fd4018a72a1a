//! The rows over loopback sockets: throughput, round trips, opening
//! handshakes; CPU time of the client's thread beside the time that passed.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::{
    attempt::attempt,
    clock::{Spent, cores, stay_on, timed},
    message::{Content, Message},
    net::Target,
    options::Options,
    peer::{Client, Outcome, Peer, Wire},
    record::Records,
    rows::{self, Row, What},
    stats::{Figure, Samples, interleave},
};

/// The server's process. It ends with this.
pub struct Server {
    child: Child,
    plain: u16,
    tls: u16,
    config: Arc<ClientConfig>,
    root: Arc<str>,
}

impl Server {
    pub fn start() -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| io::Error::other("no output"))?;
        BufReader::new(stdout).read_line(&mut line)?;
        let fields: Vec<_> = line.split_whitespace().collect();
        let [plain, tls, pem] = fields[..] else {
            return Err(io::Error::other("the server did not start"));
        };
        let pem: Option<Vec<u8>> = (0..pem.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(pem.get(at..at + 2)?, 16).ok())
            .collect();
        let root = String::from_utf8(pem.unwrap_or_default()).map_err(io::Error::other)?;
        let mut roots = RootCertStore::empty();
        let der = CertificateDer::from_pem_slice(root.as_bytes()).map_err(io::Error::other)?;
        roots.add(der).map_err(io::Error::other)?;
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            child,
            plain: plain.parse().map_err(io::Error::other)?,
            tls: tls.parse().map_err(io::Error::other)?,
            config: Arc::new(config),
            root: root.into(),
        })
    }

    pub fn target(&self, path: String, tls: bool) -> Target {
        Target {
            port: if tls { self.tls } else { self.plain },
            path,
            tls: tls.then(|| Arc::clone(&self.config)),
            root: Arc::clone(&self.root),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn path(row: &Row) -> String {
    let content = match row.content {
        Content::Binary => "binary",
        Content::Ascii => "ascii",
        Content::Japanese => "japanese",
    };
    match row.what {
        What::Receive => format!("/send/{content}/{}", row.size),
        _ => "/sink".to_owned(),
    }
}

pub fn run(options: &Options) -> io::Result<Records> {
    let server = Server::start()?;
    let rounds = options.rounds(7);
    let budget = if options.quick { 2 << 20 } else { 8 << 20 };
    let mut records = Records::default();
    let peers = options.peers();
    for (rows, tls) in [(rows::sockets(), false), (rows::tls(), true)] {
        for row in options.rows(rows) {
            let title = row.title() + if tls { ", TLS" } else { "" };
            eprintln!("{title}");
            // A write each costs the kernel more than the bytes do.
            let share = if row.what == What::Send && row.flush_every == 1 {
                8
            } else {
                1
            };
            let budget = if row.size >= 1 << 14 {
                4 * budget
            } else {
                budget / share
            };
            let count = row.count(budget);
            let target = server.target(path(&row), tls);
            throughput(&row, &title, &target, &peers, rounds, count, &mut records);
        }
    }
    round_trips(options, &server, &peers, &mut records);
    connects(options, &server, &peers, &mut records);
    Ok(records)
}

fn throughput(
    row: &Row,
    title: &str,
    target: &Target,
    peers: &[Box<dyn Peer>],
    rounds: usize,
    count: usize,
    records: &mut Records,
) {
    let messages = row.messages();
    let run = |client: &mut dyn Client| row.run(client, &messages, count);
    let mut opened: Vec<_> = peers
        .iter()
        .map(|peer| {
            attempt(|| {
                let mut client = peer.open(Wire::Net(target.clone()), row.setup())?;
                row.run(&mut *client, &messages, count / 4)?;
                Ok(client)
            })
        })
        .collect();
    let mut samples = vec![[const { Vec::new() }; 2]; peers.len()];
    interleave(peers.len(), rounds, |index| {
        if let Some(spent) = round(&mut opened[index], run) {
            samples[index][0].push(spent.cpu.as_nanos() as f64 / count as f64 / row.unit());
            samples[index][1].push(spent.wall.as_nanos() as f64 / count as f64 / row.unit());
        }
    });
    for ((peer, client), [cpu, wall]) in peers.iter().zip(&opened).zip(samples) {
        match client {
            Ok(_) => {
                records.figure(title, peer.name(), "ns", figure(cpu));
                records.figure(title, peer.name(), "wall", figure(wall));
            }
            Err(failure) => records.why(title, peer.name(), &failure.to_string()),
        }
    }
}

fn figure(values: Vec<f64>) -> Option<Figure> {
    let mut samples = Samples::default();
    values.into_iter().for_each(|value| samples.add(value));
    samples.figure()
}

/// What a round took, unless it failed or the client had failed before.
fn round(
    client: &mut Outcome<Box<dyn Client>>,
    run: impl FnOnce(&mut dyn Client) -> Outcome<()>,
) -> Option<Spent> {
    let open = client.as_mut().ok()?;
    let (done, spent) = timed(|| attempt(|| run(&mut **open)));
    match done {
        Ok(()) => Some(spent),
        Err(failure) => {
            *client = Err(failure);
            None
        }
    }
}

/// Both ends on one core, and a core each.
fn round_trips(options: &Options, server: &Server, peers: &[Box<dyn Peer>], records: &mut Records) {
    let cores = cores();
    let row = Row::exchange(64);
    let places: &[(&str, Option<usize>)] = &[
        (", both ends on one core", cores.first().copied()),
        (", a core each", cores.get(1).copied()),
    ];
    let count = if options.quick { 500 } else { 2000 };
    for (place, core) in places {
        let title = row.title() + place;
        if options.rows(vec![row.clone()]).is_empty() {
            continue;
        }
        let Some(core) = core else {
            records.why(&title, "floor", "there is one core only");
            continue;
        };
        eprintln!("{title}");
        stay_on(&cores[..1]);
        let target = server.target(format!("/echo/{core}"), false);
        let message = Message::new(Content::Binary, row.size);
        let mut opened: Vec<_> = peers
            .iter()
            .map(|peer| attempt(|| peer.open(Wire::Net(target.clone()), row.setup())))
            .collect();
        let mut samples = vec![[const { Vec::new() }; 3]; peers.len()];
        interleave(peers.len(), options.rounds(7), |index| {
            let mut times = Vec::with_capacity(count);
            let spent = round(&mut opened[index], |client| {
                let mut last = Instant::now();
                client.exchange(&message, count, &mut || {
                    let now = Instant::now();
                    times.push((now - last).as_nanos() as f64);
                    last = now;
                })
            });
            if let Some(spent) = spent {
                times.sort_by(f64::total_cmp);
                samples[index][0].push(times[count / 2]);
                samples[index][1].push(times[count * 99 / 100]);
                samples[index][2].push(spent.cpu.as_nanos() as f64 / count as f64);
            }
        });
        for ((peer, client), [median, p99, cpu]) in peers.iter().zip(&opened).zip(samples) {
            match client {
                Ok(_) => {
                    records.figure(&title, peer.name(), "median", figure(median));
                    records.figure(&title, peer.name(), "p99", figure(p99));
                    records.figure(&title, peer.name(), "ns", figure(cpu));
                }
                Err(failure) => records.why(&title, peer.name(), &failure.to_string()),
            }
        }
        stay_on(&cores);
    }
}

/// Opening handshakes, each over a connection of its own.
fn connects(options: &Options, server: &Server, peers: &[Box<dyn Peer>], records: &mut Records) {
    let title = "connect: TCP and opening handshake";
    if options
        .row
        .as_deref()
        .is_some_and(|part| !title.contains(part))
    {
        return;
    }
    eprintln!("{title}");
    let count = if options.quick { 10 } else { 50 };
    let target = server.target("/sink".to_owned(), false);
    let mut outcomes: Vec<Outcome<()>> = peers
        .iter()
        .map(|peer| attempt(|| peer.connect(&target)))
        .collect();
    let mut samples = vec![[const { Vec::new() }; 2]; peers.len()];
    interleave(peers.len(), options.rounds(7), |index| {
        if outcomes[index].is_err() {
            return;
        }
        let (done, spent) =
            timed(|| attempt(|| (0..count).try_for_each(|_| peers[index].connect(&target))));
        samples[index][0].push(spent.cpu.as_nanos() as f64 / count as f64);
        samples[index][1].push(spent.wall.as_nanos() as f64 / count as f64);
        outcomes[index] = done;
    });
    for ((peer, outcome), [cpu, wall]) in peers.iter().zip(&outcomes).zip(samples) {
        match outcome {
            Ok(()) => {
                records.figure(title, peer.name(), "ns", figure(cpu));
                records.figure(title, peer.name(), "wall", figure(wall));
            }
            Err(failure) => records.why(title, peer.name(), &failure.to_string()),
        }
    }
}
