//! Trees of rows of one table: bounds, paths and keys, alone and in bulk.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int32Type;

use super::{faults, numbers, plan, whole};

const TREES: &str = "
tables:
  tenants:
    rows: 60
    columns: {id: serial}
  teams:
    per: tenants
    count: {choose: [0, 1, 2, 3]}
    columns: {id: serial, tenant_id: parent}
  folders:
    per: tenants
    count: = case when id = 5 then 12000 else id * 7 % 90 end
    let:
      node: {tree: {depth: 4, children: 6}}
    columns:
      id: {serial: {start: 1000}}
      tenant_id: parent
      parent_id: = node.parent
      depth: = node.depth
      path: = node.path
      name: word
      parent_name: = node.parent.name
      grandparent_id: = node.parent.node.parent
  people:
    per: teams
    count: {poisson: 9}
    let:
      place: {tree: {within: tenants, depth: 3, children: 8}}
    columns:
      code: {uuid: {version: 4}}
      tenant_id: = teams.tenant_id
      team_id: parent
      boss: = place.parent
      path: = place.path
      level: = place.depth
    key: code
  categories:
    rows: 3000
    let:
      node: {tree: {depth: 6, children: 5, roots: 12}}
    columns: {id: serial, parent_id: = node.parent, depth: = node.depth, path: = node.path}
";

fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let array = batch.column_by_name(column).unwrap();
    let array = arrow::compute::cast(array, &arrow::datatypes::DataType::Utf8).unwrap();
    array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn depths(batch: &RecordBatch, column: &str) -> Vec<i32> {
    batch.column_by_name(column).unwrap().as_primitive::<Int32Type>().values().to_vec()
}

#[test]
fn parents_come_before_their_children_under_the_same_ancestor() {
    let rows = whole(&plan(TREES), "folders", 8192);
    let (id, of, parent) = (numbers(&rows, "id"), numbers(&rows, "tenant_id"), numbers(&rows, "parent_id"));
    let (depth, path) = (depths(&rows, "depth"), texts(&rows, "path"));
    let (name, parent_name) = (texts(&rows, "name"), texts(&rows, "parent_name"));
    let grandparent = numbers(&rows, "grandparent_id");
    let mut children = vec![0; rows.num_rows()];
    let mut deepest = 0;
    for i in 0..rows.num_rows() {
        let own = id[i].unwrap().to_string();
        deepest = deepest.max(depth[i]);
        let Some(up) = parent[i].map(|parent| parent as usize - 1000) else {
            assert_eq!((depth[i], path[i].as_ref(), &parent_name[i]), (0, Some(&own), &None));
            continue;
        };
        assert!(up < i && of[up] == of[i], "row {i} under row {up}");
        children[up] += 1;
        assert_eq!(depth[i], depth[up] + 1);
        assert_eq!(path[i], Some(format!("{}/{own}", path[up].as_ref().unwrap())));
        assert_eq!((&parent_name[i], grandparent[i]), (&name[up], parent[up]));
    }
    assert!(deepest == 4 && children.iter().all(|children| *children <= 6));
    assert!(children.contains(&6) && children.contains(&1));
}

/// Keys that are no numbers, and trees that go through several parents.
#[test]
fn trees_may_be_within_a_table_further_up() {
    let rows = whole(&plan(TREES), "people", 8192);
    assert!(rows.num_rows() > 600);
    let (code, boss) = (texts(&rows, "code"), texts(&rows, "boss"));
    let (of, team) = (numbers(&rows, "tenant_id"), numbers(&rows, "team_id"));
    // Arrow casts the bytes of a UUID to plain digits.
    let path: Vec<_> =
        texts(&rows, "path").into_iter().map(|path| path.map(|path| path.replace('-', ""))).collect();
    let level = depths(&rows, "level");
    let mut other_teams = 0;
    for i in 0..rows.num_rows() {
        let own = code[i].as_ref().unwrap();
        match &boss[i] {
            None => assert_eq!((level[i], path[i].as_ref()), (0, Some(own))),
            Some(boss) => {
                let up =
                    code[..i].iter().position(|code| code.as_ref() == Some(boss)).expect("it comes before");
                assert_eq!((of[up], level[up]), (of[i], level[i] - 1));
                assert_eq!(path[i], Some(format!("{}/{own}", path[up].as_ref().unwrap())));
                other_teams += u32::from(team[up] != team[i]);
            }
        }
        // One tree for a tenant: its first row is the root of all, as there are few of them.
        let first = i == 0 || of[i] != of[i - 1];
        assert_eq!(boss[i].is_none(), first, "row {i}");
    }
    assert!(other_teams > 100);
}

#[test]
fn a_table_without_parents_is_one_tree() {
    let rows = whole(&plan(TREES), "categories", 8192);
    let (parent, depth) = (numbers(&rows, "parent_id"), depths(&rows, "depth"));
    assert_eq!(parent.iter().filter(|parent| parent.is_none()).count(), 12);
    assert_eq!(depth.iter().max(), Some(&5));
    let mut children = vec![0; 3000];
    parent.iter().flatten().for_each(|parent| children[*parent as usize - 1] += 1);
    assert_eq!(children.iter().max(), Some(&5));
}

#[test]
fn batches_of_any_size_in_any_order_are_the_same() {
    for table in ["folders", "people", "categories"] {
        let bulk = whole(&plan(TREES), table, 8192);
        assert_eq!(whole(&plan(TREES), table, 331), bulk);
        let plan = plan(TREES);
        let number = plan.table(table).unwrap();
        for row in (0..bulk.num_rows()).rev().step_by(43) {
            let one = plan.batch(number, row as u64..row as u64 + 1).unwrap();
            assert_eq!(one, bulk.slice(row, 1), "row {row} of {table}");
        }
    }
}

#[test]
fn the_parent_is_a_foreign_key() {
    let plan = plan(TREES);
    for (table, column) in [("folders", "parent_id"), ("people", "boss"), ("categories", "parent_id")] {
        let t = plan.table(table).unwrap();
        let described = &plan.model().tables[t];
        let found =
            described.keys.foreign.iter().find(|key| described.columns[key.columns[0]].name == column);
        let found = found.unwrap_or_else(|| panic!("{table}.{column} has a foreign key"));
        assert_eq!((found.target, &found.references), (t, &described.keys.primary.as_ref().unwrap().columns));
        let nullable = described.columns[found.columns[0]].nullable;
        assert!(nullable);
    }
}

#[test]
fn wrong_trees_are_refused() {
    let of = |count: &str, tree: &str, column: &str| {
        faults(&format!(
            "tables: {{a: {{rows: 1, columns: {{id: serial}}}}, b: {{per: a, count: {count}, let: {{node: {{tree: {{{tree}}}}}}}, columns: {{id: serial, x: {column}}}}}}}"
        ))
    };
    for (count, tree, column, message) in [
        ("8", "depth: 2, children: 2, roots: 1", "= node.parent", "a tree with 1 root has at most 7 rows"),
        ("{poisson: 3}", "roots: 2", "= node.depth", "rows: no upper bound"),
        ("3", "depth: 0", "= node.depth", "`depth`: expected at least 1"),
        ("3", "depth: 101", "= node.depth", "`depth`: expected at most 100"),
        ("3", "children: 0", "= node.depth", "`children`: expected at least 1"),
        ("3", "within: b", "= node.depth", "`b` is not under `b`"),
        ("3", "within: c", "= node.depth", "unknown table `c`"),
        ("3", "deep: 3", "= node.depth", "unknown argument `deep` of `tree`"),
        ("3", "", "= node", "`node` is a group of values"),
        ("3", "", "= node.dept", "`node` has no `dept`; did you mean `depth`?"),
        ("3", "", "= node.depth.x", "`node` is a group of values"),
        ("3", "", "= node.parent.y", "unknown column `y`"),
        ("3", "", "= node.parent.x", "depends on itself"),
    ] {
        let said = of(count, tree, column);
        assert!(said.contains(message), "{tree}, {column}: {said}");
    }
    let key = faults("tables: {t: {rows: 2, key: code, let: {node: tree}, columns: {code: '= node.path'}}}");
    assert!(key.contains("depends on itself"), "{key}");
    let none = faults("tables: {t: {rows: 2, let: {node: tree}, columns: {name: word, x: = node.depth}}}");
    assert!(none.contains("has no key that is known to be unique"), "{none}");
}

/// Key texts can be so long that paths of them are not.
#[test]
fn paths_that_are_too_long_are_an_error() {
    let plan = plan(
        "tables: {t: {rows: 60, key: code, let: {node: {tree: {depth: 100, children: 1, roots: 1}}}, columns: {code: '= repeat(''x'', 1000000) || row_number()', path: = length(node.path)}}}",
    );
    let t = plan.table("t").unwrap();
    assert!(plan.batch(t, 0..10).is_ok());
    let error = plan.batch(t, 0..60).unwrap_err().to_string();
    assert!(error.contains("requested length too large") && error.contains("row 17"), "{error}");
}

/// The fault of a key that a tree looks for was once lost, and the table had no columns.
#[test]
fn the_fault_of_a_key_is_told() {
    let told = super::faults(
        "
tables:
  parents: {rows: 3, columns: {id: serial}}
  nodes:
    per: parents
    count: 3
    let: {node: {tree: {depth: 4, children: 3}}}
    columns: {id: {serial: {start: 0.5}}, above: = node.parent}
",
    );
    assert!(told.contains("0.5"), "{told}");
    let told = super::faults(
        "tables: {t: {rows: 3, let: {node: {tree: {depth: 0}}}, columns: {id: serial, above: = node.parent.id}}}",
    );
    assert!(told.contains("`depth`"), "{told}");
}
