-- The first statement of a batch's transaction: the fence, before the tenants are looked at and before any position is drawn.
select pg_advisory_xact_lock_shared(7741001, 1)
