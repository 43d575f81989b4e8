//! `Self` may borrow what the next attempt would borrow again.

use std::pin::Pin;

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

    #[retry]
    fn boxed(connection: &'a mut Vec<u32>) -> Result<Box<Self>, resilience::Error> {
        Ok(Box::new(Self { connection }))
    }

    #[retry]
    fn again(self: &'a mut Self) -> Result<Self, resilience::Error> {
        Ok(Self { connection: self.connection })
    }

    #[fallback(|_| Err(resilience::Error::NoThread { running: 0 }))]
    #[retry]
    fn again_pinned(self: Pin<&'a mut Self>) -> Result<Transaction<'a>, resilience::Error> {
        Ok(Self { connection: self.get_mut().connection })
    }

    #[fallback(Self::spare)]
    fn or_spare(connection: &'a mut Vec<u32>) -> Option<Self> {
        Some(Self { connection })
    }

    fn spare(connection: &'a mut Vec<u32>) -> Option<Self> {
        Some(Self { connection })
    }
}

trait Begin<'c>: Sized {
    fn begin(connection: &'c mut Vec<u32>) -> Result<Self, resilience::Error>;
    async fn begin_later(connection: &'c mut Vec<u32>) -> Result<Self, resilience::Error>;
}

impl<'c> Begin<'c> for Transaction<'c> {
    #[retry]
    fn begin(connection: &'c mut Vec<u32>) -> Result<Self, resilience::Error> {
        Ok(Self { connection })
    }

    #[retry]
    async fn begin_later(connection: &'c mut Vec<u32>) -> Result<Self, resilience::Error> {
        Ok(Self { connection })
    }
}

pub struct Guard<'a, T>(&'a mut T);

impl<'a, T: Send> Guard<'a, T> {
    #[retry]
    async fn lock(value: &'a mut T) -> Result<Self, resilience::Error> {
        Ok(Self(value))
    }
}

#[retry]
fn for_less_time<'long: 'short, 'short>(connection: &'long mut Vec<u32>) -> Option<Transaction<'short>> {
    Some(Transaction { connection })
}

#[retry]
fn by_a_clause<'long, 'short>(connection: &'long mut Vec<u32>) -> Option<Transaction<'short>>
where
    'long: 'short,
{
    Some(Transaction { connection })
}

fn main() {}
