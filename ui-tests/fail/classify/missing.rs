use resilience::Classify;

#[derive(Classify)]
enum OneOfThree {
    #[classify(network)]
    Lost,
    Timeout(u64),
    #[classify(severity = "info")]
    Busy,
}

#[derive(Classify)]
enum NoneAtAll {
    Lost,
    Timeout(u64),
}

#[derive(Classify)]
struct Struct {
    _status: u16,
}

#[derive(Classify)]
#[classify(severity = "warning")]
struct OnlyASeverity;

// What the derive could not do turns nothing else red.
fn uses(one: &OneOfThree) -> resilience::Category {
    one.category()
}

fn main() {}
