//! The command line.

use crate::{peer::Peer, peers, rows::Row};

#[derive(Debug, Clone, Default)]
pub struct Options {
    pub quick: bool,
    pub rounds: Option<usize>,
    /// Part of a row's title.
    pub row: Option<String>,
    /// The Python that has Python's clients.
    pub python: Option<String>,
    /// Part of a client's name.
    pub peer: Option<String>,
}

impl Options {
    pub fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut args = args;
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--rounds" => {
                    let rounds = value()?.parse();
                    options.rounds = Some(rounds.map_err(|_| "--rounds needs a number")?);
                }
                "--python" => options.python = Some(value()?),
                "--row" => options.row = Some(value()?),
                "--peer" => options.peer = Some(value()?),
                _ => return Err(format!("what is {arg}?")),
            }
        }
        Ok(options)
    }

    /// Whether only some rows or clients are wanted.
    pub fn part(&self) -> bool {
        self.row.is_some() || self.peer.is_some()
    }

    pub fn rounds(&self, full: usize) -> usize {
        self.rounds.unwrap_or(if self.quick { 3 } else { full })
    }

    pub fn rows(&self, mut rows: Vec<Row>) -> Vec<Row> {
        rows.retain(|row| {
            let wanted = self.row.as_deref();
            wanted.is_none_or(|part| row.title().contains(part))
        });
        rows
    }

    pub fn peers(&self) -> Vec<Box<dyn Peer>> {
        let mut peers = peers::all();
        peers.retain(|peer| {
            let wanted = self.peer.as_deref();
            wanted.is_none_or(|part| peer.name().contains(part))
        });
        peers
    }
}
