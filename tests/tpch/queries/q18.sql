-- Q18: Large volume customer, with the validation parameters.
select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
from customer, orders, lineitem
where
    o_orderkey in (select l_orderkey from lineitem group by l_orderkey having sum(l_quantity) > 300)
    and c_custkey = o_custkey
    and o_orderkey = l_orderkey
group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
order by o_totalprice desc, o_orderdate
limit 100;

-- What it selects, before limits.
with volumes as (
    select l_orderkey, sum(l_quantity) as quantity from lineitem group by l_orderkey
)
select
    count(*) as selected,
    count(*) filter (where quantity > 300) as over_300,
    count(*) filter (where quantity > 250) as over_250,
    avg(quantity) as mean,
    stddev(quantity) as deviation
from volumes;
