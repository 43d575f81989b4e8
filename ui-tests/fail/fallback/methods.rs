use resilience::fallback;

struct Client {
    next: Option<Box<Client>>,
}

impl Client {
    fn canned(&self) -> Result<u8, resilience::Error> {
        Ok(u8::from(self.next.is_some()))
    }

    #[fallback(self)]
    async fn only_self(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.canned())]
    async fn call(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.next.canned)]
    async fn of_a_field(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(Self)]
    async fn only_the_type(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(Self.canned)]
    async fn of_self_the_type(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.canned, crate::Client.canned)]
    async fn of_a_type(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.canned::<u8>)]
    async fn with_a_type_argument(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.canned::<u8>, value = 1)]
    async fn with_a_type_argument_in_front(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(crate)]
    async fn a_module(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.0)]
    async fn tuple_field(&self) -> Result<u8, resilience::Error> {
        Ok(1)
    }

    #[fallback(self.canned)]
    async fn without_self() -> Result<u8, resilience::Error> {
        Ok(1)
    }
}

#[fallback(self.canned)]
async fn free_function() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[fallback(client.canned)]
async fn of_an_argument(client: &Client) -> Result<u8, resilience::Error> {
    client.canned()
}

fn main() {}
