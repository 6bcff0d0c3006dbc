-- Those that hold the bytes; whether it is their header, whoever reads them knows.
-- $1 the header with the tenant, $2 the id behind which to look, $3 the most rows
select m.id, m.body
from wolverine.{table} m
where m.id > $2
  and position($1 in m.body) > 0
order by m.id
limit $3
