-- $1 now, $2 the most rows
delete from {table} r
using (
  select e.{owner}, e.key
  from {table} e
  where e.kept_until <= $1
  order by e.kept_until
  limit $2
  for update skip locked
) e
where r.{owner} = e.{owner}
  and r.key = e.key
