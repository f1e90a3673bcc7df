//! What rows read of their siblings, against the server's window functions; and trees, against recursive queries.

use seedbed_tests::server::Server;

use super::loading::{Scenario, load};

const SCENARIO: &str = r#"
tables:
  accounts:
    rows: 60
    columns: {id: serial}
  entries:
    per: accounts
    count: "= case when id = 8 then 20000 else id * 31 % 120 end"
    let:
      money: {decimal: {from: -500, to: 600}, null: 10%}
      noise: {normal: {mean: 0, sd: 1000}, null: 5%}
      moved: {decimal: {from: -40, to: 41}}
    columns:
      id: serial
      account_id: parent
      amount: = money
      weight: = noise
      day: {date: {from: "date '2020-01-01'", to: "date '2025-12-31'"}}
      change: = moved
      before_id: = previous(id)
      behind_day: = next(day)
      net: = amount - previous(amount)
      total: = running_sum(money)
      booked: = running_count(money)
      least: = running_min(noise)
      latest: = running_max(day)
      mean: = running_avg(money)
      weights: = running_sum(noise)
      plain: {walk: {from: 7, step: = moved, scale: 2}}
      balance: {walk: {from: 7, step: = moved, min: 0, max: 90, scale: 2}}
  folders:
    per: accounts
    count: "= case when id = 4 then 3000 else id * 17 % 80 end"
    let: {node: {tree: {depth: 4, children: 7}}}
    columns:
      id: {serial: {start: 500}}
      account_id: parent
      parent_id: = node.parent
      depth: = node.depth
      path: = node.path
"#;

#[test]
fn siblings_are_the_windows_of_the_server() {
    let database = Server::shared().database();
    load(&Scenario::new(SCENARIO).argument(), &database, &[]);
    assert!(database.value("select count(*) from entries").parse::<u64>().unwrap() > 22_000);
    let windows = "
        select *,
            lag(id) over w as s_before, lead(day) over w as s_behind, amount - lag(amount) over w as s_net,
            sum(amount) over w as s_total, count(amount) over w as s_booked, min(weight) over w as s_least,
            max(day) over w as s_latest, avg(amount) over w as s_mean, sum(weight) over w as s_weights,
            7 + coalesce(sum(change) over (w rows between unbounded preceding and current row)
                - first_value(change) over w, 0) as s_plain,
            lag(balance) over w as last
        from entries window w as (partition by account_id order by id)";
    let wrong = |condition: &str| {
        let query = format!("select count(*) from ({windows}) e where {condition}");
        assert_eq!(database.value(&query), "0", "{condition}");
    };
    for (own, server) in [
        ("before_id", "s_before"),
        ("behind_day", "s_behind"),
        ("net", "s_net"),
        ("total", "s_total"),
        ("booked", "s_booked"),
        ("least", "s_least"),
        ("latest", "s_latest"),
        ("plain", "s_plain"),
        // The server adds doubles from the first row on, too: the same bits.
        ("weights", "s_weights"),
    ] {
        wrong(&format!("{own} is distinct from {server}"));
    }
    // A mean of numerics has more digits there.
    wrong("(mean is null) <> (s_mean is null) or abs(mean - s_mean) > 1e-6");
    wrong("balance <> case when last is null then 7 else least(greatest(last + change, 0), 90) end");
    let touched = "select count(*) > 500 and min(balance) = 0 and max(balance) = 90 from entries where balance in (0, 90)";
    assert_eq!(database.value(touched), "t");
    let keys = "select string_agg(conrelid::regclass || '.' || conkey[1] || '>' || confrelid::regclass, ' ' order by 1) \
        from pg_constraint where contype = 'f' and conrelid = confrelid";
    assert_eq!(database.value(keys), "entries.7>entries folders.3>folders");
}

#[test]
fn trees_are_what_a_recursive_query_finds() {
    let database = Server::shared().database();
    load(&Scenario::new(SCENARIO).argument(), &database, &[]);
    // Every row is reached from a root, once, at its depth and by its path: there is no cycle.
    let found = "
        with recursive reached as (
            select id, account_id, 0 as depth, id::text as path from folders where parent_id is null
            union all
            select f.id, f.account_id, r.depth + 1, r.path || '/' || f.id
            from folders f join reached r on f.parent_id = r.id and f.account_id = r.account_id
        )
        select count(*) = (select count(*) from folders) and count(distinct id) = count(*) and max(depth) = 4
        from reached join folders using (id, account_id, depth, path)";
    assert_eq!(database.value(found), "t");
    let children = "select max(n) = 7 and min(n) = 1 from (select count(*) as n from folders where parent_id is not null group by parent_id) c";
    assert_eq!(database.value(children), "t");
    assert_eq!(database.value("select count(*) from folders where parent_id >= id"), "0");
}
