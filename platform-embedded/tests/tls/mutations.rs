//! A server whose every message is changed at random before it is encrypted:
//! whatever it sends, the client neither panics nor waits for ever.
//!
//! `TLS_MUTATIONS=100000` tries so many instead of a few.

use std::{
    env,
    net::{Shutdown, TcpListener},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use embedded_io::{Read as _, Write as _};
use hybi_embedded::tls::{
    DangerouslyTrustAnyone, Proof, Psk, RecordFilter, Roots,
    blocking::{Blocking, TlsStream},
    trust_anchor,
};
use tls_attacks::{Attack, PSK, PSK_IDENTITY, serve_mutated};

use crate::{
    attacks::CA,
    tcp::{Tcp, Urandom, since_1970},
};

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).unwrap() % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        const LIKELY: [u8; 24] = [
            0, 1, 2, 3, 4, 8, 11, 13, 15, 16, 20, 21, 22, 23, 24, 41, 43, 51, 0x30, 0x7F, 0x80,
            0x82, 0xFE, 0xFF,
        ];
        match self.below(2) {
            0 => LIKELY[self.below(LIKELY.len())],
            _ => u8::try_from(self.below(256)).unwrap(),
        }
    }

    /// One content in three stays as it is, so that the next is reached.
    fn mutate(&mut self, content: &mut Vec<u8>) {
        if self.below(3) == 0 {
            return;
        }
        for _ in 0..=self.below(4) {
            // Lengths and types stand near the beginning, or at the end.
            let near = match self.below(3) {
                0 => content.len().min(16),
                _ => content.len(),
            };
            let at = self.below(near);
            match self.below(8) {
                0 => content.truncate(at),
                1 => content.insert(at.min(content.len()), self.byte()),
                2 if at < content.len() => drop(content.remove(at)),
                3 => content.extend(vec![0; self.below(40)]),
                4 => content.push(self.byte()),
                5 => {
                    let end = at + self.below(content.len() - at);
                    let again = content[at..end].to_vec();
                    content.splice(at..at, again);
                }
                6 => content.extend([4, 0, 0, 0, 22]),
                _ if at < content.len() => content[at] = self.byte(),
                _ => {}
            }
        }
        content.truncate(16_000);
    }
}

fn client(tcp: Tcp, proof: &impl Proof) -> bool {
    let (mut rx, mut tx, mut out) = (vec![0; 4096], vec![0; 512], vec![0; 512]);
    let filter = RecordFilter::new(Blocking::new(tcp), &mut out);
    let tls = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", proof, Urandom, None);
    let Ok(mut tls) = tls else {
        return false;
    };
    for _ in 0..5 {
        let mut buf = [0; 100];
        if tls.write_all(b"ping").is_err()
            || tls.flush().is_err()
            || !matches!(tls.read(&mut buf), Ok(1..))
        {
            break;
        }
    }
    true
}

#[test]
fn no_message_makes_the_client_panic() {
    let rounds = env::var("TLS_MUTATIONS").map_or(150, |rounds| rounds.parse().unwrap());
    let anchors = [trust_anchor(&CA).unwrap()];
    let roots = Roots::new(&anchors).at(since_1970());
    let psk = Psk::new(PSK_IDENTITY, PSK);
    let mut opened = 0;
    for seed in 1..=rounds {
        let mut dice = Dice(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15));
        let servers = ["good", "tickets", "intermediate", "padding", "psk"];
        let attack = Attack::named(servers[dice.below(servers.len())]).unwrap();
        let trusting = dice.below(2) == 0;
        // Half of the time the handshake is left alone.
        let mut spare = if dice.below(2) == 0 { 2 } else { 0 };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let end = stream.try_clone().unwrap();
            let _ = serve_mutated(stream, attack, move |content| match spare {
                0 => dice.mutate(content),
                _ => spare -= 1,
            });
            let _ = end.shutdown(Shutdown::Both);
        });
        let tcp = Tcp::connect(port);
        // A client that waits for what does not come is ended by us.
        tcp.0
            .set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        let end = tcp.0.try_clone().unwrap();
        let result = catch_unwind(AssertUnwindSafe(|| match (attack.psk, trusting) {
            (true, _) => client(tcp, &psk),
            (false, true) => client(tcp, &DangerouslyTrustAnyone),
            (false, false) => client(tcp, &roots),
        }));
        let _ = end.shutdown(Shutdown::Both);
        server.join().unwrap();
        match result {
            Ok(open) => opened += u32::from(open),
            Err(_) => panic!("seed {seed}"),
        }
    }
    assert!(opened > 20, "{opened}");
    println!("{rounds} rounds, {opened} past the handshake");
}
