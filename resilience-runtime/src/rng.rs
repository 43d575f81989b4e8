//! The only place that draws random numbers.

pub fn random() -> u64 {
    rand::random()
}
