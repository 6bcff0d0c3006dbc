-- What a pool does for a connection that it resets, but the prepared statements stay.
do $$
begin
  unlisten *;
  perform pg_advisory_unlock_all();
  discard temp;
  reset all;
end
$$
