//! The charts of the README.

use std::{fs, io, path::Path};

use crate::{
    message::Content::{Ascii, Binary, Japanese},
    record::Records,
    rows::Row,
};

use super::{
    chart::{Bar, Kind, Panel, draw as draw_chart},
    judge::{Judge, Needs, exchange, needs, ours},
};

const FOOT: &str = "Lower is better. Blue: hybi. Green: a client by hand that does only what the \
row needs. Pale: does not do what the row is about.";

pub fn draw(judge: &Judge, count: &Records, sockets: &Records, heap: &Records) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/charts");
    fs::create_dir_all(&folder)?;
    let chart = |name: &str, panels: Vec<Option<Panel>>| {
        let panels: Vec<_> = panels.into_iter().flatten().collect();
        if panels.is_empty() {
            return Ok(());
        }
        let path = folder.join(name);
        draw_chart(&path, &panels, FOOT).map_err(|error| io::Error::other(error.to_string()))
    };
    let counted = |row: Row| {
        let unit = if row.per_kib() {
            "each KiB"
        } else {
            "a message"
        };
        let title = format!("{}: instructions {unit}", row.title());
        panel(
            judge,
            count,
            &row.title(),
            title,
            "instructions",
            &needs(&row),
        )
    };
    chart(
        "receive.svg",
        vec![
            counted(Row::receive(Binary, 64)),
            counted(Row::receive(Ascii, 64)),
            counted(Row::receive(Binary, 1 << 20)),
            counted(Row::receive(Japanese, 16 << 10)),
        ],
    )?;
    chart(
        "send.svg",
        vec![
            counted(Row::send(64)),
            counted(Row::send(64).batched(64)),
            counted(Row::send(1 << 10)),
            counted(Row::send(1 << 20)),
        ],
    )?;
    let timed = |row: Row| {
        let unit = if row.per_kib() {
            "each KiB"
        } else {
            "a message"
        };
        let title = format!("{}: CPU ns {unit}", row.title());
        panel(judge, sockets, &row.title(), title, "ns", &needs(&row))
    };
    let trip = "round trip 64 B, both ends on one core";
    chart(
        "sockets.svg",
        vec![
            timed(Row::receive(Binary, 64)),
            timed(Row::send(64).batched(64)),
            timed(Row::receive(Ascii, 1 << 20)),
            panel(
                judge,
                sockets,
                trip,
                format!("{trip}: ns, median"),
                "median",
                &exchange(),
            ),
        ],
    )?;
    let held = |row: &str| {
        let title = format!("{row}: bytes");
        panel(judge, heap, row, title, "bytes", &Needs::new())
    };
    chart(
        "heap.svg",
        vec![
            held("heap of an idle connection"),
            held("heap after 300 messages of 64 B"),
        ],
    )
}

fn panel(
    judge: &Judge,
    records: &Records,
    row: &str,
    title: String,
    metric: &str,
    needs: &Needs,
) -> Option<Panel> {
    let all = judge.ranked(records, row, metric, |_| true);
    let bars: Vec<_> = all
        .into_iter()
        .map(|(name, value)| Bar {
            name: name.to_owned(),
            value,
            kind: match name {
                "floor" => Kind::Floor,
                name if ours(name) => Kind::Ours,
                name if judge.lacks(name, needs) => Kind::Lacking,
                _ => Kind::Other,
            },
        })
        .collect();
    (!bars.is_empty()).then_some(Panel { title, bars })
}
