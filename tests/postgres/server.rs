//! The servers that the other tests stand on.

use seedbed_tests::server::Server;

#[test]
fn a_server_starts_answers_and_survives_a_crash() {
    let server = Server::start("");
    let database = server.database();
    database.psql("create table t (a int, b text); insert into t values (1, null)");
    assert_eq!(database.psql("select * from t"), [["1", "∅"]]);
    server.crash();
    assert_eq!(database.value("select count(*) from t"), "1");
}
