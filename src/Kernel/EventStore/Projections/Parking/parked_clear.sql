-- $1 projection, $2 slot
delete from eventstore.projection_parked
where projection = $1
  and slot = $2
