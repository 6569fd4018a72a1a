//! What was measured, kept as lines with tabs between their fields, so that
//! parts of a run can be repeated and reported together.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::stats::Figure;

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Figure(Figure),
    Why(String),
}

/// By row, client and metric.
#[derive(Debug, Clone, Default)]
pub struct Records {
    pub rows: Vec<String>,
    entries: BTreeMap<(String, String, String), Entry>,
}

impl Records {
    pub fn add(&mut self, row: &str, peer: &str, metric: &str, entry: Entry) {
        if !self.rows.iter().any(|known| known == row) {
            self.rows.push(row.to_owned());
        }
        let key = (row.to_owned(), peer.to_owned(), metric.to_owned());
        self.entries.insert(key, entry);
    }

    pub fn figure(&mut self, row: &str, peer: &str, metric: &str, figure: Option<Figure>) {
        if let Some(figure) = figure {
            self.add(row, peer, metric, Entry::Figure(figure));
        }
    }

    /// Why a client has no figures in a row.
    pub fn why(&mut self, row: &str, peer: &str, why: &str) {
        let why = why.replace(['\t', '\n', '|'], " ");
        self.add(row, peer, "why", Entry::Why(why));
    }

    pub fn get(&self, row: &str, peer: &str, metric: &str) -> Option<Figure> {
        match self.entries.get(&key(row, peer, metric))? {
            Entry::Figure(figure) => Some(*figure),
            Entry::Why(_) => None,
        }
    }

    pub fn reason(&self, row: &str, peer: &str) -> Option<&str> {
        match self.entries.get(&key(row, peer, "why"))? {
            Entry::Why(why) => Some(why),
            Entry::Figure(_) => None,
        }
    }

    pub fn has(&self, row: &str, metric: &str) -> bool {
        let mut keys = self.entries.keys();
        keys.any(|(known, _, kind)| known == row && kind == metric)
    }

    /// Saves a set. A part of one takes the place of what was known of that
    /// part.
    pub fn save_of(self, set: &str, part: bool) -> io::Result<()> {
        if !part {
            return self.save(set);
        }
        let mut all = Self::load(set);
        for (row, peer, _) in self.entries.keys() {
            all.entries
                .retain(|(known, name, _), _| known != row || name != peer);
        }
        for ((row, peer, metric), entry) in self.entries {
            all.add(&row, &peer, &metric, entry);
        }
        all.save(set)
    }

    fn save(&self, set: &str) -> io::Result<()> {
        let mut out = String::new();
        for row in &self.rows {
            for ((_, peer, metric), entry) in
                self.entries.iter().filter(|((known, ..), _)| known == row)
            {
                out += &match entry {
                    Entry::Figure(figure) => format!(
                        "{row}\t{peer}\t{metric}\t{:.6}\t{:.6}\t{:.6}\n",
                        figure.median, figure.low, figure.high
                    ),
                    Entry::Why(why) => format!("{row}\t{peer}\t{metric}\t{why}\n"),
                };
            }
        }
        fs::create_dir_all(folder())?;
        fs::write(path(set), out)
    }

    /// Nothing where the set was not measured.
    pub fn load(set: &str) -> Self {
        let mut records = Self::default();
        let text = fs::read_to_string(path(set)).unwrap_or_default();
        for line in text.lines() {
            let fields: Vec<_> = line.split('\t').collect();
            match fields[..] {
                [row, peer, metric, median, low, high] => {
                    let parse = |field: &str| field.parse().unwrap_or(f64::NAN);
                    let (median, low, high) = (parse(median), parse(low), parse(high));
                    let figure = Figure { median, low, high };
                    records.add(row, peer, metric, Entry::Figure(figure));
                }
                [row, peer, metric, why] => {
                    records.add(row, peer, metric, Entry::Why(why.to_owned()));
                }
                _ => {}
            }
        }
        records
    }
}

fn key(row: &str, peer: &str, metric: &str) -> (String, String, String) {
    (row.to_owned(), peer.to_owned(), metric.to_owned())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("results/raw")
}

fn path(set: &str) -> PathBuf {
    folder().join(format!("{set}.tsv"))
}
