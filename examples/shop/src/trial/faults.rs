//! Injects faults into the dependencies of the shop.

use std::error::Error;
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep, sleep_until};

use super::schedule::{Fault, Schedule};
use super::upstream::Mood;
use super::world::World;

/// The times for which the standby is away, so that commits wait for it, and for which it is back.
const STALL: Duration = Duration::from_millis(1_500);
const BREATH: Duration = Duration::from_secs(1);

const STANDBY_AWAY: &str = "ALTER SYSTEM SET synchronous_standby_names = 'away'";
const NO_STANDBY: &str = "ALTER SYSTEM RESET synchronous_standby_names";

const RETRY_AFTER: Duration = Duration::from_secs(1);

pub async fn inject(world: &mut World, schedule: &Schedule, start: Instant) -> Result<(), Box<dyn Error>> {
    for (fault, time) in &schedule.faults {
        sleep_until(start + time.start).await;
        println!("  {:5.1} s: {}", start.elapsed().as_secs_f64(), fault.name());
        let end = start + time.end;
        match fault {
            Fault::None => {}
            Fault::DatabaseStopped => {
                block_in_place(|| world.postgres.stop());
                sleep_until(end).await;
                block_in_place(|| world.postgres.start_again());
            }
            Fault::CommitsStall => stall_commits(world, end).await?,
            Fault::RedisFrozen => {
                block_in_place(|| world.redis.freeze());
                sleep_until(end).await;
                block_in_place(|| world.redis.thaw());
            }
            Fault::ModelDown => change_mood(world, Mood::Down, end).await,
            Fault::ModelLimited => change_mood(world, Mood::Limiting(RETRY_AFTER), end).await,
        }
        println!("  {:5.1} s: over", start.elapsed().as_secs_f64());
    }
    sleep_until(start + schedule.length).await;
    Ok(())
}

async fn change_mood(world: &World, mood: Mood, end: Instant) {
    world.upstream.set(mood);
    sleep_until(end).await;
    world.upstream.set(Mood::Usual);
}

/// A commit waits for a synchronous standby. Without one, the work is done and no answer arrives: the client
/// gives up, and the order exists when the standby is back.
async fn stall_commits(world: &World, end: Instant) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(&world.postgres.url()).await?;
    while Instant::now() < end {
        apply(&mut connection, STANDBY_AWAY).await?;
        sleep(STALL).await;
        apply(&mut connection, NO_STANDBY).await?;
        sleep(BREATH).await;
    }
    connection.close().await
}

async fn apply(connection: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(statement).execute(&mut *connection).await?;
    sqlx::raw_sql("SELECT pg_reload_conf()").execute(connection).await?;
    Ok(())
}
