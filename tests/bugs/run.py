"""How many of the bugs a dataset shows: for each pair of queries, whether the right one and the wrong one differ.

    python run.py DIR            a folder of Parquet, as `seedbed generate saas --to DIR` makes
    python run.py --to URL       a PostgreSQL database, through psql
    -v                           both results of each pair
"""
import glob, os, subprocess, sys


def pairs():
    for path in sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(__file__)), "*.sql"))):
        head, rest = open(path, encoding="utf-8").read().split("\n-- right\n")
        right, wrong = rest.split("\n-- wrong\n")
        yield os.path.basename(path)[:-4], head.strip().removeprefix("-- "), right.strip().rstrip(";"), wrong.strip().rstrip(";")


def from_parquet(directory):
    import duckdb
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    for table in sorted(os.listdir(directory)):
        if glob.glob(f"{directory}/{table}/*.parquet"):
            con.execute(f"create view {table} as from '{directory}/{table}/*.parquet'")
    # Everything as text, so that no library for time zones is needed to read it.
    return lambda query: con.execute(f"select columns(*)::varchar from ({query})").fetchall()


def from_postgres(url):
    def ask(query):
        run = subprocess.run(["psql", url, "-AtqX", "-v", "ON_ERROR_STOP=1", "-c", "set timezone = 'UTC'", "-c", query], capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(run.stderr.strip())
        return run.stdout.splitlines()
    return ask


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "-v"]
    ask = from_postgres(arguments[1]) if arguments[0] == "--to" else from_parquet(arguments[0])
    shown = total = failed = 0
    for name, why, right, wrong in pairs():
        total += 1
        try:
            a, b = ask(right), ask(wrong)
        except Exception as error:
            failed += 1
            print(f"ERROR {name}: {error}")
            continue
        shown += a != b
        print(f"{'shows' if a != b else 'hides'}  {name}: {why}")
        if "-v" in sys.argv:
            print(f"       right {str(a)[:160]}\n       wrong {str(b)[:160]}")
    print(f"{shown} of {total} bugs show" + (f", {failed} errors" if failed else ""))
    sys.exit(1 if failed else 0)


main()
