//! References that give no row twice, and those that leave one out.

use std::collections::{HashMap, HashSet};

use arrow::array::AsArray;
use seedbed_engine::{Plan, Settings};

use super::{batch, faults, numbers};

fn whole(values: Vec<Option<i64>>) -> Vec<i64> {
    values.into_iter().map(|value| value.expect("no row is missing")).collect()
}

fn each_once(values: &[i64]) -> bool {
    values.iter().collect::<HashSet<_>>().len() == values.len()
}

/// Whether rows one by one, from the end, are what they are in a batch.
fn alone_and_in_bulk(scenario: &str, table: &str, column: &str) -> Vec<Option<i64>> {
    let plan = Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let number = plan.table(table).expect("the table is there");
    let bulk = numbers(&batch(scenario, table), column);
    for (row, value) in bulk.iter().enumerate().rev().step_by(7) {
        let alone = plan.batch(number, row as u64..row as u64 + 1).expect("values exist");
        assert_eq!(numbers(&alone, column), [*value], "row {row} of {table}");
    }
    bulk
}

#[test]
fn unique_references_take_every_row_at_most_once() {
    let scenario = |people: u64, badges: &str| {
        format!(
            "
tables:
  people: {{rows: {people}, columns: {{id: {{serial: {{start: 11}}}}}}}}
  badges:
    {badges}
    columns:
      id: serial
      holder: {{reference: people, unique: true}}
      name: {{text: 'b{{holder}}', unique: true}}
"
        )
    };
    let all = "per: people\n    count: 1";
    for (people, badges) in
        [(300, "rows: 300"), (1000, "rows: 300"), (7, "rows: 7"), (1, "rows: 1"), (600, all)]
    {
        let scenario = scenario(people, badges);
        let holders = whole(alone_and_in_bulk(&scenario, "badges", "holder"));
        assert!(each_once(&holders), "{badges} of {people}");
        assert!(holders.iter().all(|holder| (11..11 + people as i64).contains(holder)));
        assert!(people < 10 || !holders.is_sorted(), "in random order");
    }
    let refused = faults(&scenario(299, "rows: 300"));
    assert!(refused.contains("300 rows cannot each have another row of `people`"), "{refused}");
    assert!(refused.contains("`people` has 299"), "{refused}");
}

#[test]
fn a_unique_reference_needs_to_know_the_rows() {
    let scenario = |argument: &str, count: &str| {
        format!(
            "tables: {{a: {{rows: 9, columns: {{id: serial}}}}, b: {{per: a, count: {count}, columns: {{id: serial}}}}, \
             c: {{rows: 5, columns: {{id: serial, b_id: {{reference: {{to: b{argument}}}, unique: true}}}}}}}}"
        )
    };
    assert!(faults(&scenario("", "{poisson: 1}")).contains("needs to know the number of rows of `b`"));
    assert!(
        faults(&scenario(", skew: 1", "1")).contains("without `within`, `skew`, `distinct`, `existed_at`")
    );
    assert!(each_once(&whole(numbers(&batch(&scenario("", "2"), "c"), "b_id"))));
}

/// A text with a NULL in it is NULL, so what may be NULL keeps texts apart as well. A column that could be NULL was no part of a unique
/// text any more.
#[test]
fn unique_texts_may_be_of_columns_with_nulls() {
    let scenario = "
tables:
  o: {rows: 60, columns: {id: serial}}
  t:
    rows: 60
    let: {m: {integer: {from: 1, to: 3}, null: 20%}}
    columns:
      id: serial
      code: {text: '{id}-{m}', unique: true}
      long: {text: 'x{code}', unique: true}
      o_id: {reference: o, unique: true, null: 30%}
      other: {text: 'o-{o.id}', unique: true}
";
    let rows = batch(scenario, "t");
    for column in ["code", "long", "other"] {
        let array = rows.column_by_name(column).expect("the column is there");
        let texts: Vec<&str> = array.as_string::<i32>().iter().flatten().collect();
        assert!((20..60).contains(&texts.len()), "{column} has NULLs and texts");
        assert_eq!(texts.iter().collect::<HashSet<_>>().len(), texts.len(), "{column}");
    }
}

/// Profiles, settings, accounts: the parent's key is the key of an only child, and what follows from it is unique, too.
#[test]
fn an_only_child_has_its_parent_for_itself() {
    let scenario = |count: &str| {
        format!(
            "
tables:
  tenants: {{rows: 3, columns: {{id: serial, slug: {{text: 't-{{id}}', unique: true}}}}}}
  users: {{per: tenants, count: 4, columns: {{id: serial, email: {{text: 'u{{id}}@x.example', unique: true}}}}}}
  profiles:
    per: users
    count: {count}
    columns:
      user_id: {{parent: , unique: true}}
      email: {{expression: users.email, unique: true}}
      page: {{text: '/{{user_id}}/{{users.email}}', unique: true}}
      desk: {{reference: {{to: desks, within: users}}, unique: true}}
      desk_number: {{expression: desk.id, unique: true}}
  desks: {{per: users, count: 2, columns: {{id: serial}}}}
"
        )
    };
    for count in ["1", "{integer: {from: 0, to: 1}}"] {
        let profiles = batch(&scenario(count), "profiles");
        for column in ["user_id", "desk", "desk_number"] {
            assert!(each_once(&whole(numbers(&profiles, column))), "{column} with {count}");
        }
    }
    let refused = faults(&scenario("2"));
    for column in ["user_id", "email", "desk"] {
        assert!(refused.contains(&format!("`unique` cannot be guaranteed for `{column}`")), "{refused}");
    }
}

const PEOPLE: &str = "
tables:
  teams: {rows: 60, columns: {id: serial}}
  people:
    per: teams
    count: COUNT
    columns:
      id: serial
      team_id: parent
      buddy: {reference: {to: people, within: teams, except: people}}
      anyone: {reference: {to: people, except: people, skew: 0.9}}
      santa: {reference: {to: people, within: teams, distinct: true, except: people}}
      team_of_santa: = santa.team_id
  follows:
    per: people
    count: {integer: {from: 0, to: 3}}
    columns:
      who: parent
      whom: {reference: {to: people, distinct: true, except: people}}
      not_whom: {reference: {to: people, except: whom}}
";

#[test]
fn the_own_row_is_left_out() {
    let scenario = PEOPLE.replace("COUNT", "{integer: {from: 2, to: 6}}");
    let people = batch(&scenario, "people");
    let (id, team) = (whole(numbers(&people, "id")), whole(numbers(&people, "team_id")));
    for column in ["buddy", "anyone", "santa"] {
        let other = whole(alone_and_in_bulk(&scenario, "people", column));
        assert!(id.iter().zip(&other).all(|(id, other)| id != other), "{column} is another one");
    }
    assert_eq!(whole(numbers(&people, "team_of_santa")), team);
    // Every one of a team is somebody's.
    assert!(each_once(&whole(numbers(&people, "santa"))));
    let follows = batch(&scenario, "follows");
    let (who, whom) =
        (whole(numbers(&follows, "who")), whole(alone_and_in_bulk(&scenario, "follows", "whom")));
    assert!(who.iter().zip(&whom).all(|(who, whom)| who != whom));
    assert!(each_once(&who.iter().zip(&whom).map(|(who, whom)| who * 100_000 + whom).collect::<Vec<_>>()));
    let not_whom = whole(numbers(&follows, "not_whom"));
    assert!(whom.iter().zip(&not_whom).all(|(whom, other)| whom != other));
}

#[test]
fn alone_there_is_no_other_row() {
    let scenario = PEOPLE.replace("COUNT", "{integer: {from: 1, to: 2}}");
    let people = batch(&scenario, "people");
    let mut size: HashMap<i64, usize> = HashMap::new();
    let team = whole(numbers(&people, "team_id"));
    team.iter().for_each(|team| *size.entry(*team).or_default() += 1);
    for column in ["buddy", "santa"] {
        for (other, team) in numbers(&people, column).into_iter().zip(&team) {
            assert_eq!(other.is_some(), size[team] > 1, "{column}");
        }
    }
}

/// Each of the others is as likely.
#[test]
fn the_others_are_equally_likely() {
    let scenario = "tables: {t: {rows: 4, columns: {id: serial}}, u: {rows: 40000, let: {of: {reference: t}}, \
                    columns: {own: = of.id, other: {reference: {to: t, except: of}}}}}";
    let plan = Plan::compile(scenario, &Settings::default()).unwrap_or_else(|faults| panic!("{faults}"));
    let rows = plan.batch(plan.table("u").expect("the table is there"), 0..40_000).expect("values exist");
    let mut pairs: HashMap<(i64, i64), u32> = HashMap::new();
    for pair in whole(numbers(&rows, "own")).into_iter().zip(whole(numbers(&rows, "other"))) {
        *pairs.entry(pair).or_default() += 1;
    }
    // 12 pairs of 3,333, whose standard deviation is 55.
    assert_eq!(pairs.len(), 12);
    assert!(pairs.values().all(|&count| count.abs_diff(3333) < 280), "{pairs:?}");
}

#[test]
fn what_is_left_out_is_a_row_of_the_target() {
    let scenario = |except: &str| {
        format!(
            "tables: {{a: {{rows: 9, columns: {{id: serial}}}}, b: {{per: a, count: 3, columns: {{id: serial, \
             other: {{reference: b}}, x: {{reference: {{to: b, {except}}}}}}}}}}}"
        )
    };
    assert!(faults(&scenario("except: a")).contains("`except` must lead to a row of `b` (`a` leads to `a`)"));
    assert!(faults(&scenario("except: c")).contains("unknown table `c`"));
    let differs = faults(&scenario("except: other, distinct: true"));
    assert!(differs.contains("cannot leave out a row that differs among siblings"), "{differs}");
    let both = faults(&scenario("except: b, distinct: true, starting_with: b"));
    assert!(both.contains("`starting_with` and `except` cannot be combined"), "{both}");
}

/// `user` is a function of SQL, so the short name of `user_id` was none.
#[test]
fn short_names_may_be_words_of_sql() {
    for word in [
        "user",
        "order",
        "group",
        "current_date",
        "session_user",
        "check",
        "select",
        "case",
        "interval",
        "cast",
        "not",
    ] {
        let scenario = format!(
            "
tables:
  a: {{rows: 3, columns: {{id: serial, n: = id * 10}}}}
  b: {{rows: 9, columns: {{{word}_id: {{reference: a}}, n: \"= {word}.n + 1\", t: {{text: \"{{{word}.n}}\"}}}}}}
"
        );
        let rows = batch(&scenario, "b");
        let ids = numbers(&rows, &format!("{word}_id"));
        let expected: Vec<Option<i64>> = ids.iter().map(|id| id.map(|id| id * 10 + 1)).collect();
        assert_eq!(numbers(&rows, "n"), expected, "{word}");
    }
    assert!(faults("tables: {a: {rows: 1, columns: {n: = current_date}}}").contains("current_date"));
}
