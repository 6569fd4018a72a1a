//! Sensor readings over a WebSocket, by a device that is left alone: async,
//! on embassy, without an allocator.
//!
//! ```text
//! telemetry ws://HOST[:PORT]/PATH [COUNT [INTERVAL-MS]]
//! telemetry wss://HOST[:PORT]/PATH COUNT INTERVAL-MS CA.der
//! ```
//!
//! Takes a reading each INTERVAL-MS (1000) and sends it as JSON; the server
//! acknowledges each by its number. When the connection is lost, or the
//! server silent for too long, it connects again after a while. Readings are
//! kept until they are acknowledged; those that there is no room for are
//! reported as lost. After COUNT readings (0, the default: never) it closes
//! and ends.
//!
//! Over TLS, the server's certificate has to lead to the one in CA.der, a file
//! of the host's. A certificate that does not do ends it with status 4.
//!
//! Messages from the server may be compressed, through a window of 1 KiB.
#![no_std]
#![no_main]

mod outbox;
mod session;

use board::{eprintln, println};
use embassy_executor::Spawner;
use embassy_net::{Runner, StackResources};
use embassy_time::{Duration, Timer};
use hybi_core::reconnect::{Backoff, Policy, is_final};
use hybi_core::{entropy::RandCore, uri::Uri};
use hybi_embedded::{
    embassy::EmbassyTimer,
    tls::{CertificateDer, trust_anchor},
};
use nic::embassy::Device;
use outbox::Outbox;
use rand_core::Rng as _;
use session::{Buffers, Ended, Server, Window};
use static_cell::{ConstStaticCell, StaticCell};

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    board::exit(run(spawner).await)
}

async fn run(spawner: Spawner) -> i32 {
    let Some(order) = Order::parse(&board::arguments()) else {
        eprintln!("usage: telemetry ws[s]://HOST[:PORT]/PATH [COUNT [INTERVAL-MS [CA.der]]]");
        return 2;
    };
    let Ok(uri) = Uri::parse(&order.url) else {
        eprintln!("not a URL for a WebSocket");
        return 2;
    };
    // A device of its own has it in flash: `include_bytes!`.
    static CA: ConstStaticCell<[u8; 2048]> = ConstStaticCell::new([0; _]);
    let ca = order
        .ca
        .and_then(|path| board::file(&path, CA.take()))
        .map(CertificateDer::from_slice);
    let roots = ca.as_ref().and_then(|ca| trust_anchor(ca).ok());
    if uri.is_secure() && roots.is_none() {
        eprintln!("wss:// needs the certificate of a CA, in DER");
        return 2;
    }
    let server = Server {
        uri: &uri,
        roots: roots.as_slice(),
    };

    // The board, and the network on it.
    let Some(mut peripherals) = cortex_m::Peripherals::take() else {
        return 1;
    };
    board::start_clock(&mut peripherals.SYST);
    let mut rng = board::seeded_by_the_host_for_tests();
    static RESOURCES: StaticCell<StackResources<3>> = StaticCell::new();
    let (stack, runner) = embassy_net::new(
        board::embassy_ethernet(),
        embassy_net::Config::dhcpv4(Default::default()),
        RESOURCES.init(StackResources::new()),
        rng.next_u64(),
    );
    match network(runner) {
        Ok(task) => spawner.spawn(task),
        Err(_) => return 1,
    }

    // One connection after another.
    static BUFFERS: ConstStaticCell<Buffers> = ConstStaticCell::new(Buffers::new());
    let buffers = BUFFERS.take();
    static INFLATE: StaticCell<Option<Window>> = StaticCell::new();
    let inflate = INFLATE.init_with(|| None);
    let mut outbox = Outbox::new(order.count, order.interval);
    let mut policy = Policy::default();
    policy.minimum = core::time::Duration::from_millis(200);
    policy.maximum = core::time::Duration::from_secs(5);
    let mut backoff = Backoff::new(policy);
    loop {
        let ended = session::run(
            stack,
            &server,
            buffers,
            inflate,
            &mut rng,
            &mut outbox,
            &mut backoff,
        )
        .await;
        let failure = match ended {
            Ok(Ended::Done) => {
                println!("{outbox}");
                let (peak, size) = (board::stack_peak(), board::stack_size());
                println!("stack: at most {peak} of {size} bytes");
                return 0;
            }
            Err(failure) => failure,
        };
        println!("disconnected: {failure}");
        match failure {
            session::Failure::Handshake(error) if is_final(&error) => return 3,
            // Somebody has to look at that.
            session::Failure::NotTrusted(_) => return 4,
            _ => {}
        }
        let now = hybi_core::driver::asynch::Timer::now(&mut EmbassyTimer);
        let Some(delay) = backoff.lost(now, None, &mut RandCore(&mut rng)) else {
            return 1;
        };
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        println!("attempt {} in {millis} ms", backoff.attempt());
        Timer::after(Duration::from_millis(millis)).await;
    }
}

/// Runs the network.
#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Device<board::Controller>>) -> ! {
    runner.run().await
}

/// What the arguments ask for.
struct Order {
    url: heapless::String<128>,
    count: u32,
    interval: Duration,
    ca: Option<heapless::String<128>>,
}

impl Order {
    fn parse(mut words: &board::Arguments) -> Option<Self> {
        let url = words.next()?.ok()?.try_into().ok()?;
        let mut number = |default| match words.next() {
            Some(word) => word.ok()?.parse().ok(),
            None => Some(default),
        };
        Some(Self {
            url,
            count: number(0)?,
            interval: Duration::from_millis(number(1000)?.into()),
            ca: match words.next() {
                Some(word) => Some(word.ok()?.try_into().ok()?),
                None => None,
            },
        })
    }
}
