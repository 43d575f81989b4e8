use resilience::Classify;
use std::time::Duration;

#[derive(Classify)]
enum Hints {
    #[classify(rate_limit, retry_after = wiat)]
    Typo { wait: Duration, _limit: u32 },
    #[classify(rate_limit, retry_after = pause)]
    Unknown { wait: Duration, _limit: u32 },
    #[classify(rate_limit, retry_after = 2)]
    Index(u32, Duration),
    #[classify(rate_limit, retry_after = 1)]
    OnlyOne(Duration),
    #[classify(rate_limit, retry_after = wait)]
    NoFields,
    #[classify(rate_limit, retry_after = "wait")]
    Quoted { wait: Duration },
    #[classify(rate_limit, retry_after = "30s")]
    Value { wait: Duration },
    #[classify(rate_limit, retry_after = self.wait)]
    OfSelf { wait: Duration },
    #[classify(rate_limit, retry_after)]
    Alone { wait: Duration },
    #[classify(rate_limit, retry_after = wait.unwrap_or_default())]
    Computed { wait: Option<Duration> },
}

fn main() {}
