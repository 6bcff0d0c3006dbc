-- Documents, inserted or replaced; {columns} and {values} are what the type duplicates for searching, taken from the document itself.
-- $1 tenants, $2 ids, $3 documents, $4 the name of the .NET type
insert into {table} as d (tenant_id, id, data, mt_dotnet_type, mt_last_modified, mt_version{columns})
select tenant_id, id, data, $4, transaction_timestamp(), gen_random_uuid(){values}
from unnest($1, $2, $3) as v (tenant_id, id, data)
on conflict (tenant_id, id) do update
set
  data = excluded.data,
  mt_dotnet_type = excluded.mt_dotnet_type,
  mt_last_modified = excluded.mt_last_modified,
  mt_version = excluded.mt_version{assignments}
