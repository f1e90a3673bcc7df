-- Q11: Important stock identification, with the validation parameters.
-- The fraction is 0.0001 / SF, and there are 10,000 × SF suppliers.
select ps_partkey, sum(ps_supplycost * ps_availqty) as value
from partsupp, supplier, nation
where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
group by ps_partkey
having sum(ps_supplycost * ps_availqty) > (
    select sum(ps_supplycost * ps_availqty) * 1.0 / (select count(*) from supplier)
    from partsupp, supplier, nation
    where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
)
order by value desc;

-- What it selects, before limits.
with stock as (
    select ps_partkey, sum(ps_supplycost * ps_availqty) as value, count(*) as rows
    from partsupp, supplier, nation
    where ps_suppkey = s_suppkey and s_nationkey = n_nationkey and n_name = 'GERMANY'
    group by ps_partkey
)
select
    sum(rows) as selected,
    (select count(*) from supplier, nation where s_nationkey = n_nationkey and n_name = 'GERMANY') as units,
    count(*) as parts,
    count(*) filter (where value > 8_000_000) as important,
    sum(value) as value
from stock;
