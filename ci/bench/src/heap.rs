//! What a connection takes from the heap: idle, at most while it receives,
//! and how often for each message. Only in a build with the feature
//! `allocations`.

use crate::{options::Options, record::Records};

#[cfg(not(feature = "allocations"))]
pub fn run(_: &Options) -> std::io::Result<Records> {
    Err(std::io::Error::other(
        "this needs a build with the feature allocations",
    ))
}

#[cfg(feature = "allocations")]
pub fn run(options: &Options) -> std::io::Result<Records> {
    let mut records = Records::default();
    let peers = options.peers();
    for row in options.rows(crate::rows::memory()) {
        // The build is not an optimized one.
        if row.size > 1024 && row.content != crate::message::Content::Binary {
            continue;
        }
        let count = row.count(64 << 10);
        for peer in &peers {
            counted::row(&row, &**peer, count, &mut records);
        }
    }
    for peer in &peers {
        counted::connection(&**peer, &mut records);
    }
    Ok(records)
}

#[cfg(feature = "allocations")]
mod counted {
    use allocation_counter::measure;

    use crate::{
        attempt::attempt,
        message::Content,
        peer::{Outcome, Peer, Wire},
        peers::runtime,
        record::Records,
        rows::Row,
        stats::Figure,
    };

    /// Allocations a message, after as many that are not counted.
    pub fn row(row: &Row, peer: &dyn Peer, count: usize, records: &mut Records) {
        let warm_up = count;
        let (messages, stream) = (row.messages(), row.stream(warm_up + count));
        let mut allocations = 0;
        let done = attempt(|| {
            let mut client = peer.open(Wire::Memory(stream), row.setup())?;
            row.run(&mut *client, &messages, warm_up)?;
            let mut done = Ok(());
            allocations = measure(|| done = row.run(&mut *client, &messages, count)).count_total;
            done
        });
        if done.is_ok() {
            let figure = Figure::exact(allocations as f64 / count as f64);
            records.figure(&row.title(), peer.name(), "allocations", Some(figure));
        }
    }

    /// Bytes of an idle connection, and the most while it receives.
    pub fn connection(peer: &dyn Peer, records: &mut Records) {
        let idle = Row::receive(Content::Binary, 64);
        let large = Row::receive(Content::Binary, 1 << 20);
        if peer.pooled() {
            let why = "its buffers come from a pool that outlives connections";
            records.why("heap of an idle connection", peer.name(), why);
            return;
        }
        // It is there before.
        let _runtime = runtime();
        let mut put = |title: &str, bytes: Outcome<f64>| match bytes {
            Ok(bytes) => records.figure(title, peer.name(), "bytes", Some(Figure::exact(bytes))),
            Err(failure) => records.why(title, peer.name(), &failure.to_string()),
        };
        put(
            "heap of an idle connection",
            held(&idle, peer, 0).map(|(now, _)| now),
        );
        put(
            "heap after 300 messages of 64 B",
            held(&idle, peer, 300).map(|(now, _)| now),
        );
        put(
            "most heap while receiving 64 B",
            held(&idle, peer, 300).map(|(_, most)| most),
        );
        put(
            "most heap while receiving 1 MiB",
            held(&large, peer, 4).map(|(_, most)| most),
        );
    }

    /// What is held after so many messages, and the most that was.
    fn held(row: &Row, peer: &dyn Peer, count: usize) -> Outcome<(f64, f64)> {
        let stream = row.stream(count);
        let mut client = None;
        let info = measure(|| {
            client = Some(attempt(|| {
                let mut client = peer.open(Wire::Memory(stream), row.setup())?;
                client.receive(count)?;
                Ok(client)
            }));
        });
        client.expect("it ran")?;
        Ok((info.bytes_current as f64, info.bytes_max as f64))
    }
}
