//! A pattern that moves a part of `self` needs a `self` for each attempt, and would bind a reference otherwise.

use resilience::retry;

struct Connection(u32);

enum Session {
    Open(Connection),
    Renewed { connection: Connection, times: u32 },
    Closed,
}

impl Session {
    #[retry]
    fn with_match(self) -> Result<u32, resilience::Error> {
        match self {
            Self::Open(connection) | Self::Renewed { connection, .. } => Ok(close(connection)),
            Self::Closed => Ok(0),
        }
    }

    // Without the error, `connection` would be a reference here, and nothing would be dropped.
    #[retry]
    async fn with_if_let(self) -> Result<u32, resilience::Error> {
        if let Self::Open(connection) = self {
            drop(connection);
        }
        Ok(0)
    }

    #[retry]
    fn with_let_else(self) -> Result<u32, resilience::Error> {
        let Self::Renewed { times, connection: _ } = self else { return Ok(0) };
        Ok(times)
    }

    #[retry]
    fn out_of_a_box(self: Box<Self>) -> Result<u32, resilience::Error> {
        match *self {
            Self::Open(connection) => Ok(close(connection)),
            _ => Ok(0),
        }
    }
}

fn close(connection: Connection) -> u32 {
    connection.0
}

fn main() {}
