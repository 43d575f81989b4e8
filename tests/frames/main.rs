//! How much stack annotated functions take in a build without optimization.

#![cfg(debug_assertions)]

use std::env;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::Command;
use std::ptr;
use std::task::{Context, Poll, Waker};
use std::thread;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

type Address = Result<usize, resilience::Error>;

#[inline(never)]
fn address() -> usize {
    let local = black_box(0_u8);
    ptr::from_ref(&local).addr()
}

/// The bytes between a caller and the body of the function that it calls.
#[inline(never)]
fn bytes(call: impl FnOnce() -> Address) -> usize {
    let local = black_box(0_u8);
    ptr::from_ref(&local).addr() - call().expect("a success")
}

#[inline(never)]
fn bytes_of_a_poll(future: impl Future<Output = Address>) -> usize {
    let mut future = pin!(future);
    bytes(|| match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => unreachable!("it waits for nothing"),
    })
}

#[allow(clippy::unnecessary_wraps, reason = "the form of a fallback")]
fn answer(_: u64) -> Address {
    Ok(0)
}

macro_rules! functions {
    ($($name:ident: $(#[$attribute:meta])* $($kind:ident)?;)*) => {$(
        $(#[$attribute])*
        pub $($kind)? fn $name(id: u64) -> Address {
            black_box(id);
            Ok(address())
        }
    )*};
}

mod synchronous {
    use super::*;

    functions! {
        plain:;
        retry: #[retry(max = 3)];
        timeout: #[timeout(secs = 30, mode = "cooperative")];
        circuit_breaker: #[circuit_breaker];
        bulkhead: #[bulkhead(max = 10)];
        rate_limit: #[rate_limit(max = 1000, per = "1s")];
        cached: #[cached(ttl = 60)];
        fallback: #[fallback(answer)];
        five: #[fallback(answer)] #[retry(max = 3)] #[circuit_breaker] #[bulkhead(max = 10)]
            #[timeout(secs = 30, mode = "cooperative")];
        readme: #[cached(ttl = 60)] #[timeout(secs = 120, mode = "cooperative")] #[fallback(answer)] #[retry(max = 3)]
            #[circuit_breaker] #[timeout(secs = 30, mode = "cooperative")];
    }
}

mod asynchronous {
    use super::*;

    functions! {
        plain: async;
        retry: #[retry(max = 3)] async;
        timeout: #[timeout(secs = 30)] async;
        circuit_breaker: #[circuit_breaker] async;
        bulkhead: #[bulkhead(max = 10)] async;
        rate_limit: #[rate_limit(max = 1000, per = "1s")] async;
        cached: #[cached(ttl = 60)] async;
        fallback: #[fallback(answer)] async;
        five: #[fallback(answer)] #[retry(max = 3)] #[circuit_breaker] #[bulkhead(max = 10)] #[timeout(secs = 30)] async;
        readme: #[cached(ttl = 60)] #[timeout(secs = 120)] #[fallback(answer)] #[retry(max = 3)] #[circuit_breaker]
            #[timeout(secs = 30)] async;
    }
}

/// A function, and the most bytes between its caller and its body: synchronous, and at the first poll.
struct Row {
    name: &'static str,
    synchronous: (fn() -> usize, usize),
    asynchronous: (fn() -> usize, usize),
}

macro_rules! rows {
    ($($name:ident $synchronous:literal $asynchronous:literal,)*) => {
        [$(Row {
            name: stringify!($name),
            synchronous: (|| bytes(|| synchronous::$name(1)), $synchronous),
            asynchronous: (|| bytes_of_a_poll(asynchronous::$name(1)), $asynchronous),
        }),*]
    };
}

/// A tenth more than measured.
const ROWS: [Row; 10] = rows! {
    plain 100 330,
    retry 490 1670,
    timeout 400 2110,
    circuit_breaker 820 2000,
    bulkhead 680 1140,
    rate_limit 590 1070,
    cached 1100 2110,
    fallback 580 1350,
    five 1510 3590,
    readme 1950 4640,
};

/// Of one compiler: another one lays out frames in its own way.
#[test]
fn an_attribute_takes_little_stack() {
    for Row { name, synchronous, asynchronous } in ROWS {
        for (form, (measure, most)) in [("synchronous", synchronous), ("asynchronous", asynchronous)] {
            let bytes = measure();
            println!("{name:<16}{form:<14}{bytes:>6} of {most}");
            assert!(bytes <= most, "{name}, {form}: {bytes} bytes between the caller and the body, more than {most}");
        }
    }
}

const CHILD: &str = "RESILIENCE_FRAMES_CHILD";

/// The first call creates the state of each layer. An overflow ends the whole program, so another one runs.
#[test]
fn every_attribute_runs_on_a_thread_of_16_kib() {
    if let Ok(wanted) = env::var(CHILD) {
        for Row { name, synchronous, asynchronous } in ROWS.into_iter().filter(|row| row.name == wanted) {
            for (call, _) in [synchronous, asynchronous] {
                let small = thread::Builder::new().name(name.to_owned()).stack_size(16 * 1024);
                let bytes = small.spawn(call).expect("a thread").join().expect("no panic");
                assert!(bytes < 16 * 1024);
            }
        }
        return;
    }
    for Row { name, .. } in ROWS {
        let program = env::current_exe().expect("a path");
        let run = Command::new(program)
            .args(["--exact", "every_attribute_runs_on_a_thread_of_16_kib"])
            .env(CHILD, name)
            .output()
            .expect("a program");
        assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    }
}
