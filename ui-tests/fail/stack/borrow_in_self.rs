//! `Self` may borrow what the next attempt would borrow again.

use resilience::{fallback, retry};

pub struct Transaction<'a> {
    connection: &'a mut Vec<u32>,
}

impl<'a> Transaction<'a> {
    #[retry]
    fn begin(connection: &'a mut Vec<u32>) -> Result<Self, resilience::Error> {
        Ok(Self { connection })
    }

    #[retry]
    async fn begin_later(connection: &'a mut Vec<u32>) -> Result<Self, resilience::Error> {
        Ok(Self { connection })
    }

    #[fallback(Self::spare)]
    fn or_spare(connection: &'a mut Vec<u32>) -> Option<Self> {
        Some(Self { connection })
    }

    fn spare(connection: &'a mut Vec<u32>) -> Option<Self> {
        Some(Self { connection })
    }
}

fn main() {}
