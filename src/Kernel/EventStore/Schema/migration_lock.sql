-- One migrator at a time, in this database; given back when the transaction ends.
select pg_advisory_xact_lock(7741001, 2)
