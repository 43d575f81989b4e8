use resilience::retry;

unsafe extern "C" {
    #[retry(max = 2)]
    fn getpid() -> i32;
}

fn main() {}
