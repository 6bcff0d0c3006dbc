-- $1 ids
delete from wolverine.{table}
where id = any ($1)
