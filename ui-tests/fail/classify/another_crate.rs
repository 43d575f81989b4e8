//! No crate can derive or implement `Classify` for the error of another one.

use std::num::ParseIntError;

#[derive(resilience::Classify)]
enum OfAVariant {
    #[classify(transparent)]
    Parse(ParseIntError),
}

#[derive(resilience::Classify)]
#[classify(transparent)]
struct OfAStruct(ParseIntError);

fn required<E: resilience::Classify>(_: E) {}

fn main() {
    required("x".parse::<u8>());
    required("x".parse::<u8>().unwrap_err());
}
