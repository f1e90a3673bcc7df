"""What is asked of each shipped scenario in SQL: rows that must not be there."""


def orphans(child, key, parent, parent_key="id"):
    """A key that finds no row."""
    sql = f"SELECT 1 FROM {child} c ANTI JOIN {parent} p ON c.{key} = p.{parent_key} WHERE c.{key} IS NOT NULL"
    return f"rows of {child} whose {key} is no {parent_key} of {parent}", sql


def twice(table, *columns):
    """A value, or values together, that must be unique."""
    names = ", ".join(columns)
    return f"values twice in {table}({names})", f"SELECT 1 FROM {table} WHERE {columns[0]} IS NOT NULL GROUP BY {names} HAVING count(*) > 1"


def of(scenario):
    """The questions of a scenario, each with the words for what it found."""
    return QUESTIONS.get(scenario, [])


MEMBER = "m.tenant_id = x.tenant_id AND m.user_id = x."

QUESTIONS = {
    "minimal": [
        orphans("members", "team_id", "teams"),
        twice("teams", "id"),
        twice("members", "id"),
        twice("members", "email"),
        ("members older than their team", "SELECT 1 FROM members m JOIN teams t ON t.id = m.team_id WHERE m.joined_at < t.created_at"),
        ("members after as_of", "SELECT 1 FROM members WHERE greatest(joined_at, last_seen_at) > '2026-01-01 00:00:00+00'"),
        ("members seen before they joined", "SELECT 1 FROM members WHERE last_seen_at < joined_at"),
        ("teams without one owner", "SELECT team_id FROM members GROUP BY team_id HAVING count(*) FILTER (role = 'owner') <> 1"),
    ],
    "members": [
        orphans("tenants", "plan_id", "plans"),
        orphans("users", "home_tenant_id", "tenants"),
        orphans("memberships", "tenant_id", "tenants"),
        orphans("memberships", "user_id", "users"),
        orphans("projects", "tenant_id", "tenants"),
        orphans("tickets", "tenant_id", "tenants"),
        orphans("tickets", "project_id", "projects"),
        orphans("tickets", "author_id", "users"),
        orphans("tickets", "assignee_id", "users"),
        orphans("events", "tenant_id", "tenants"),
        orphans("events", "user_id", "users"),
        *(twice(table, "id") for table in ["plans", "tenants", "users", "memberships", "projects", "tickets", "events"]),
        twice("users", "email"),
        twice("tenants", "slug"),
        twice("memberships", "tenant_id", "user_id"),
        ("tickets whose author is no member yet",
         f"SELECT 1 FROM tickets x LEFT JOIN memberships m ON {MEMBER}author_id WHERE m.joined_at IS NULL OR m.joined_at > x.created_at"),
        ("tickets whose assignee is no member yet",
         f"SELECT 1 FROM tickets x LEFT JOIN memberships m ON {MEMBER}assignee_id "
         "WHERE x.assignee_id IS NOT NULL AND (m.joined_at IS NULL OR m.joined_at > x.created_at)"),
        ("events of somebody who is no member yet",
         f"SELECT 1 FROM events x LEFT JOIN memberships m ON {MEMBER}user_id WHERE m.joined_at IS NULL OR m.joined_at > x.occurred_at"),
        ("tickets of another tenant's project",
         "SELECT 1 FROM tickets t JOIN projects p ON p.id = t.project_id WHERE p.tenant_id <> t.tenant_id OR p.created_at > t.created_at"),
        ("users older than their tenant", "SELECT 1 FROM users u JOIN tenants t ON t.id = u.home_tenant_id WHERE u.created_at < t.created_at"),
        ("rows after as_of",
         " UNION ALL ".join(
             f"SELECT 1 FROM {table} WHERE {column} > '2026-04-13 00:00:00+00' OR {column} < '2023-01-01 00:00:00+00'"
             for table, column in [
                 ("tenants", "created_at"), ("users", "created_at"), ("users", "last_seen_at"), ("memberships", "joined_at"),
                 ("projects", "created_at"), ("tickets", "created_at"), ("tickets", "closed_at"), ("events", "occurred_at"),
             ]
         )),
        ("tickets closed before they were opened", "SELECT 1 FROM tickets WHERE closed_at < created_at"),
        ("events whose properties lack a path", "SELECT 1 FROM events WHERE coalesce(properties->>'$.path', '') NOT LIKE '/%'"),
        ("zones that are none", "SELECT 1 FROM tenants ANTI JOIN pg_timezone_names() z ON z.name = tenants.timezone"),
    ],
    "wide": [
        orphans("parents", "kind", "kinds", "code"),
        orphans("parents", "kind_skewed", "kinds", "name"),
        orphans("children", "parent_code", "parents", "code"),
        orphans("links", "child", "children"),
        orphans("links", "other", "children"),
        orphans("links", "earlier", "children"),
        orphans("links", "kind", "kinds", "code"),
        orphans("visits", "place", "parents"),
        twice("parents", "code"),
        twice("parents", "token"),
        twice("parents", "unique_number"),
        twice("children", "key"),
        twice("visits", "parent", "place"),
        ("totals that are not the sum of their children",
         "SELECT 1 FROM parents p JOIN (SELECT parent_code, sum(amount) total, count(*) lines, max(happened_at) last FROM children GROUP BY 1) c "
         "ON c.parent_code = p.code WHERE p.total <> c.total OR p.lines <> c.lines OR p.last_line_at <> c.last"),
        ("links to another parent's child",
         "SELECT 1 FROM links l JOIN children a ON a.id = l.child JOIN children b ON b.id = l.other WHERE a.parent_code <> b.parent_code"),
        ("links to a later child",
         "SELECT 1 FROM links l JOIN children a ON a.id = l.child JOIN children b ON b.id = l.earlier WHERE b.happened_at > a.happened_at"),
        ("wall clocks that are not the zone's", "SELECT 1 FROM parents WHERE created_at AT TIME ZONE zone <> local_time"),
        ("arrays of a wrong length", "SELECT 1 FROM parents WHERE len(tags) > 3 OR len(codes) <> 2"),
        orphans("contract_events", "contract_id", "contracts"),
        orphans("contract_invoices", "contract_id", "contracts"),
        orphans("contract_visits", "contract_id", "contracts"),
        orphans("contract_visits", "earlier_event", "contract_events"),
        orphans("parent_alarms", "contract", "contracts"),
        ("steps that do not go on where the one before ends",
         "SELECT 1 FROM (SELECT *, lag(to_status) OVER w AS before, lag(ended_at) OVER w AS left_at FROM contract_events "
         "WINDOW w AS (PARTITION BY contract_id ORDER BY number)) "
         "WHERE number > 1 AND (before IS DISTINCT FROM from_status OR left_at IS DISTINCT FROM happened_at)"),
        ("contracts that are not in the state of their last step",
         "SELECT 1 FROM contracts c JOIN (SELECT contract_id, count(*) steps, arg_max(to_status, number) status, "
         "max(happened_at) since, count(*) FILTER (to_status = 'past_due') failures FROM contract_events GROUP BY 1) e ON e.contract_id = c.id "
         "WHERE (c.steps, c.status::text, c.status_since, c.failures) IS DISTINCT FROM (e.steps, e.status, e.since, e.failures)"),
        ("steps after the end of their contract",
         "SELECT 1 FROM contract_events e JOIN contracts c ON c.id = e.contract_id "
         "WHERE number > 1 AND happened_at >= coalesce(c.ended_at, '2026-04-13 12:00:00.000001+00')"),
        *(
            (f"rows of {table} that the history knows nothing of",
             f"SELECT 1 FROM {table} r LEFT JOIN contract_events e ON e.contract_id = r.contract_id AND e.happened_at <= r.starts_at "
             f"AND r.starts_at < coalesce(e.ended_at, 'infinity') WHERE e.to_status IS DISTINCT FROM r.status OR r.status NOT IN ({states})")
            for table, states in [("contract_invoices", "'active', 'past_due'"), ("contract_visits", "'active'")]
        ),
        ("visits on a Sunday or on another day than theirs",
         "SELECT 1 FROM contract_visits v JOIN contracts c ON c.id = v.contract_id JOIN parents p ON p.code = c.parent_code "
         "WHERE (v.starts_at AT TIME ZONE p.zone)::date <> v.local_date OR isodow(v.local_date) = 7"),
        ("calls on a Saturday or Sunday",
         "SELECT 1 FROM contracts c JOIN parents p ON p.code = c.parent_code WHERE isodow(c.called_at AT TIME ZONE p.zone) > 5"),
        ("meetings out of hours", "SELECT 1 FROM contracts WHERE hour(met_at AT TIME ZONE 'Asia/Kathmandu') NOT BETWEEN 8 AND 17"),
        ("visits that refer to a later event",
         "SELECT 1 FROM contract_visits v JOIN contract_events e ON e.id = v.earlier_event "
         "WHERE e.happened_at > v.starts_at OR e.contract_id <> v.contract_id"),
    ],
    "tpch": [
        orphans("nation", "n_regionkey", "region", "r_regionkey"),
        orphans("customer", "c_nationkey", "nation", "n_nationkey"),
        orphans("orders", "o_custkey", "customer", "c_custkey"),
        orphans("lineitem", "l_orderkey", "orders", "o_orderkey"),
        twice("orders", "o_orderkey"),
        twice("partsupp", "ps_partkey", "ps_suppkey"),
        twice("lineitem", "l_orderkey", "l_linenumber"),
        ("lines of a supplier who does not supply the part",
         "SELECT 1 FROM lineitem ANTI JOIN partsupp ON ps_partkey = l_partkey AND ps_suppkey = l_suppkey"),
        ("orders whose price is not the sum of their lines",
         "SELECT 1 FROM orders JOIN (SELECT l_orderkey, sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) price FROM lineitem GROUP BY 1) "
         "ON l_orderkey = o_orderkey WHERE round(price, 2) <> o_totalprice"),
    ],
}
