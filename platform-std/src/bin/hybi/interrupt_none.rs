//! WASI has no signals: Ctrl-C ends the host, and the program with it.

use std::sync::Arc;

use crate::output::Output;

#[derive(Debug)]
pub(crate) struct Interrupt;

impl Interrupt {
    pub(crate) fn watch(_: &Arc<Output>) -> Arc<Self> {
        Arc::new(Self)
    }

    /// True: another attempt may be made.
    #[expect(clippy::unused_self, reason = "elsewhere it is asked")]
    pub(crate) const fn lost(&self) -> bool {
        true
    }

    /// Never asked for.
    #[expect(clippy::unused_self, reason = "elsewhere it is asked")]
    pub(crate) const fn take(&self) -> bool {
        false
    }
}
