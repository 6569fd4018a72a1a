//! Tables and charts of what was recorded.

mod chart;
mod charts;
mod judge;
mod summary;
mod table;

use std::{fs, io, path::Path};

use crate::{peers, probes, record::Records, rows};
use judge::Judge;
use table::{Cells, markdown};

/// A table of all clients, one line a row.
struct Page<'a> {
    set: &'static str,
    records: &'a Records,
    rows: Vec<(String, judge::Needs)>,
    /// Metric, how it is headed, and what divides it.
    metrics: &'static [(&'static str, &'static str)],
}

pub fn run() -> io::Result<()> {
    let judge = Judge::new(&Records::load("probes"));
    let count = Records::load("count");
    let memory = Records::load("memory");
    let sockets = Records::load("sockets");
    let heap = Records::load("heap");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let save = |name: &str, text: String| fs::write(folder.join(name), text);

    let in_memory = || -> Vec<_> {
        let rows = rows::memory();
        rows.iter()
            .map(|row| (row.title(), judge::needs(row)))
            .collect()
    };
    let pages = [
        Page {
            set: "instructions",
            records: &count,
            rows: in_memory(),
            metrics: &[("instructions", "instructions")],
        },
        Page {
            set: "time",
            records: &memory,
            rows: in_memory(),
            metrics: &[
                ("ns", "ns"),
                ("reads", "reads"),
                ("writes", "writes"),
                ("bytes", "bytes sent"),
            ],
        },
        Page {
            set: "sockets",
            records: &sockets,
            rows: over_sockets(&sockets),
            metrics: &[
                ("ns", "CPU ns"),
                ("wall", "ns passed"),
                ("median", "ns, median"),
                ("p99", "ns, 99 of 100"),
            ],
        },
        Page {
            set: "heap",
            records: &heap,
            rows: heap
                .rows
                .iter()
                .map(|row| (row.clone(), judge::Needs::default()))
                .collect(),
            metrics: &[("allocations", "allocations"), ("bytes", "bytes")],
        },
    ];
    save(
        "summary.md",
        summary::page(&judge, &count, &memory, &sockets, &heap),
    )?;
    for page in &pages {
        save(&format!("{}.md", page.set), page.show(&judge))?;
    }
    save("conformance.md", conformance(&judge))?;
    save("machine.md", machine())?;
    save("programs.md", programs())?;
    save("python.md", python(&sockets))?;
    save("small.md", small())?;
    charts::draw(&judge, &count, &sockets, &heap)
}

/// The rows as they were measured, with those of the plan for what they need.
fn over_sockets(records: &Records) -> Vec<(String, judge::Needs)> {
    let plans: Vec<_> = rows::sockets().into_iter().chain(rows::tls()).collect();
    let place = |title: &str| {
        let whole = plans.iter().position(|plan| title == plan.title());
        whole.or_else(|| {
            let plan = |plan: &rows::Row| title == format!("{}, TLS", plan.title());
            plans.iter().rposition(plan).map(|at| at + plans.len())
        })
    };
    let mut titles = records.rows.clone();
    titles.sort_by_key(|title| place(title).unwrap_or(usize::MAX));
    let needs = |title: &str| match place(title) {
        Some(at) => judge::needs(&plans[at % plans.len()]),
        None => judge::exchange(),
    };
    let with_needs = |title: String| (title.clone(), needs(&title));
    titles.into_iter().map(with_needs).collect()
}

impl Page<'_> {
    fn show(&self, judge: &Judge) -> String {
        let mut out = format!("# {}\n\n{}\n", heading(self.set), LEGEND);
        let names: Vec<_> = peers::all().iter().map(|peer| peer.name()).collect();
        for (metric, title) in self.metrics {
            let mut lines = Vec::new();
            for (row, needs) in &self.rows {
                if !self.records.has(row, metric) {
                    continue;
                }
                let best = judge.best(self.records, row, metric, needs);
                let mut line = vec![row.clone() + unit(row, metric)];
                for name in &names {
                    line.push(match self.records.get(row, name, metric) {
                        Some(figure) => Cells {
                            figure,
                            best: best.iter().any(|(known, _)| known == name),
                            lacking: judge.lacks(name, needs),
                        }
                        .to_string(),
                        None if self.records.reason(row, name).is_some() => "✗".to_owned(),
                        None => "—".to_owned(),
                    });
                }
                lines.push(line);
            }
            if lines.is_empty() {
                continue;
            }
            let head: Vec<_> = [*title].into_iter().chain(names.iter().copied()).collect();
            out += &format!("\n## {title}\n\n{}", markdown(&head, &lines));
        }
        out += "\n## Why there is no figure\n\n";
        let before = out.len();
        for (row, _) in &self.rows {
            for name in &names {
                if let Some(why) = self.records.reason(row, name) {
                    out += &format!("- {row}, {name}: {why}\n");
                }
            }
        }
        if out.len() == before {
            out += "None is missing.\n";
        }
        out
    }
}

const LEGEND: &str = "The median of interleaved rounds, and in brackets the fastest and the \
slowest where they lie apart. **Bold**: the best library of the row, this project's own aside. \
†: does not do what the row is about (see the [conformance table](conformance.md)), so it cannot \
be best. ✗: it cannot, or failed; why is at the end of the page.\n\
Figures of messages above 1 KiB are for each KiB.";

fn heading(set: &str) -> &'static str {
    match set {
        "instructions" => "In memory: instructions, counted by callgrind",
        "time" => "In memory: CPU time, reads and writes",
        "sockets" => "Over loopback sockets",
        _ => "Heap",
    }
}

/// Messages above 1 KiB are told by the KiB, except in counts of calls.
fn unit(row: &str, metric: &str) -> &'static str {
    let known = rows::memory()
        .into_iter()
        .chain(rows::sockets())
        .chain(rows::tls());
    let per_kib = known
        .filter(|plan| row.starts_with(&plan.title()))
        .any(|plan| plan.per_kib());
    match metric {
        "instructions" | "ns" | "wall" if per_kib => ", each KiB",
        _ => "",
    }
}

fn conformance(judge: &Judge) -> String {
    let names: Vec<_> = peers::all()
        .iter()
        .map(|peer| peer.name())
        .filter(|name| *name != "floor")
        .collect();
    let lines: Vec<_> = probes::ALL
        .iter()
        .map(|probe| {
            let cells = names.iter().map(|name| judge.told(name, probe.name));
            [probe.name.to_owned()].into_iter().chain(cells).collect()
        })
        .collect();
    let head: Vec<_> = ["probe"].into_iter().chain(names.iter().copied()).collect();
    let mut out = format!(
        "# What each client refuses and answers\n\nTried in memory, not read. A client is \
         conforming here if it passes all.\n\n{}\n## The clients\n\n",
        markdown(&head, &lines)
    );
    for peer in peers::all() {
        let pooled = if peer.pooled() {
            "; buffers from a pool"
        } else {
            ""
        };
        out += &format!("- {}: {}{pooled}.\n", peer.name(), peer.about());
    }
    out
}

fn machine() -> String {
    let records = Records::load("floors");
    let lines: Vec<_> = records
        .rows
        .iter()
        .map(|row| {
            let cell = |metric| {
                let figure = records.get(row, "machine", metric);
                figure.map_or("—".to_owned(), |figure| {
                    Cells {
                        figure,
                        best: false,
                        lacking: false,
                    }
                    .to_string()
                })
            };
            vec![row.clone(), cell("ns"), cell("wall"), cell("p99")]
        })
        .collect();
    let head = ["what", "ns", "ns passed", "ns, 99 of 100"];
    format!(
        "# What the machine does at best\n\n{}\n\n{}",
        about_machine(),
        markdown(&head, &lines)
    )
}

/// Processor, system and compiler.
pub fn about_machine() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "));
    let kernel = read("/proc/sys/kernel/osrelease");
    let rustc = std::process::Command::new("rustc").arg("-V").output();
    let rustc = rustc.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    format!(
        "Machine: {}, {} cores; Linux {}; {}; release, fat LTO, one codegen unit, the default \
         target-cpu. Load when this was written: {}; times depend on it, counts do not.",
        model.unwrap_or("unknown").trim(),
        crate::clock::cores().len(),
        kernel.trim(),
        rustc.unwrap_or_default(),
        read("/proc/loadavg").split(' ').nth(1).unwrap_or("unknown"),
    )
}

fn programs() -> String {
    let records = Records::load("programs");
    if records.rows.is_empty() {
        return "# A minimal program\n\nNot measured yet.\n".to_owned();
    }
    let lines: Vec<_> = records
        .rows
        .iter()
        .map(|row| {
            let cell = |metric| match records.get(row, "program", metric) {
                Some(figure) => table::number(figure.median),
                None => records.reason(row, "program").unwrap_or("—").to_owned(),
            };
            vec![row.clone(), cell("seconds"), cell("crates"), cell("bytes")]
        })
        .collect();
    let head = [
        "program",
        "CPU seconds of a clean build",
        "crates",
        "bytes, stripped",
    ];
    format!(
        "# A minimal program: connect with TLS, send, receive, close\n\nBuilt from nothing in \
         release mode with the default profile; made by `ci/bench/programs.py`. CPU seconds of \
         all of cargo's processes, since a build's own time depends on what else runs.\n\n{}",
        markdown(&head, &lines)
    )
}

fn python(sockets: &Records) -> String {
    let python = Records::load("python");
    let lines: Vec<_> = python
        .rows
        .iter()
        .map(|row| {
            let cell = |records: &Records, name| match records.get(row, name, "ns") {
                Some(figure) => table::number(figure.median),
                None => python.reason(row, name).unwrap_or("—").to_owned(),
            };
            vec![
                row.clone() + unit(row, "ns"),
                cell(sockets, "hybi-std"),
                cell(&python, "websocket-client"),
                cell(&python, "websockets"),
            ]
        })
        .collect();
    let head = [
        "CPU ns",
        "hybi-std",
        "websocket-client with wsaccel",
        "websockets",
    ];
    format!(
        "# Beside Python\n\nThe same server, the same rows over sockets; CPU time of the \
         process.\n\n{}",
        markdown(&head, &lines)
    )
}

fn small() -> String {
    let part = |set: &str, metric: &str| {
        let records = Records::load(set);
        let names = [
            "hybi-core",
            "ws-framer",
            "websocketz",
            "embedded-websocket",
            "tungstenite",
        ];
        let lines: Vec<_> = records
            .rows
            .iter()
            .map(|row| {
                let figure = |name: &&str| records.get(row, name, metric);
                let cells = names.iter().map(|name| match figure(name) {
                    Some(figure) => table::number(figure.median),
                    None => "—".to_owned(),
                });
                [row.clone()].into_iter().chain(cells).collect()
            })
            .collect();
        let head: Vec<_> = ["a message"].into_iter().chain(names).collect();
        markdown(&head, &lines)
    };
    format!(
        "# Small machines\n\nIn memory, reads of at most 1460 bytes, buffers of 4 KiB, one cheap \
         generator of mask keys for all (ws-framer has none of its own there; its keys are zero). \
         What each of them checks: see the [conformance table](conformance.md).\n\n\
         ## Cortex-M4: instructions, counted by QEMU\n\nTo the next 40 divided by 200 messages.\n\n{}\n\
         ## A WASI component in wasmtime: ns\n\n{}",
        part("cortex-m", "instructions"),
        part("wasi", "ns"),
    )
}
