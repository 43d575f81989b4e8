use resilience::{circuit_breaker, retry, timeout};

struct Report;

// The type stands where the macro is called, and is wrong there, once.
macro_rules! functions {
    ($now:ident, $later:ident, $output:ty) => {
        #[retry]
        #[circuit_breaker]
        fn $now() -> $output {
            todo!()
        }

        #[retry]
        #[timeout("1s")]
        #[circuit_breaker(allow(late_timeout))]
        async fn $later() -> $output {
            todo!()
        }
    };
}

functions!(own, own_later, Report);
functions!(plain, plain_later, u32);
functions!(without_from, without_from_later, Result<u32, Report>);

fn main() {}
