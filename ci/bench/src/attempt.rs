//! Other people's code may panic; that is a result too. It may also never come
//! back; that ends the program.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use crate::peer::{Failure, Outcome};

/// How often something was attempted.
static ATTEMPTS: AtomicU64 = AtomicU64::new(0);

/// Nothing takes so long, under valgrind and on a busy machine neither.
const PATIENCE: Duration = Duration::from_secs(240);

/// Ends the program with an error where nothing is attempted any more.
pub fn watch() {
    thread::spawn(|| {
        let mut seen = u64::MAX;
        loop {
            let now = ATTEMPTS.load(Ordering::Relaxed);
            if now == seen && now > 0 {
                eprintln!("hybi-bench: a client does not come back, see the row above");
                process::exit(1);
            }
            seen = now;
            thread::sleep(PATIENCE);
        }
    });
}

pub fn attempt<T>(run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    ATTEMPTS.fetch_add(1, Ordering::Relaxed);
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Failure::Broken(format!(
            "panicked: {}",
            text.unwrap_or_default()
        )))
    })
}
