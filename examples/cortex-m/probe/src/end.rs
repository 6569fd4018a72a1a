//! How a connection ended, or the attempt at one.

use core::fmt;

use hybi_core::{
    close_code::CloseCode,
    connection::{Closed, Initiator},
};

use crate::{event::Line, failure::Failure};

pub(crate) enum End {
    Closed {
        code: Option<CloseCode>,
        /// As far as the frame goes: at most 123 bytes.
        reason: heapless::String<123>,
        initiator: Initiator,
        clean: bool,
    },
    Failed(Failure),
}

impl End {
    pub(crate) fn closed(closed: Closed<'_>) -> Self {
        let mut reason = heapless::String::new();
        // It fits.
        let _ = reason.push_str(closed.reason);
        Self::Closed {
            code: closed.code,
            reason,
            initiator: closed.initiator,
            clean: closed.clean,
        }
    }

    /// Prints the last line.
    pub(crate) fn print(&self) {
        match self {
            Self::Closed {
                code,
                reason,
                initiator,
                clean,
            } => Line::new("closed")
                .number("code", code.map(|code| code.0))
                .text("reason", reason)
                .text(
                    "initiator",
                    match initiator {
                        Initiator::Local => "local",
                        Initiator::Peer => "peer",
                    },
                )
                .flag("clean", *clean)
                .print(),
            Self::Failed(failure) => Line::new("error")
                .text("kind", failure.kind())
                .number("close_code", failure.close_code())
                .number("status", failure.status())
                .text("message", failure)
                .print(),
        }
    }

    pub(crate) fn status(&self) -> i32 {
        match self {
            Self::Closed { clean: false, .. } => 6,
            Self::Closed {
                code: None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY),
                ..
            } => 0,
            Self::Closed { .. } => 7,
            Self::Failed(failure) => failure.exit(),
        }
    }

    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "io",
            Self::Failed(failure) => failure.kind(),
        }
    }

    /// Whether something was lost, or an attempt failed, for another reason
    /// than this side's.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::Closed {
                code, initiator, ..
            } => {
                *initiator == Initiator::Peer
                    && !matches!(code, None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY))
            }
            Self::Failed(failure) => !matches!(failure.kind(), "usage" | "url"),
        }
    }

    /// Whether another attempt would end the same way.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::Closed { .. } => false,
            Self::Failed(failure) => failure.is_final(),
        }
    }
}

/// In words, for `disconnected`.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { code, reason, .. } => {
                f.write_str("the peer closed")?;
                if let Some(code) = code {
                    write!(f, " with {code}")?;
                }
                if !reason.is_empty() {
                    write!(f, ": {reason}")?;
                }
                Ok(())
            }
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}
