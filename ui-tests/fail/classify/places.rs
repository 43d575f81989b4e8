use resilience::Classify;
use std::time::Duration;

#[derive(Classify)]
#[classify(transient, retry_after = wait)]
enum OnTheEnum {
    Busy { wait: Duration },
}

#[derive(Classify)]
enum OnTheField {
    #[classify(crate = resilience)]
    Facade,
    #[classify(transient)]
    Category(#[classify(permanent)] u32),
    #[classify(transient)]
    Severity(#[classify(severity = "info")] u32),
    #[classify(transient)]
    Hint(#[classify(retry_after = 0)] Duration),
}

#[derive(Classify)]
#[classify(transient)]
union Either {
    _a: u32,
    _b: f32,
}

#[derive(Classify)]
struct NotAField {
    #[classify(netwrok)]
    status: u16,
}

fn main() {}
