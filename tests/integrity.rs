//! Keys hold, totals add up, and nothing happens before its cause or after `as_of`.

use std::collections::{BTreeMap, HashMap, HashSet};

use seedbed_engine::{ColumnId, Plan, Settings};
use seedbed_tests::shipped;
use seedbed_tests::value::{Cell, Values};

/// The whole of a dataset, table by table.
struct Dataset {
    plan: Plan,
    tables: HashMap<String, Values>,
}

impl Dataset {
    fn of(scenario: &str, scale: f64) -> Self {
        let plan = shipped::compile(&shipped::text(scenario), &Settings { scale, ..Settings::default() });
        let names = plan.model().tables.iter().map(|table| table.name.clone());
        let tables = names.map(|name| (name.clone(), Values::whole(&plan, &name))).collect();
        Self { plan, tables }
    }

    fn table(&self, name: &str) -> &Values {
        &self.tables[name]
    }

    /// A column of whole numbers by the number of the row's key, which must be a `serial`.
    fn by_id(&self, table: &str, column: &str) -> Vec<i64> {
        let values = self.table(table);
        let ids = values.numbers("id");
        assert!(ids.iter().copied().eq(1..=ids.len() as i64), "`{table}.id` counts from 1");
        [0].into_iter().chain(values.numbers(column)).collect()
    }

    fn as_of(&self) -> i64 {
        self.plan.model().as_of
    }
}

fn members() -> Dataset {
    Dataset::of("members", 0.1)
}

fn small() -> impl Iterator<Item = (String, Dataset)> {
    shipped::names().into_iter().map(|name| (name.clone(), Dataset::of(&name, shipped::small(&name).scale)))
}

#[test]
fn every_key_finds_its_row() {
    for (scenario, data) in small() {
        let mut keys = 0;
        for table in &data.plan.model().tables {
            for column in table.written() {
                let (target, shown) = match (column.refers_to(), table.parent()) {
                    (Some(shown), _) => shown,
                    (None, Some(parent)) if column.is_parent() => {
                        (parent, data.plan.model().tables[parent].key)
                    }
                    _ => continue,
                };
                let target = &data.plan.model().tables[target];
                if !target.columns[shown].written {
                    continue;
                }
                let there: HashSet<&Cell> =
                    data.table(&target.name).cells(&target.columns[shown].name).iter().collect();
                let cells = data.table(&table.name).cells(&column.name);
                let lost = cells.iter().find(|cell| cell.is_some() && !there.contains(cell));
                assert_eq!(
                    lost, None,
                    "{scenario}: `{}.{}` names no row of `{}`",
                    table.name, column.name, target.name
                );
                assert!(
                    cells.iter().any(Option::is_some),
                    "{scenario}: `{}.{}` is always NULL",
                    table.name,
                    column.name
                );
                keys += 1;
            }
        }
        assert!(keys > 0, "{scenario} has keys");
    }
}

#[test]
fn keys_and_unique_columns_are_unique() {
    for (scenario, data) in small() {
        for table in &data.plan.model().tables {
            for (c, column) in ColumnId::enumerate(&table.columns).filter(|(_, column)| column.written) {
                if !column.unique && (c != table.key || table.parent().is_some()) {
                    continue;
                }
                let mut seen = HashSet::new();
                let again = data
                    .table(&table.name)
                    .cells(&column.name)
                    .iter()
                    .flatten()
                    .find(|cell| !seen.insert(*cell));
                assert_eq!(again, None, "{scenario}: `{}.{}` holds a value twice", table.name, column.name);
            }
        }
    }
}

#[test]
fn only_nullable_columns_hold_nulls() {
    for (scenario, data) in small() {
        for table in &data.plan.model().tables {
            for column in table.written().filter(|column| !column.nullable && column.null.is_none()) {
                let nulls =
                    data.table(&table.name).cells(&column.name).iter().filter(|cell| cell.is_none()).count();
                assert_eq!(nulls, 0, "{scenario}: NULLs in `{}.{}`", table.name, column.name);
            }
        }
    }
}

/// What is due, planned or ends may lie ahead.
const AHEAD: [&str; 14] = [
    "current_period_end",
    "due_at",
    "ends_at",
    "expires_at",
    "listed_at",
    "next_backup",
    "next_probe",
    "next_retry_at",
    "next_review",
    "period_end",
    "pick_starts_at",
    "scheduled_for",
    "third_renewal",
    "trial_ends_at",
];

#[test]
fn instants_lie_in_the_history() {
    for (scenario, data) in small() {
        let since = if scenario == "members" { 1_672_531_200_000_000 } else { i64::MIN };
        // What breaks software may be at any time.
        for table in data.plan.model().tables.iter().filter(|table| table.name != "hostile") {
            let instants = table.written().filter(|column| column.ty == seedbed_engine::types::Type::Instant);
            for column in instants.filter(|column| !AHEAD.contains(&column.name.as_str())) {
                for instant in data.table(&table.name).numbers_or_null(&column.name).into_iter().flatten() {
                    let name = format!("{scenario}: `{}.{}`", table.name, column.name);
                    assert!(instant <= data.as_of(), "{name} holds {instant}, after as_of");
                    assert!(instant >= since, "{name} holds {instant}, before since");
                }
            }
        }
    }
}

#[test]
fn children_come_after_their_parents() {
    let data = members();
    let after = |child: &str, parent_key: &str, at: &str, parent: &str| {
        let created = data.by_id(parent, "created_at");
        let (keys, at) = (data.table(child).numbers(parent_key), data.table(child).numbers(at));
        for (row, (key, at)) in keys.iter().zip(at).enumerate() {
            assert!(at >= created[*key as usize], "{child}, row {row}, is older than its row of {parent}");
        }
    };
    after("users", "home_tenant_id", "created_at", "tenants");
    after("projects", "tenant_id", "created_at", "tenants");
    after("memberships", "user_id", "joined_at", "users");
    after("memberships", "tenant_id", "joined_at", "tenants");
    after("tickets", "author_id", "created_at", "users");
    after("events", "user_id", "occurred_at", "users");
    let users = data.table("users");
    for (created, seen) in users.numbers("created_at").into_iter().zip(users.numbers_or_null("last_seen_at"))
    {
        assert!(seen.is_none_or(|seen| seen >= created));
    }
}

#[test]
fn times_rise_within_a_parent() {
    let data = members();
    for (table, parents, at) in [
        ("users", &["home_tenant_id"][..], "created_at"),
        ("projects", &["tenant_id"], "created_at"),
        ("tickets", &["tenant_id", "author_id"], "created_at"),
        ("events", &["tenant_id", "user_id"], "occurred_at"),
    ] {
        let values = data.table(table);
        let parents: Vec<Vec<i64>> = parents.iter().map(|parent| values.numbers(parent)).collect();
        let at = values.numbers(at);
        let siblings =
            (1..at.len()).filter(|row| parents.iter().all(|parent| parent[*row] == parent[row - 1]));
        let fallen: Vec<usize> = siblings.filter(|row| at[*row] < at[row - 1]).collect();
        assert!(fallen.is_empty(), "rows of {table} that are older than the sibling before them: {fallen:?}");
    }
}

/// When each member joined, by tenant and user.
fn joined(data: &Dataset) -> HashMap<(i64, i64), i64> {
    let memberships = data.table("memberships");
    let pairs = memberships.numbers("tenant_id").into_iter().zip(memberships.numbers("user_id"));
    let joined: HashMap<_, _> = pairs.zip(memberships.numbers("joined_at")).collect();
    assert_eq!(joined.len(), memberships.rows(), "nobody is twice a member of one tenant");
    joined
}

#[test]
fn what_members_do_comes_after_they_joined() {
    let data = members();
    let joined = joined(&data);
    for (table, member, at) in [
        ("tickets", "author_id", "created_at"),
        ("tickets", "assignee_id", "created_at"),
        ("events", "user_id", "occurred_at"),
    ] {
        let values = data.table(table);
        let (tenants, members, at) =
            (values.numbers("tenant_id"), values.numbers_or_null(member), values.numbers(at));
        let mut checked = 0;
        for row in 0..values.rows() {
            let Some(member) = members[row] else { continue };
            let since = joined.get(&(tenants[row], member));
            let since = since
                .unwrap_or_else(|| panic!("{table}, row {row}: {member} is no member of {}", tenants[row]));
            assert!(at[row] >= *since, "{table}, row {row}: {member} had not joined yet");
            checked += 1;
        }
        assert!(checked * 2 > values.rows(), "most rows of {table} have a member");
    }
}

#[test]
fn tickets_belong_to_projects_of_their_tenant() {
    let data = members();
    let (tenant, created) = (data.by_id("projects", "tenant_id"), data.by_id("projects", "created_at"));
    let tickets = data.table("tickets");
    let (tenants, at) = (tickets.numbers("tenant_id"), tickets.numbers("created_at"));
    let (projects, closed) = (tickets.numbers_or_null("project_id"), tickets.numbers_or_null("closed_at"));
    let mut without = 0;
    for row in 0..tickets.rows() {
        assert!(closed[row].is_none_or(|closed| closed >= at[row]));
        let Some(project) = projects[row] else {
            let older =
                (1..tenant.len()).filter(|p| tenant[*p] == tenants[row]).all(|p| created[p] > at[row]);
            assert!(older, "row {row} has no project although there was one");
            without += 1;
            continue;
        };
        assert_eq!(tenant[project as usize], tenants[row], "row {row}");
        assert!(created[project as usize] <= at[row], "row {row} is older than its project");
    }
    assert!(without * 5 < tickets.rows(), "{without} of {} tickets have no project", tickets.rows());
}

#[test]
fn people_work_for_one_to_four_tenants() {
    let data = members();
    let mut tenants_of: BTreeMap<i64, usize> = BTreeMap::new();
    for user in data.table("memberships").numbers("user_id") {
        *tenants_of.entry(user).or_default() += 1;
    }
    assert_eq!(tenants_of.len(), data.table("users").rows(), "everybody is a member of something");
    assert_eq!(tenants_of.values().max(), Some(&4));
    let several =
        tenants_of.values().filter(|tenants| **tenants > 1).count() as f64 / tenants_of.len() as f64;
    assert!((0.12..0.20).contains(&several), "{several} of the people work for several tenants");

    // The first of a person's memberships is the one at home.
    let home = data.by_id("users", "home_tenant_id");
    let memberships = data.table("memberships");
    let mut seen = HashSet::new();
    for (user, tenant) in memberships.numbers("user_id").into_iter().zip(memberships.numbers("tenant_id")) {
        if seen.insert(user) {
            assert_eq!(tenant, home[user as usize], "user {user}");
        }
    }
}

#[test]
fn tenants_have_one_owner_and_every_role_occurs() {
    let data = members();
    let memberships = data.table("memberships");
    let (tenants, roles) = (memberships.numbers("tenant_id"), memberships.texts("role"));
    let mut owners = vec![0; data.table("tenants").rows() + 1];
    let mut by_role: BTreeMap<&str, usize> = BTreeMap::new();
    for (tenant, role) in tenants.iter().zip(roles) {
        *by_role.entry(role).or_default() += 1;
        owners[*tenant as usize] += usize::from(role == "owner");
    }
    assert!(owners[1..].iter().all(|owners| *owners == 1), "owners by tenant: {owners:?}");
    assert_eq!(by_role.keys().copied().collect::<Vec<_>>(), ["admin", "editor", "owner", "viewer"]);
    assert!(by_role.values().all(|count| *count >= 5), "{by_role:?}");
}

#[test]
fn people_have_different_roles_in_different_tenants() {
    let data = members();
    let memberships = data.table("memberships");
    let mut roles: HashMap<i64, HashSet<&str>> = HashMap::new();
    for (user, role) in memberships.numbers("user_id").into_iter().zip(memberships.texts("role")) {
        roles.entry(user).or_default().insert(role);
    }
    assert!(roles.values().filter(|roles| roles.len() > 1).count() > 20);
}

#[test]
fn tenants_are_skewed() {
    let data = Dataset::of("members", 0.5);
    let mut sizes = vec![0_u64; data.table("tenants").rows()];
    for tenant in data.table("users").numbers("home_tenant_id") {
        sizes[tenant as usize - 1] += 1;
    }
    sizes.sort_unstable();
    let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    assert!(most >= 20 * median, "the largest tenant has {most} users, the median {median}");
    let total: u64 = sizes.iter().sum();
    let largest: u64 = sizes[sizes.len() * 9 / 10..].iter().sum();
    assert!(largest * 2 > total, "the largest tenth of the tenants has {largest} of {total} users");
    assert!(sizes[0] >= 1, "every tenant has its founder");
}

#[test]
fn siblings_number_themselves_and_know_how_many_they_are() {
    let data = Dataset::of("wide", 1.0);
    let children = data.table("children");
    let (parents, of) = (children.texts("parent_code"), children.numbers("of"));
    let (position, row) = (children.numbers("position"), children.numbers("row"));
    let mut counts: HashMap<&str, i64> = HashMap::new();
    for i in 0..children.rows() {
        let count = counts.entry(parents[i]).or_default();
        *count += 1;
        assert_eq!((position[i], row[i]), (*count, i as i64 + 1));
    }
    assert!((0..children.rows()).all(|i| counts[parents[i]] == of[i]));
}

#[test]
fn totals_over_children_are_exact() {
    let data = Dataset::of("wide", 1.0);
    let (parents, children) = (data.table("parents"), data.table("children"));
    let mut totals: HashMap<&str, (i64, i64, i64)> = HashMap::new();
    let amounts = children.numbers("amount").into_iter().zip(children.numbers("happened_at"));
    for (parent, (amount, at)) in children.texts("parent_code").into_iter().zip(amounts) {
        let (count, sum, last) = totals.entry(parent).or_insert((0, 0, i64::MIN));
        (*count, *sum, *last) = (*count + 1, *sum + amount, at.max(*last));
    }
    let found = parents
        .numbers("lines")
        .into_iter()
        .zip(parents.numbers("total"))
        .zip(parents.numbers("last_line_at"));
    for (code, ((count, sum), last)) in parents.texts("code").into_iter().zip(found) {
        assert_eq!((count, sum, last), totals[code], "{code}");
    }
}

#[test]
fn the_price_of_an_order_is_the_sum_of_its_lines() {
    let data = Dataset::of("tpch", 0.002);
    let lines = data.table("lineitem");
    let mut totals: HashMap<i64, (i128, i64)> = HashMap::new();
    let (prices, discounts) = (lines.numbers("l_extendedprice"), lines.numbers("l_discount"));
    let (taxes, numbers) = (lines.numbers("l_tax"), lines.numbers("l_linenumber"));
    for (i, order) in lines.numbers("l_orderkey").into_iter().enumerate() {
        let (total, count) = totals.entry(order).or_default();
        // Cents with four more digits: price × (1 + tax) × (1 - discount).
        *total += i128::from(prices[i] * (100 + taxes[i]) * (100 - discounts[i]));
        *count += 1;
        assert_eq!(numbers[i], *count, "lines of order {order} are numbered");
    }
    let orders = data.table("orders");
    assert_eq!(totals.len(), orders.rows());
    for (order, price) in orders.numbers("o_orderkey").into_iter().zip(orders.numbers("o_totalprice")) {
        let (total, count) = totals[&order];
        assert_eq!(i128::from(price), (total + 5_000) / 10_000, "order {order}");
        assert!((1..=7).contains(&count));
    }
}

#[test]
fn lines_are_supplied_by_a_supplier_of_their_part() {
    let data = Dataset::of("tpch", 0.002);
    let (lines, offers) = (data.table("lineitem"), data.table("partsupp"));
    let pairs = |values: &Values, part: &str, supplier: &str| -> Vec<(i64, i64)> {
        values.numbers(part).into_iter().zip(values.numbers(supplier)).collect()
    };
    let offered = pairs(offers, "ps_partkey", "ps_suppkey");
    let set: HashSet<(i64, i64)> = offered.iter().copied().collect();
    assert_eq!(set.len(), offered.len(), "the suppliers of a part are different ones");
    assert!(pairs(lines, "l_partkey", "l_suppkey").iter().all(|pair| set.contains(pair)));
}
