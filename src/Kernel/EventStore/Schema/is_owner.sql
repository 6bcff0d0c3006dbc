-- Whether this role may do what is the owner's: make and drop partitions, move events and erase them.
select pg_has_role(nspowner, 'usage')
from pg_namespace
where nspname = 'eventstore'
