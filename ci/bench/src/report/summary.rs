//! Each row: this project, the best conforming library, the best of all, and
//! the floor.

use crate::{record::Records, rows};

use super::{
    about_machine,
    judge::{Judge, Needs, needs, ours},
    over_sockets,
    table::{markdown, number},
    unit,
};

pub fn page(
    judge: &Judge,
    count: &Records,
    memory: &Records,
    sockets: &Records,
    heap: &Records,
) -> String {
    let plans: Vec<_> = rows::memory()
        .iter()
        .map(|row| (row.title(), needs(row)))
        .collect();
    let exact = plans
        .iter()
        .map(|(row, _)| (row.clone(), Needs::new()))
        .collect::<Vec<_>>();
    let held = heap
        .rows
        .iter()
        .map(|row| (row.clone(), Needs::new()))
        .collect::<Vec<_>>();
    let over = over_sockets(sockets);
    let trips: Vec<_> = over
        .iter()
        .filter(|(row, _)| sockets.has(row, "median"))
        .cloned()
        .collect();
    format!(
        "# Clients side by side\n\n{}\n\n\
         Ratios are this project's figure divided by the other: below 1 is better. The best \
         conforming library passes every probe of the [conformance table](conformance.md); the \
         best of all does at least what the row is about. The floor is a client by hand that \
         does only what the row needs. Where this project has three ways (the driver of \
         hybi-core, hybi-std, hybi-std on tokio), the first column says whose the figure is.\n\n\
         ## Instructions a message, in memory\n\n{}\n\
         ## CPU time, in memory, ns\n\n{}\n\
         ## CPU time of the client, over sockets, ns\n\n{}\n\
         ## Round trips over sockets, median, ns\n\n{}\n\
         ## Allocations a message\n\n{}\n\
         ## Bytes of heap\n\n{}",
        about_machine(),
        table(judge, count, "instructions", &plans),
        table(judge, memory, "ns", &plans),
        table(judge, sockets, "ns", &over),
        table(judge, sockets, "median", &trips),
        table(judge, heap, "allocations", &exact),
        table(judge, heap, "bytes", &held),
    )
}

fn table(judge: &Judge, records: &Records, metric: &str, rows: &[(String, Needs)]) -> String {
    let head = [
        "row",
        "hybi",
        "best conforming",
        "ratio",
        "best of all",
        "ratio",
        "floor",
        "ratio",
    ];
    let mut lines = Vec::new();
    for (row, needs) in rows {
        let own = judge.ranked(records, row, metric, ours);
        let Some(&(name, value)) = own.first() else {
            continue;
        };
        let mut line = vec![
            row.clone() + unit(row, metric),
            format!("{} ({name})", number(value)),
        ];
        let floor = records.get(row, "floor", metric);
        let others = [
            judge.best_conforming(records, row, metric),
            judge.best(records, row, metric, needs).first().copied(),
            floor.map(|figure| ("", figure.median)),
        ];
        for other in others {
            let Some((name, other)) = other else {
                line.extend(["—".to_owned(), "—".to_owned()]);
                continue;
            };
            line.push(format!("{} {name}", number(other)).trim().to_owned());
            line.push(match other {
                other if other == 0.0 && value == 0.0 => "same".to_owned(),
                0.0 => "—".to_owned(),
                other => format!("{:.2}", value / other),
            });
        }
        lines.push(line);
    }
    markdown(&head, &lines)
}
