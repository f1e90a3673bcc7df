#!/usr/bin/env python3
"""Compares a TPC-H dataset of seedbed with one of tpchgen-cli at the same scale factor, 0.1 or more.

    python3 -m venv venv && venv/bin/pip install duckdb
    seedbed generate tpch --scale 1 --to ours
    tpchgen-cli parquet -s 1 --output-dir original
    venv/bin/python tests/tpch/compare.py ours original

Four kinds of checks, all by DuckDB over the Parquet files:

rules     What clause 4.2.3 of the specification demands of every row: keys, references, formulas, totals. No exception.
tables    As many rows: exactly, and in lineitem within 0.5 %.
columns   The same types. Numbers and dates: least and greatest within 10 % of the original's range, the mean within 1 %
          of it. Text: mean length within 10 %; the same values where there are few. Distinct values within 5 %.
queries   All 22 queries run, and each selects about as much: every number of its second statement is within 3 % and 3.5
          standard deviations of the original's (see `close`).

The exit status is 0 when all hold, 1 when not, 2 when the data cannot be read.
"""

import argparse
import math
import pathlib
import sys
import time

import duckdb

HERE = pathlib.Path(__file__).parent
TABLES = ["region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem"]

# A query per rule that counts the rows that break it.
RULES = {
    "region: key": "select count(*) - count(distinct r_regionkey) from region",
    "nation: key": "select count(*) - count(distinct n_nationkey) from nation",
    "part: key": "select count(*) - count(distinct p_partkey) from part",
    "supplier: key": "select count(*) - count(distinct s_suppkey) from supplier",
    "customer: key": "select count(*) - count(distinct c_custkey) from customer",
    "orders: key": "select count(*) - count(distinct o_orderkey) from orders",
    "partsupp: key": """
        select coalesce(sum(n - 1), 0) from (select count(*) as n from partsupp group by ps_partkey, ps_suppkey)""",
    "lineitem: key": """
        select coalesce(sum(n - 1), 0) from (select count(*) as n from lineitem group by l_orderkey, l_linenumber)""",
    "nation → region": "select count(*) from nation anti join region on n_regionkey = r_regionkey",
    "supplier → nation": "select count(*) from supplier anti join nation on s_nationkey = n_nationkey",
    "customer → nation": "select count(*) from customer anti join nation on c_nationkey = n_nationkey",
    "partsupp → part": "select count(*) from partsupp anti join part on ps_partkey = p_partkey",
    "partsupp → supplier": "select count(*) from partsupp anti join supplier on ps_suppkey = s_suppkey",
    "orders → customer": "select count(*) from orders anti join customer on o_custkey = c_custkey",
    "lineitem → orders": "select count(*) from lineitem anti join orders on l_orderkey = o_orderkey",
    "lineitem → partsupp": """
        select count(*) from lineitem anti join partsupp on l_partkey = ps_partkey and l_suppkey = ps_suppkey""",
    "keys from 1": """
        select
            (select abs(max(p_partkey) - count(*)) + abs(min(p_partkey) - 1) from part)
            + (select abs(max(s_suppkey) - count(*)) + abs(min(s_suppkey) - 1) from supplier)
            + (select abs(max(c_custkey) - count(*)) + abs(min(c_custkey) - 1) from customer)""",
    "part: manufacturer of the brand": "select count(*) from part where substr(p_mfgr, 14) <> substr(p_brand, 7, 1)",
    "part: retail price": """
        select count(*) from part
        where p_retailprice * 100 <> 90000 + (p_partkey // 10) % 20001 + 100 * (p_partkey % 1000)""",
    "part: five different words": """
        select count(*) from part
        where len(string_split(p_name, ' ')) <> 5 or len(list_distinct(string_split(p_name, ' '))) <> 5""",
    "part: size": "select count(*) from part where p_size not between 1 and 50",
    "partsupp: four suppliers by the formula": """
        with
            n as (select count(*) as s from supplier),
            wanted as (
                select p_partkey as part, (p_partkey + i * (s // 4 + (p_partkey - 1) // s)) % s + 1 as supplier
                from part, n, range(4) as r(i)
            )
        select count(*) from wanted full join partsupp on ps_partkey = part and ps_suppkey = supplier
        where part is null or ps_partkey is null""",
    "partsupp: ranges": """
        select count(*) from partsupp where ps_availqty not between 1 and 9999 or ps_supplycost not between 1 and 1000""",
    "supplier: name, phone, balance": """
        select count(*) from supplier
        where s_name <> format('Supplier#{:09d}', s_suppkey)
            or not regexp_full_match(s_phone, (s_nationkey + 10)::varchar || '-[1-9]\\d\\d-[1-9]\\d\\d-[1-9]\\d\\d\\d')
            or s_acctbal not between -999.99 and 9999.99""",
    "customer: name, phone, balance": """
        select count(*) from customer
        where c_name <> format('Customer#{:09d}', c_custkey)
            or not regexp_full_match(c_phone, (c_nationkey + 10)::varchar || '-[1-9]\\d\\d-[1-9]\\d\\d-[1-9]\\d\\d\\d')
            or c_acctbal not between -999.99 and 9999.99""",
    "orders: sparse keys": "select count(*) from orders where o_orderkey % 32 >= 8",
    "orders: a third of the customers never orders": "select count(*) from orders where o_custkey % 3 = 0",
    "orders: dates": "select count(*) from orders where o_orderdate not between date '1992-01-01' and date '1998-08-02'",
    "orders: clerk": """
        select count(*) from orders, (select greatest(count(*) // 10, 1000) as n from supplier)
        where not regexp_full_match(o_clerk, 'Clerk#\\d{9}') or substr(o_clerk, 7)::int not between 1 and n""",
    "orders: ship priority": "select count(*) from orders where o_shippriority <> 0",
    "orders: status of the lines": """
        select count(*) from orders join (
            select l_orderkey, min(l_linestatus) as least, max(l_linestatus) as most from lineitem group by l_orderkey
        ) on l_orderkey = o_orderkey
        where o_orderstatus <> case when least = most then least else 'P' end""",
    "orders: total of the lines": """
        select count(*) from orders left join (
            select l_orderkey, sum(l_extendedprice * (1 + l_tax) * (1 - l_discount)) as total, count(*) as n
            from lineitem group by l_orderkey
        ) on l_orderkey = o_orderkey
        where total is null or abs(o_totalprice - total) > {slack}""",
    "lineitem: numbered from 1": """
        select count(*) from (
            select min(l_linenumber) as first, max(l_linenumber) as last, count(*) as n from lineitem group by l_orderkey
        ) where first <> 1 or last <> n or n > 7""",
    "lineitem: price of the part": """
        select count(*) from lineitem, part
        where l_partkey = p_partkey and l_extendedprice <> l_quantity * p_retailprice""",
    "lineitem: ranges": """
        select count(*) from lineitem
        where l_quantity not between 1 and 50 or l_discount not between 0 and 0.1 or l_tax not between 0 and 0.08""",
    "lineitem: dates": """
        select count(*) from lineitem, orders
        where l_orderkey = o_orderkey and (
            l_shipdate - o_orderdate not between 1 and 121
            or l_commitdate - o_orderdate not between 30 and 90
            or l_receiptdate - l_shipdate not between 1 and 30
        )""",
    "lineitem: flag and status": """
        select count(*) from lineitem
        where (l_returnflag = 'N') <> (l_receiptdate > date '1995-06-17')
            or l_returnflag not in ('N', 'R', 'A')
            or l_linestatus <> case when l_shipdate > date '1995-06-17' then 'O' else 'F' end""",
}

failures = 0


def verdict(holds):
    global failures
    failures += not holds
    return "ok" if holds else "FAIL"


def close(a, b, selected):
    """Within 3 % and what chance does: two counts of n differ by more than 5 √n once in 2,500 times."""
    if a is None or b is None:
        return a is b
    a, b = float(a), float(b)
    greatest = max(abs(a), abs(b))
    if greatest == 0:
        return True
    # A small count varies more than the rows it is counted among.
    n = max(1, min(greatest, selected)) if a == int(a) and b == int(b) else max(1, selected)
    return abs(a - b) <= greatest * (0.03 + 5 / math.sqrt(n))


def connect(directory):
    """The dataset as views: `<table>/*.parquet` or `<table>.parquet`."""
    db = duckdb.connect()
    for table in TABLES:
        files = sorted((directory / table).glob("*.parquet")) or list(directory.glob(f"{table}.parquet"))
        if not files:
            print(f"{directory}: no Parquet files of `{table}`", file=sys.stderr)
            sys.exit(2)
        names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        db.execute(f"create view {table} as select * from read_parquet([{names}])")
    return db


def rules(ours, original):
    print("rules: rows that break them                          ours  original")
    for name, sql in RULES.items():
        # The original cuts off cents line by line.
        broken = ours.execute(sql.replace("{slack}", "0.005")).fetchone()[0]
        there = original.execute(sql.replace("{slack}", "0.02 * n")).fetchone()[0]
        print(f"  {name:44} {broken:>10} {there:>9}  {verdict(broken == 0)}")


def tables(ours, original):
    print("\ntables: rows                ours    original   ratio")
    for table in TABLES:
        a, b = (db.execute(f"select count(*) from {table}").fetchone()[0] for db in (ours, original))
        holds = abs(a - b) <= (0.005 * b if table == "lineitem" else 0)
        print(f"  {table:12} {a:>18} {b:>11} {a / b:7.4f}  {verdict(holds)}")


def family(sql_type):
    """Integers of any width are one family, as the specification has identifiers and integers."""
    return "integer" if sql_type in ("INTEGER", "BIGINT") else sql_type


def columns(ours, original):
    print("\ncolumns                 type            distinct  ratio   mean (length)        original  least and greatest")
    for table in TABLES:
        shapes = [
            {name: ty for name, ty, *_ in db.execute(f"describe {table}").fetchall()} for db in (ours, original)
        ]
        if list(shapes[0]) != list(shapes[1]):
            print(f"  {table}: {list(shapes[0])} instead of {list(shapes[1])}  {verdict(False)}")
            continue
        for name, ty in shapes[1].items():
            notes = [] if family(shapes[0][name]) == family(ty) else [f"type {shapes[0][name]} instead of {ty}"]
            text, comment = ty == "VARCHAR", name.endswith("_comment")
            value = f"length({name})" if text else f"epoch({name}) / 86400" if ty == "DATE" else name
            # Distinct texts of free text say nothing.
            distinct = "0" if comment else f"count(distinct {name})"
            sql = f"select {distinct}, min({value}), max({value}), avg({value})::double, count({name}) from {table}"
            (da, *a, na), (db_, *b, nb) = ours.execute(sql).fetchone(), original.execute(sql).fetchone()
            (low_a, high_a, mean_a), (low, high, mean) = map(float, a), map(float, b)
            if na != ours.execute(f"select count(*) from {table}").fetchone()[0]:
                notes.append("NULL")
            if nb < 50:
                # Literal rows: the values themselves are compared below.
                pass
            elif text:
                if abs(mean_a - mean) > 0.1 * mean:
                    notes.append("length")
            else:
                width = (high - low) or 1
                if abs(low_a - low) > 0.1 * width or abs(high_a - high) > 0.1 * width:
                    notes.append("range")
                if abs(mean_a - mean) > width * (0.01 + 2 / math.sqrt(nb)):
                    notes.append("mean")
            if abs(da - db_) > 0.05 * db_:
                notes.append("distinct")
            if text and not comment and db_ <= 200:
                values = f"select distinct {name} from {table} order by 1"
                if ours.execute(values).fetchall() != original.execute(values).fetchall():
                    notes.append("values")
            ratio = f"{da / db_:6.3f}" if db_ else "      "
            print(
                f"  {name:16} {shapes[0][name].lower():>15} {da or '':>13} {ratio} {mean_a:>15.2f} {mean:>15.2f}  "
                f"{low_a:g}..{high_a:g} ({low:g}..{high:g})  {verdict(not notes)} {', '.join(notes)}".rstrip()
            )


def queries(ours, original):
    print("\nqueries  rows (original)    selected    original   ratio  other measures: ratio")
    for path in sorted(HERE.glob("queries/q*.sql")):
        query, measure = (part for part in path.read_text().split(";\n") if part.strip())
        started = time.monotonic()
        try:
            rows = [len(db.execute(query).fetchall()) for db in (ours, original)]
            measured = [db.execute(measure) for db in (ours, original)]
            names = [column[0] for column in measured[0].description]
            a, b = (cursor.fetchone() for cursor in measured)
        except duckdb.Error as error:
            print(f"  {path.stem}: {error}  {verdict(False)}")
            continue
        # Where few parts or suppliers are selected, chance has as many draws as those, not as there are lines.
        units = names.index("units") if "units" in names else 0
        selected = min(float(a[units]), float(b[units]))
        holds = [close(x, y, selected) for x, y in zip(a, b)]
        ratio = [float(x) / float(y) if y else math.nan for x, y in zip(a, b)]
        others = [
            f"{name} {r:.3f}" + ("" if fine else f" ({x} for {y})")
            for name, r, fine, x, y in list(zip(names, ratio, holds, a, b))[1:]
        ]
        took = time.monotonic() - started
        print(
            f"  {path.stem} {rows[0]:>9} ({rows[1]:>5}) {a[0]:>12} {b[0]:>11} {ratio[0]:7.3f}  {verdict(all(holds))} "
            f"{', '.join(others)}  [{took:.1f} s]"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ours", type=pathlib.Path)
    parser.add_argument("original", type=pathlib.Path)
    arguments = parser.parse_args()
    ours, original = connect(arguments.ours), connect(arguments.original)
    rules(ours, original)
    tables(ours, original)
    columns(ours, original)
    queries(ours, original)
    print(f"\n{'passed' if failures == 0 else f'FAILED: {failures} checks'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
