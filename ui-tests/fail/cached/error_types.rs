//! Functions of errors that read or return another type.
use resilience::cached;

#[derive(Debug)]
struct Down(String);

struct Shop;

impl Shop {
    fn copy(&self, error: &Down) -> Down {
        Down(error.0.clone())
    }
    fn is_outage(error: &Down) -> bool {
        error.0.is_empty()
    }
    #[cached(ttl = 60, skip(self), clone_error = Self::copy, stale_if_error = "1m", stale_when = Self::is_outage)]
    async fn wrong_method(&self) -> Result<u8, Down> {
        Ok(1)
    }
    #[cached(ttl = 60, skip(self), clone_error = self.copy, stale_if_error = "1m", stale_when = |error| Self::is_outage(error))]
    async fn method(&self) -> Result<u8, Down> {
        Ok(1)
    }
    #[cached(ttl = 60, skip(self), stale_if_error = "1m", stale_when = self.copy)]
    async fn not_a_bool(&self) -> Result<u8, Down> {
        Ok(1)
    }
}

#[cached(clone_error = Clone::clone)]
async fn clone() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = |error: Down| error)]
fn by_value() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = || Down(String::new()))]
fn no_parameter() -> Result<u8, Down> {
    Ok(1)
}

#[cached(clone_error = |error| Down(error.0.clone()))]
fn plain() -> u8 {
    1
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when = |error| error.0.len())]
fn not_a_bool() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when = |_: &Result<u8, Down>| true)]
fn whole_result() -> Result<u8, Down> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = "1m", stale_when = |_| true)]
fn an_option() -> Option<u8> {
    Some(1)
}

trait Store {
    async fn load(&self, id: u32) -> Result<u8, Down>;
}

impl Store for Shop {
    #[cached(ttl = 60, key = id, clone_error = copied)]
    async fn load(&self, id: u32) -> Result<u8, Down> {
        Ok(id as u8)
    }
}

fn copied(error: &Down) -> String {
    error.0.clone()
}

fn main() {}
