//! Base framing (RFC 6455 §5): pure functions and small values, no state
//! across frames except in [`Utf8Validator`].
//!
//! # Single frames
//! A [`Connection`](crate::connection::Connection) sends and receives
//! messages, and never a frame that the rules do not allow. A test or a tool
//! that wants exactly one frame, a fragment for instance or a wrong one, runs
//! the [`Handshake`](crate::handshake::Handshake) and then writes and reads
//! frames itself, beginning with what
//! [`Handshake::rest`](crate::handshake::Handshake::rest) has:
//!
//! ```
//! use hybi_core::frame::{FrameHeader, MaskingKey, Opcode, apply_mask};
//!
//! // The first fragment of a text.
//! let header = FrameHeader { fin: false, rsv1: false, opcode: Opcode::Text, payload_len: 5 };
//! let key = MaskingKey(*b"abcd");
//! let (head, size) = header.encode_masked(key);
//! let mut frame = [&head[..size], b"Hello"].concat();
//! apply_mask(&mut frame[size..], key);
//! assert_eq!(frame, b"\x01\x85abcd\x29\x07\x0f\x08\x0e");
//! // What is against the rules is a matter of bytes: a Ping in fragments.
//! frame[0] = 0x09;
//!
//! // And one from the server. `None` would ask for more bytes.
//! let received = b"\x82\x02\x01\x02...";
//! let (header, size) = FrameHeader::decode(received, false)?.unwrap();
//! let payload = &received[size..size + header.payload_len as usize];
//! assert_eq!((header.opcode, header.fin, payload), (Opcode::Binary, true, &[1, 2][..]));
//! # Ok::<(), hybi_core::error::ProtocolError>(())
//! ```

mod close;
mod header;
mod kernel;
mod mask;
mod opcode;
mod utf8;

pub use close::{CloseFrame, MAX_CLOSE_REASON};
pub use header::{FrameHeader, MAX_CONTROL_PAYLOAD, MAX_HEADER_SIZE};
pub(crate) use kernel::Store;
pub use mask::{MaskingKey, apply_mask, mask_into};
pub use opcode::Opcode;
pub use utf8::Utf8Validator;
pub(crate) use utf8::to_str;
