-- $1 projection, $2 slot, $3 shard, $4 fence, $5 position before, $6 position after, $7 events taken, $8 now
select eventstore.move_checkpoint($1, $2, $3, $4, $5, $6, $7, $8)
