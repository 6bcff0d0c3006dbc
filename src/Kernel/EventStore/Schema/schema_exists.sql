select to_regclass('eventstore.migrations') is not null
