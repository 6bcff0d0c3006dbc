-- What was parked or left out of live rows that are made anew: of all, of one tenant, or of one aggregate.
-- $1 projection, $2 tenant or null, $3 aggregate or null
with skipped as (
  update eventstore.projection_skipped
  set slot = 'replaced'
  where projection = $1
    and slot = 'live'
    and ($2 is null or tenant_id = $2)
    and ($3 is null or aggregate_id = $3)
)
delete from eventstore.projection_parked
where projection = $1
  and slot = 'live'
  and ($2 is null or tenant_id = $2)
  and ($3 is null or aggregate_id = $3)
