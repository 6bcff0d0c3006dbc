select eventstore.ensure_partitions()
