-- $1 projection
delete from eventstore.projection_parked
where projection = $1
