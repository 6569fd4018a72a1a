//! Base framing (RFC 6455 §5): pure functions and small values, no state
//! across frames except in [`Utf8Validator`].

mod close;
mod header;
mod mask;
mod opcode;
mod utf8;

pub use close::{CloseFrame, MAX_CLOSE_REASON};
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD, MAX_HEADER_SIZE};
pub use mask::{MaskingKey, apply_mask, mask_into};
pub use opcode::Opcode;
pub use utf8::Utf8Validator;
