-- Without vacant ones, in which no event can be seen.
select shard
from eventstore.shards
where kind <> 'vacant'
order by shard
