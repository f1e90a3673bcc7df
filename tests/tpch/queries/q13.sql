-- Q13: Customer distribution, with the validation parameters.
select c_count, count(*) as custdist
from (
    select c_custkey, count(o_orderkey) as c_count
    from customer left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%'
    group by c_custkey
) as c_orders
group by c_count
order by custdist desc, c_count desc;

-- What it selects, before limits.
with c_orders as (
    select c_custkey, count(o_orderkey) as c_count
    from customer left outer join orders on c_custkey = o_custkey and o_comment not like '%special%requests%'
    group by c_custkey
)
select
    sum(c_count) as selected,
    count(*) filter (where c_count = 0) as without_orders,
    count(distinct c_count) as distinct_counts,
    avg(c_count) filter (where c_count > 0) as mean,
    stddev(c_count) filter (where c_count > 0) as deviation,
    (select count(*) from orders where o_comment like '%special%requests%') as special_requests
from c_orders;
