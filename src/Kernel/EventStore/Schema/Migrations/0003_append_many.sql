-- Appends to several streams at once.

-- Ends the transaction of an append whose streams are not all where the writer expects them.
create function eventstore.require_streams(p_fit boolean) returns boolean language plpgsql as $$
begin
  if p_fit is not true then
    raise exception 'not every stream is where its writer expects it, or the tenant may not write here'
      using errcode = 'ES003';
  end if;
  return true;
end
$$;
