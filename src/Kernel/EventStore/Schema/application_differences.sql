-- Where a role's privileges are not what the application needs: how many, and the first, by the names of what they are on.
-- $1 role, $2 schemas of documents and messages
select count(*), min(format('%s %s on %s', case when is_wanted then 'lacks' else 'has' end, rights, target))
from eventstore.application_differences($1, $2)
