-- What a request stored before its host was gone: every event of it names it. Nothing before the position can be of it.
-- $1 tenant, $2 position, $3 request
select e.aggregate_type, e.aggregate_id, e.version, e.position
from eventstore.tenants t
join eventstore.events e on e.shard = t.shard and e.tenant_id = t.tenant_id
where t.tenant_id = $1
  and e.position >= $2
  and e.metadata -> 'headers' ->> 'request' = $3
order by e.position desc
limit 1
