//! Mistakes beside `#[classify(with = ..)]`.

use resilience::{Category, Classify, Verdict};

fn of_number(_: &std::num::ParseIntError) -> Verdict {
    Verdict::new(Category::Permanent)
}

fn of_nothing(_: &std::fmt::Error) -> Category {
    Category::Permanent
}

#[derive(Classify)]
enum Written {
    #[classify(with = "of_number")]
    Quoted(std::num::ParseIntError),
    #[classify(with)]
    Missing(std::num::ParseIntError),
    #[classify(with = of_number)]
    Empty,
    #[classify(with = of_number)]
    Several(std::num::ParseIntError, u32),
    #[classify(with = of_number, permanent)]
    Twice(std::num::ParseIntError),
}

#[derive(Classify)]
enum Typed {
    #[classify(with = of_number)]
    Field(std::fmt::Error),
    #[classify(with = of_nothing)]
    Answer(std::fmt::Error),
}

fn main() {}
