select pg_advisory_unlock(7741001, 3)
