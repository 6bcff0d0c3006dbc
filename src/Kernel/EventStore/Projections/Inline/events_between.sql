-- Whether events of some aggregate types lie between two positions in some shards.
-- $1 after this position, $2 up to and including this one, $3 aggregate types, $4 shards
select exists (
  select from eventstore.events
  where position > $1
    and position <= $2
    and aggregate_type = any ($3)
    and shard = any ($4)
)
