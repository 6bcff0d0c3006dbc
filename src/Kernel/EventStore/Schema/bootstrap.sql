-- What the migrator needs before the first migration.
create schema if not exists eventstore;
create table if not exists eventstore.migrations (
  number int constraint migrations_pkey primary key,
  name text not null,
  applied_at timestamptz not null
);
