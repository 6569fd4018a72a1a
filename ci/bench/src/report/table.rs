//! Markdown tables.

use std::fmt::{self, Write};

use crate::stats::Figure;

/// The first column to the left, the others to the right.
pub fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(
        out,
        "| --- |{}",
        " ---: |".repeat(head.len().saturating_sub(1))
    );
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        value if value.abs() >= 1e6 => format!("{:.2} M", value / 1e6),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() >= 10.0 => format!("{value:.1}"),
        value if value.abs() >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.4}"),
    }
}

/// A figure in a table of clients.
pub struct Cells {
    pub figure: Figure,
    pub best: bool,
    pub lacking: bool,
}

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figure { median, low, high } = self.figure;
        let stars = if self.best { "**" } else { "" };
        write!(f, "{stars}{}{stars}", number(median))?;
        if high > low {
            write!(f, " ({} to {})", number(low), number(high))?;
        }
        if self.lacking {
            f.write_str(" †")?;
        }
        Ok(())
    }
}
