use super::expired;
use crate::context::{note_deadline_decision, started};
use crate::error::Error;
use crate::time;

/// Fails as soon as the deadline around this code has passed.
///
/// Call it from time to time in long synchronous work, which nothing can stop from outside.
///
/// # Errors
///
/// [`Error::Timeout`] when the time is over, with the limit that has ended the call: that of the
/// function, or a shorter one of a caller. Each such error is an event `timeout`.
///
/// ```
/// use resilience::{Error, timeout};
///
/// #[timeout(secs = 30, mode = "cooperative")]
/// fn sum(numbers: &[u64]) -> Result<u64, Error> {
///     let mut sum = 0;
///     for chunk in numbers.chunks(1024) {
///         resilience::checkpoint()?;
///         sum += chunk.iter().sum::<u64>();
///     }
///     Ok(sum)
/// }
///
/// assert_eq!(sum(&[1, 2, 3]), Ok(6));
/// ```
pub fn checkpoint() -> Result<(), Error> {
    match started() {
        Some(deadline) if deadline.moment() <= time::now() => {
            note_deadline_decision();
            Err(expired(deadline))
        }
        _ => Ok(()),
    }
}
