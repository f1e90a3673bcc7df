-- Q17: Small-quantity-order revenue, with the validation parameters.
select sum(l_extendedprice) / 7.0 as avg_yearly
from lineitem, part
where
    p_partkey = l_partkey
    and p_brand = 'Brand#23'
    and p_container = 'MED BOX'
    and l_quantity < (select 0.2 * avg(l_quantity) from lineitem where l_partkey = p_partkey);

-- What it selects, before limits.
with lines as (
    select l_partkey, l_quantity, avg(l_quantity) over (partition by l_partkey) as mean
    from lineitem, part
    where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'MED BOX'
)
select
    count(*) as selected,
    count(distinct l_partkey) as units,
    count(*) filter (where l_quantity < 0.2 * mean) as small
from lines;
