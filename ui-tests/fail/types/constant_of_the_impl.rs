use resilience::retry;

struct Client<const MOST: u32>;

impl<const MOST: u32> Client<MOST> {
    // A parameter of the `impl`, which the macro does not see, of a longer name than such parameters have; as `Self::MOST`
    // it may be used.
    #[retry(max = MOST)]
    fn ask(&self) -> Result<u32, resilience::Error> {
        Ok(1)
    }
}

fn main() {}
