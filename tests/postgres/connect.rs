//! Connections as `psql` makes them.

use std::collections::BTreeMap;

use seedbed_postgres::connect::Target;
use seedbed_tests::server::Server;

/// What a target says of the session that it opens: database, user, application.
async fn session(target: &Target) -> Result<[String; 3], seedbed_postgres::Error> {
    let client = target.connect().await?;
    let row = client
        .query_one("select current_database()::text, current_user::text, current_setting('application_name')", &[])
        .await
        .expect("a session answers");
    Ok([row.get(0), row.get(1), row.get(2)])
}

/// A runtime of a test's own.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn target(text: &str, environment: &[(&str, &str)]) -> Target {
    let environment: BTreeMap<_, _> = environment.iter().copied().collect();
    let get = |name: &str| environment.get(name).map(|value| (*value).to_owned());
    Target::parse(text, &get).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_socket_is_reached_by_every_kind_of_string() {
    let server = Server::shared();
    let database = server.database();
    let socket = server.socket().display().to_string();
    let expected = [&database.name, "postgres", "seedbed"];
    let name = &database.name;
    for (text, environment) in [
        (database.url(), vec![]),
        (format!("postgres://postgres@/{name}?host={socket}"), vec![]),
        (format!("host={socket} dbname={name} user='postgres'"), vec![]),
        ("postgres:".to_owned(), vec![("PGHOST", &*socket), ("PGUSER", "postgres"), ("PGDATABASE", name)]),
        ("postgres:".to_owned(), vec![("DATABASE_URL", &*database.url())]),
    ] {
        let target = target(&text, &environment);
        assert!(target.is_local());
        assert_eq!(wait(session(&target)).unwrap_or_else(|error| panic!("{text}: {error}")), expected, "{text}");
    }
}
