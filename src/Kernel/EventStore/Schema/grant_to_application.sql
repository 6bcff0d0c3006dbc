-- $1 role, $2 schemas of documents and messages
select eventstore.grant_to_application($1, $2)
