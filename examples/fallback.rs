//! Asks a replica, and then guesses, when the primary fails.
//!
//! ```sh
//! cargo run --example fallback
//! ```

use resilience::fallback;

#[derive(Debug)]
enum PriceError {
    Down,
    NoSuchItem,
}

struct Shop {
    primary_is_up: bool,
    replica_is_up: bool,
}

impl Shop {
    /// Returns the price in cents: from the primary, else from the replica, else a guess. A missing item does not
    /// trigger the fallbacks.
    #[fallback(self.price_from_replica, |error| self.guess(item, &error), when = |error| matches!(error, PriceError::Down))]
    async fn price(&self, item: &str) -> Result<u32, PriceError> {
        println!("           asking the primary for {item}");
        match item {
            _ if !self.primary_is_up => Err(PriceError::Down),
            "unicorn" => Err(PriceError::NoSuchItem),
            _ => Ok(999),
        }
    }

    async fn price_from_replica(&self, item: &str) -> Result<u32, PriceError> {
        println!("           asking the replica for {item}");
        tokio::task::yield_now().await;
        if self.replica_is_up { Ok(998) } else { Err(PriceError::Down) }
    }

    fn guess(&self, item: &str, error: &PriceError) -> Result<u32, PriceError> {
        println!("           guessing the price of {item} after {error:?}");
        if self.primary_is_up { Err(PriceError::NoSuchItem) } else { Ok(1000) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for (primary_is_up, replica_is_up) in [(true, true), (false, true), (false, false)] {
        let shop = Shop { primary_is_up, replica_is_up };
        println!("{:?}", shop.price("lamp").await);
    }
    println!("{:?}", Shop { primary_is_up: true, replica_is_up: true }.price("unicorn").await);
}
