"""A seed as many projects have one: the same tables, filled by loops with even chances and nothing that is hard.

    python naive.py DIR [TENANTS]      writes DIR/TABLE/part.parquet

Everybody is active, everything is paid at once, all clocks are in UTC, nothing is deleted, no two rows are of the same
second, and every optional column has a value or is empty throughout. The bugs in this folder mostly stay hidden in it.
"""
import datetime, os, random, sys
import duckdb

NOW = datetime.datetime(2026, 4, 13)
DAY = datetime.timedelta(days=1)
draw = random.Random(42)

TABLES = {
    "plans": "id bigint, code text, name text, price decimal(12,2), seats int, is_sold boolean",
    "tenants": "id bigint, name text, slug text, country text, timezone text, locale text, currency text, plan_id bigint, status text, created_at timestamptz, closed_at timestamptz",
    "users": "id bigint, home_tenant_id bigint, email text, full_name text, locale text, timezone text, created_at timestamptz, last_seen_at timestamptz, status text, onboarding_completed_at timestamptz, deleted_at timestamptz, previous_user_id bigint",
    "user_states": 'id bigint, user_id bigint, from_status text, to_status text, "at" timestamptz',
    "memberships": "id bigint, tenant_id bigint, user_id bigint, role text, status text, joined_at timestamptz, removed_at timestamptz",
    "role_changes": "id bigint, tenant_id bigint, membership_id bigint, from_role text, to_role text, changed_by bigint, changed_at timestamptz",
    "invitations": "id bigint, tenant_id bigint, email text, role text, invited_by bigint, created_at timestamptz, expires_at timestamptz, accepted_at timestamptz, revoked_at timestamptz, membership_id bigint",
    "subscriptions": "id bigint, tenant_id bigint, plan_id bigint, status text, billing_period text, seats int, started_at timestamptz, trial_ends_at timestamptz, current_period_start timestamptz, current_period_end timestamptz, canceled_at timestamptz, ended_at timestamptz",
    "subscription_events": 'id bigint, tenant_id bigint, subscription_id bigint, from_status text, to_status text, "at" timestamptz, reason text',
    "invoices": "id bigint, tenant_id bigint, subscription_id bigint, number bigint, period_start timestamptz, period_end timestamptz, issued_at timestamptz, due_at timestamptz, status text, subtotal decimal(12,2), tax decimal(12,2), total decimal(12,2), currency text, paid_at timestamptz",
    "invoice_lines": "id bigint, invoice_id bigint, description text, quantity int, unit_price decimal(12,2), amount decimal(12,2)",
    "payments": "id bigint, tenant_id bigint, invoice_id bigint, attempt int, amount decimal(12,2), status text, attempted_at timestamptz, failure_code text",
    "projects": "id bigint, tenant_id bigint, name text, status text, created_at timestamptz",
    "tickets": "id bigint, tenant_id bigint, project_id bigint, author_id bigint, assignee_id bigint, title text, priority text, created_at timestamptz, closed_at timestamptz, status text, deleted_at timestamptz",
    "events": "id bigint, tenant_id bigint, user_id bigint, kind text, occurred_at timestamptz, properties json",
    "sessions": "id bigint, user_id bigint, tenant_id bigint, started_at timestamptz, ended_at timestamptz, ip text, user_agent text",
    "jobs": "id bigint, tenant_id bigint, queue text, kind text, status text, attempts int, scheduled_for timestamptz, started_at timestamptz, finished_at timestamptz, last_error text",
    "webhook_endpoints": "id bigint, tenant_id bigint, url text, is_active boolean, created_at timestamptz",
    "webhook_deliveries": "id bigint, tenant_id bigint, endpoint_id bigint, message_id text, kind text, attempt int, status_code int, delivered_at timestamptz, next_retry_at timestamptz",
    "api_keys": "id bigint, tenant_id bigint, created_by bigint, prefix text, scope text, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, revoked_at timestamptz",
    "audit_log": 'id bigint, tenant_id bigint, actor_id bigint, action text, subject_type text, subject_id bigint, "at" timestamptz',
}
rows = {table: [] for table in TABLES}


def add(table, *values):
    rows[table].append((len(rows[table]) + 1, *values))
    return len(rows[table])


def some_day(days=300):
    """A moment in office hours, some days ago."""
    return NOW - draw.randint(2, days) * DAY + datetime.timedelta(seconds=draw.randint(9 * 3600, 17 * 3600))


def main():
    directory, tenants = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    for code, price in [("free", "0.00"), ("pro", "12.00"), ("business", "29.00"), ("enterprise", "59.00")]:
        add("plans", code, code.title(), price, 100, True)
    words = "alpha beta gamma delta omega lambda sigma kappa theta zeta".split()
    for t in range(1, tenants + 1):
        opened = NOW - 330 * DAY
        plan = draw.randint(2, 4)
        add("tenants", f"Company {t}", f"company-{t}", "US", "UTC", "en-US", "USD", plan, "active", opened, None)
        people = []
        for n in range(5):
            user = len(rows["users"]) + 1
            email = f"user{user}@company-{t}.example"
            joined = NOW - 320 * DAY + datetime.timedelta(seconds=user)
            add("users", t, email, f"User {user}", "en-US", "UTC", joined, NOW - DAY, "active", joined + DAY, None, None)
            add("user_states", user, None, "active", joined)
            member = add("memberships", t, user, "owner" if n == 0 else draw.choice(["admin", "editor", "viewer"]), "active", joined, None)
            if n:
                add("invitations", t, email, "editor", people[0], joined - DAY, joined + 6 * DAY, joined, None, member)
            people.append(user)
            add("api_keys", t, user, f"sk_{user}", "read", joined, NOW - DAY, NOW + 30 * DAY, None)
        subscription = add("subscriptions", t, plan, "active", "month", 5, opened, None, datetime.datetime(2026, 4, 1), datetime.datetime(2026, 5, 1), None, None)
        add("subscription_events", t, subscription, None, "active", opened, "started")
        # One invoice, of April; numbers are those of the table.
        price = 5 * [0, 12, 29, 59][plan - 1]
        begins = datetime.datetime(2026, 4, 1)
        paid = begins + datetime.timedelta(hours=1)
        invoice = add("invoices", t, subscription, t, begins, datetime.datetime(2026, 5, 1), begins, begins + 14 * DAY, "paid", price, 0, price, "USD", paid)
        add("invoice_lines", invoice, "Seats", 1, price, price)
        add("payments", t, invoice, 1, price, "succeeded", paid, None)
        project = add("projects", t, f"Project {draw.choice(words)}", "active", opened)
        for user in people:
            # Each ticket is given to somebody else, and all are closed after a day.
            for n in range(6):
                at = some_day()
                ticket = add("tickets", t, project, user, draw.choice([other for other in people if other != user]), f"Ticket {draw.choice(words)}", "urgent" if n == 0 else "normal", at, at + DAY, "closed", None)
            for n in range(60):
                add("events", t, user, draw.choice(["page.view", "login", "search"]), some_day(), "{}")
            for n in range(10):
                at = some_day()
                add("sessions", user, t, at, at + datetime.timedelta(minutes=20), "192.0.2.1", "Mozilla/5.0")
        add("audit_log", t, people[0], "ticket.updated", "ticket", ticket, NOW - DAY)
        for n in range(30):
            at = NOW - (30 - n) * DAY + datetime.timedelta(minutes=150)
            add("jobs", t, "default", "cron.cleanup", "succeeded", 1, at, at, at + datetime.timedelta(minutes=1), None)
        endpoint = add("webhook_endpoints", t, f"https://hooks.company-{t}.example", True, opened)
        for n in range(5):
            add("webhook_deliveries", t, endpoint, f"message-{t}-{n}", "ticket.created", 1, 200, some_day(), None)
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    for table, columns in TABLES.items():
        os.makedirs(f"{directory}/{table}", exist_ok=True)
        con.execute(f"create table {table} ({columns})")
        for begin in range(0, len(rows[table]), 1000):
            part = rows[table][begin:begin + 1000]
            marks = "(" + ", ".join("?" * len(part[0])) + ")"
            con.execute(f"insert into {table} values {', '.join([marks] * len(part))}", [value for row in part for value in row])
        con.execute(f"copy {table} to '{directory}/{table}/part.parquet' (format parquet)")


main()
