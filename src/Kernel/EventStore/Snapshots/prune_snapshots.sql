-- Removes snapshots of one stream that its type does not keep, the oldest first. The newest of every shape stays whatever is kept: it is the newest usable
-- one of whoever reads that shape, and hosts of two builds may be at work.
-- $1 tenant_id, $2 aggregate_id, $3 schema number, $4 fingerprint, $5 how many of the newest of this shape are kept,
-- $6 of the older ones, the last of each so many events is kept, 0 for none, $7 the most to remove
delete from eventstore.{snapshots}
where tenant_id = $1
  and aggregate_id = $2
  and version = any (array(
    select version
    from (
      select
        version,
        schema_number = $3 and fingerprint = $4 as is_current,
        row_number() over newest_first as place,
        lag(version) over newest_first as next
      from eventstore.{snapshots}
      where tenant_id = $1 and aggregate_id = $2
      window newest_first as (partition by schema_number, fingerprint order by version desc)
    ) s
    where place > 1
      and (
        not is_current
        or (place > $5 and ($6 = 0 or (version - 1) / $6 = (next - 1) / $6))
      )
    order by version
    limit $7
  ))
