use resilience::{cached, retry};

trait Client {
    #[retry(max = 2)]
    async fn ask(&self) -> Result<u8, resilience::Error>;

    #[cached(key = ())]
    fn version(&self) -> u8;
}

struct Local;

impl Client for Local {
    async fn ask(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    fn version(&self) -> u8 {
        1
    }
}

fn main() {}
