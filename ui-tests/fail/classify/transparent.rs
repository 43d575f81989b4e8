use resilience::Classify;
use std::io;

#[derive(Classify)]
enum Several {
    #[classify(transparent)]
    Two(io::Error, u32),
    #[classify(transparent)]
    None,
    #[classify(transparent)]
    Both(#[classify(transparent)] io::Error, #[classify(transparent)] io::Error),
}

#[derive(Classify)]
#[classify(transparent)]
enum Default {
    Io(io::Error),
    Closed,
    Two { _first: io::Error, _second: io::Error },
}

fn main() {}
