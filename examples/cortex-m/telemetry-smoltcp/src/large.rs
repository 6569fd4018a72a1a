//! A message that is larger than the memory, there and back.

use core::time::Duration;

use board::{println, uptime};
use hybi_core::connection::{Chunk, Event};

use crate::{BUFFER, Client, Failure, TCP_BUFFER};

/// Sends a binary message of `size` bytes, piece by piece, and compares what
/// comes back as it arrives.
pub(crate) fn echo(client: &mut Client<'_>, size: u32) -> Result<&'static str, Failure> {
    let started = uptime();
    // Each piece is a frame, as large as the send buffer takes.
    let mut piece = [0; BUFFER - 256];
    let mut at = 0;
    loop {
        let rest = usize::try_from(size - at).unwrap_or(usize::MAX);
        let len = piece.len().min(rest);
        let piece = piece.get_mut(..len).unwrap_or_default();
        for byte in &mut *piece {
            *byte = pattern(at);
            at += 1;
        }
        client.send_binary_piece(piece, at == size)?;
        // The server may have something against it.
        match client.receive_until(Some(Duration::ZERO))? {
            None | Some(Event::Ping(_) | Event::Pong(_)) => {}
            Some(event) => return Err(Failure::unexpected(event)),
        }
        if at == size {
            break;
        }
    }
    let sent = uptime();
    println!("sent {size} bytes in {} ms", (sent - started).as_millis());

    let mut at = 0;
    loop {
        let Chunk { data, last, .. } = match client.receive()? {
            Event::Chunk(chunk) => chunk,
            Event::Ping(_) | Event::Pong(_) => continue,
            event => return Err(Failure::unexpected(event)),
        };
        for byte in data {
            if *byte != pattern(at) {
                return Err(Failure::WrongEcho);
            }
            at += 1;
        }
        if last {
            break;
        }
    }
    if at != size {
        return Err(Failure::WrongEcho);
    }
    println!("received it in {} ms", (uptime() - sent).as_millis());
    println!("through buffers of {BUFFER} bytes each way, and {TCP_BUFFER} each way for TCP");
    Ok("done")
}

/// The byte at a position: no run repeats for 16 MiB.
fn pattern(position: u32) -> u8 {
    let [a, b, c, d] = position.wrapping_mul(0x9E37_79B1).to_le_bytes();
    a ^ b ^ c ^ d
}
