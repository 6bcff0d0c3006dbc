-- Makes the two roles of Monolith, and gives the owner the database that this is run in. Run it as a superuser, once a database:
--
--   createdb monolith
--   psql -d monolith -f ops/postgres/roles.sql
--   psql -d monolith -c '\password monolith_owner' -c '\password monolith_app'
--
-- monolith_owner owns the schemas. The command migrate connects as it, and so does maintenance that changes tables or erases events.
-- monolith_app is what the hosts connect as. It owns nothing; what it may do is granted by migrate, with EventStore:ApplicationRole=monolith_app.
-- Running this again changes nothing. Passwords are not in this file.
begin;

do $$
begin
  if not exists (select from pg_roles where rolname = 'monolith_owner') then
    create role monolith_owner login;
  end if;
  if not exists (select from pg_roles where rolname = 'monolith_app') then
    create role monolith_app login;
  end if;

  execute format('alter database %I owner to monolith_owner', current_database());

  -- Everybody may connect to a new database, make temporary tables in it and, before PostgreSQL 15, tables in the schema public: here only these two.
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to monolith_app', current_database());
end
$$;

alter role monolith_owner nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
alter role monolith_app nosuperuser nocreatedb nocreaterole noreplication nobypassrls;

revoke create on schema public from public;
grant create on schema public to monolith_owner;

commit;
