//! The only place that draws random numbers.

/// Sixty-four random bits for a jitter.
pub fn random() -> u64 {
    rand::random()
}
