use resilience::Classify;
use std::time::Duration;

#[derive(Classify)]
enum Twice {
    #[classify(network, transient)]
    TwoCategories,
    #[classify(network)]
    #[classify(permanent)]
    InTwoAttributes,
    #[classify(network, network)]
    TheSame,
    #[classify(network, severity = "info", severity = "error")]
    TwoSeverities,
    #[classify(transparent, permanent)]
    TransparentAndMore(std::io::Error),
    #[classify(permanent)]
    OnTheField(#[classify(transparent)] std::io::Error),
    #[classify(permanent, retry_after = 0)]
    TwoHints(Duration, #[classify(retry_after)] Duration),
}

#[derive(Classify)]
#[classify(transient, permanent)]
struct Struct;

fn main() {}
