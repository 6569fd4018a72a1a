//! The log of `-v` and `-vv`, on stderr.

use std::sync::Arc;

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::output::Output;

struct Logger {
    output: Arc<Output>,
}

/// Shows warnings; with `-v` what the client does; with `-vv` every frame
/// and header, secrets left out.
pub(crate) fn start(verbosity: u8, output: &Arc<Output>) {
    let logger = Logger {
        output: Arc::clone(output),
    };
    if log::set_logger(Box::leak(Box::new(logger))).is_ok() {
        log::set_max_level(match verbosity {
            0 => LevelFilter::Warn,
            1 => LevelFilter::Debug,
            _ => LevelFilter::Trace,
        });
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates know nothing of what is secret here.
        metadata.target().split("::").next().is_some_and(|name| {
            matches!(
                name,
                "hybi" | "hybi_common" | "hybi_core" | "hybi_std" | "hybi_wasi"
            )
        })
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        };
        // A peer's header must not control the terminal.
        let words = record.args().to_string();
        let words: String = words
            .chars()
            .flat_map(|c| {
                let escaped = c.is_control().then(|| c.escape_unicode());
                let plain = escaped.is_none().then_some(c);
                escaped.into_iter().flatten().chain(plain)
            })
            .collect();
        self.output.note(&format!("hybi: {level}: {words}"));
    }

    fn flush(&self) {}
}
