-- How many messages lie in the database, counted up to a bound. $1 the most that are counted of each
select
  (select count(*) from (select from wolverine.wolverine_dead_letters limit $1) d) as dead,
  (select count(*) from (select from wolverine.wolverine_incoming_envelopes where status = 'Incoming' limit $1) i) as waiting,
  (select count(*) from (select from wolverine.wolverine_incoming_envelopes where status = 'Scheduled' limit $1) s) as scheduled
