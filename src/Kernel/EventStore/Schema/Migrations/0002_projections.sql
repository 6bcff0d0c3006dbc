-- Projections: how far each has come, which host runs it, and what it could not take.

-- The hosts that run projections.
create table eventstore.projection_hosts (
  host text collate "C" constraint projection_hosts_pkey primary key,
  session_key int,
  projections text[] not null,
  started_at timestamptz not null,
  expires_at timestamptz not null
);

comment on column eventstore.projection_hosts.session_key is
  'advisory lock (7741002, session_key) that the host''s session holds; null where sessions are pooled and only the time counts';
comment on column eventstore.projection_hosts.projections is 'what the host can run, as name/version';

-- The hosts that are alive: their time has not run out, and their sessions still hold their locks. A process that is killed loses its session
-- at once; a process or network that hangs loses its time. The server's clock is the one clock of all hosts.
create view eventstore.projection_hosts_alive as
select h.host, h.projections, h.started_at, h.expires_at
from eventstore.projection_hosts h
where h.expires_at > clock_timestamp()
  and (
    h.session_key is null
    or exists (
      select from pg_locks l
      where l.locktype = 'advisory'
        and l.database = (select oid from pg_database where datname = current_database())
        and l.classid = 7741002
        and l.objid = h.session_key::oid
        and l.objsubid = 2
        and l.granted
    )
  );

-- One row a projection and shard: everything up to position is in the read model. The slot "shadow" is a rebuild beside the live rows.
create table eventstore.projection_checkpoints (
  projection text collate "C" not null,
  slot text collate "C" not null default 'live' constraint projection_checkpoints_slot_check check (slot in ('live', 'shadow')),
  shard text not null constraint projection_checkpoints_shard_fkey references eventstore.shards (shard) on delete cascade,
  version int not null constraint projection_checkpoints_version_check check (version >= 1),
  position bigint not null constraint projection_checkpoints_position_check check (position >= 0),
  start_position bigint not null,
  rebuilding_to bigint,
  owner text collate "C",
  fence bigint not null default 0,
  updated_at timestamptz not null,
  constraint projection_checkpoints_pkey primary key (projection, slot, shard)
) with (fillfactor = 50);

comment on column eventstore.projection_checkpoints.start_position is 'where the projection began, and a rebuild begins again';
comment on column eventstore.projection_checkpoints.rebuilding_to is 'a rebuild is running until this position is passed';
comment on column eventstore.projection_checkpoints.fence is 'rises with every change of ownership; a checkpoint is written only under the current one';

-- Compare and set: the first statement of the transaction that stores a batch. It fails, and the batch with it, when the writer is not the
-- owner any more or the projection has moved without it.
create function eventstore.move_checkpoint(
  p_projection text, p_slot text, p_shard text, p_fence bigint, p_from bigint, p_to bigint, p_now timestamptz
) returns void language plpgsql as $$
begin
  update eventstore.projection_checkpoints
  set
    position = p_to,
    rebuilding_to = case when rebuilding_to > p_to then rebuilding_to end,
    updated_at = p_now
  where projection = p_projection
    and slot = p_slot
    and shard = p_shard
    and fence = p_fence
    and position = p_from;
  if not found then
    raise exception 'the checkpoint of % (%) on % is not at % under fence % any more', p_projection, p_slot, p_shard, p_from, p_fence
      using errcode = 'ES002';
  end if;
end
$$;

-- Events that a projection could not take, each with the later ones of its aggregate, which wait behind it: the rows with an error are what
-- went wrong, the others only wait their turn.
create table eventstore.projection_parked (
  projection text collate "C" not null,
  shard text not null constraint projection_parked_shard_fkey references eventstore.shards (shard) on delete cascade,
  position bigint not null,
  tenant_id text collate "C" not null,
  aggregate_type text collate "C" not null,
  aggregate_id uuid not null,
  version bigint not null,
  event_id uuid not null,
  event_type text not null,
  attempts int not null,
  error text,
  parked_at timestamptz not null,
  retry_at timestamptz,
  skip_reason text,
  skip_by text,
  constraint projection_parked_pkey primary key (projection, shard, position)
);

create index projection_parked_stream_idx
  on eventstore.projection_parked (projection, shard, tenant_id, aggregate_type, aggregate_id, position);

create index projection_parked_retry_idx on eventstore.projection_parked (retry_at) where retry_at is not null;

comment on column eventstore.projection_parked.retry_at is 'an operator asked to try the aggregate again';
comment on column eventstore.projection_parked.skip_reason is 'an operator asked to leave this event out; the owner of the shard then moves it to projection_skipped';

-- What an operator decided to leave out of a read model, and why.
create table eventstore.projection_skipped (
  projection text collate "C" not null,
  shard text not null constraint projection_skipped_shard_fkey references eventstore.shards (shard) on delete cascade,
  position bigint not null,
  tenant_id text collate "C" not null,
  aggregate_type text collate "C" not null,
  aggregate_id uuid not null,
  version bigint not null,
  event_id uuid not null,
  event_type text not null,
  error text,
  reason text not null,
  skipped_by text not null,
  skipped_at timestamptz not null,
  constraint projection_skipped_pkey primary key (projection, shard, position, skipped_at)
);
