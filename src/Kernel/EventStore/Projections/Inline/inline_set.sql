-- Whether appends write the live views of a projection.
-- $1 projection, $2 inline
update eventstore.projection_checkpoints
set inline = $2
where projection = $1
  and slot = 'live'
