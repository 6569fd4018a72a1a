//! Who may be called best.

use std::collections::BTreeMap;

use crate::{
    message::Content,
    peers,
    probes::{self, JOINS, KEYS, UTF8, UTF8_FRAGMENT, UTF8_SPLIT},
    record::Records,
    rows::{Row, What},
};

/// The probes without which a client does not do what a row is about.
pub type Needs = Vec<&'static str>;

pub fn needs(row: &Row) -> Needs {
    let mut needs = match row.what {
        What::Send => return vec![KEYS],
        What::Exchange => return exchange(),
        What::Receive => vec![JOINS],
    };
    if row.content != Content::Binary {
        needs.push(UTF8);
        needs.push(if row.fragment.is_some() {
            UTF8_FRAGMENT
        } else {
            UTF8_SPLIT
        });
    }
    needs
}

pub fn exchange() -> Needs {
    vec![KEYS, JOINS]
}

/// This project's own.
pub fn ours(name: &str) -> bool {
    name.starts_with("hybi")
}

pub struct Judge {
    passed: BTreeMap<(&'static str, &'static str), bool>,
    told: BTreeMap<(&'static str, &'static str), String>,
}

impl Judge {
    pub fn new(records: &Records) -> Self {
        let (mut passed, mut told) = (BTreeMap::new(), BTreeMap::new());
        for peer in peers::all() {
            for probe in probes::ALL {
                let key = (peer.name(), probe.name);
                let figure = records.get(probe.name, peer.name(), "passes");
                passed.insert(key, figure.is_some_and(|figure| figure.median > 0.5));
                let text = match figure {
                    Some(figure) if figure.median > 0.5 => "yes",
                    Some(_) => "**no**",
                    None => records
                        .reason(probe.name, peer.name())
                        .unwrap_or("not tried"),
                };
                told.insert(key, text.to_owned());
            }
        }
        Self { passed, told }
    }

    pub fn told(&self, peer: &'static str, probe: &'static str) -> String {
        self.told.get(&(peer, probe)).cloned().unwrap_or_default()
    }

    fn passes(&self, peer: &'static str, probe: &'static str) -> bool {
        self.passed.get(&(peer, probe)).copied().unwrap_or_default()
    }

    /// Passes everything.
    pub fn conforming(&self, peer: &'static str) -> bool {
        probes::ALL
            .iter()
            .all(|probe| self.passes(peer, probe.name))
    }

    pub fn lacks(&self, peer: &'static str, needs: &Needs) -> bool {
        peer != "floor" && needs.iter().any(|probe| !self.passes(peer, probe))
    }

    /// Other people's libraries that do what the row is about, the best
    /// first, and all that equal it.
    pub fn best(
        &self,
        records: &Records,
        row: &str,
        metric: &str,
        needs: &Needs,
    ) -> Vec<(&'static str, f64)> {
        let mut all = self.ranked(records, row, metric, |name| {
            !ours(name) && name != "floor" && !self.lacks(name, needs)
        });
        let Some(&(_, first)) = all.first() else {
            return all;
        };
        all.retain(|(_, value)| *value <= first);
        all
    }

    pub fn best_conforming(
        &self,
        records: &Records,
        row: &str,
        metric: &str,
    ) -> Option<(&'static str, f64)> {
        let all = self.ranked(records, row, metric, |name| {
            !ours(name) && name != "floor" && self.conforming(name)
        });
        all.first().copied()
    }

    /// Clients by their figure, the smallest first.
    pub fn ranked(
        &self,
        records: &Records,
        row: &str,
        metric: &str,
        wanted: impl Fn(&'static str) -> bool,
    ) -> Vec<(&'static str, f64)> {
        let names = peers::all().into_iter().map(|peer| peer.name());
        let mut all: Vec<_> = names
            .filter(|name| wanted(name))
            .filter_map(|name| Some((name, records.get(row, name, metric)?.median)))
            .collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        all
    }
}
