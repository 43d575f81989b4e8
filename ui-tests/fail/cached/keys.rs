use resilience::cached;

#[cached(key = id, skip(client))]
async fn key_and_skip(client: &str, id: u32) -> Option<usize> {
    Some(client.len() + id as usize)
}

#[cached(skip(clinet))]
async fn skip_a_typo(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(skip(self))]
async fn skip_self_of_a_free_function(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(skip("client"))]
async fn skip_a_string(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(skip(client.url))]
async fn skip_a_field(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(skip = client)]
async fn skip_assigned(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(skip)]
async fn skip_nothing(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(key(client))]
async fn key_in_parentheses(client: &str) -> Option<usize> {
    Some(client.len())
}

#[cached(key)]
async fn key_without_a_value(client: &str) -> Option<usize> {
    Some(client.len())
}

fn main() {}
