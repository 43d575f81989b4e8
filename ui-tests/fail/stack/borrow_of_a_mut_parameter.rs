use resilience::{fallback, retry};

struct Pool {
    connection: String,
}

impl Pool {
    #[retry(max = 2)]
    async fn elided(&mut self) -> Result<&str, resilience::Error> {
        Ok(&self.connection)
    }

    #[retry(max = 2)]
    fn exclusive(&mut self) -> Option<&mut String> {
        Some(&mut self.connection)
    }

    #[retry(max = 2)]
    fn named<'a>(&'a mut self, suffix: &str) -> Option<std::slice::Iter<'a, u8>> {
        self.connection.push_str(suffix);
        Some(self.connection.as_bytes().iter())
    }
}

#[retry(max = 2)]
fn parameter(pool: &mut Pool) -> Option<&str> {
    Some(&pool.connection)
}

#[fallback(parameter)]
fn under_a_fallback(pool: &mut Pool) -> Option<&str> {
    Some(&pool.connection)
}

fn main() {}
