-- Gives back everything that a host owns and forgets the host, and hosts that are long gone with it.
-- $1 host, $2 now
with released as (
  update eventstore.projection_checkpoints
  set owner = null, updated_at = $2
  where owner = $1
)
delete from eventstore.projection_hosts
where host = $1
  or expires_at < clock_timestamp() - interval '1 hour'
