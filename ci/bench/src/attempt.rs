//! Other people's code may panic; that is a result too.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::peer::{Failure, Outcome};

pub fn attempt<T>(run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
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
