-- Inline projections: appends write their live views, in their own transaction.

alter table eventstore.projection_checkpoints add column inline boolean not null default false;

comment on column eventstore.projection_checkpoints.inline is
  'appends write the live views, of exactly this version; then nobody owns the row, and its position follows the feed';
