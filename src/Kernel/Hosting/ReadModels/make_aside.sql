-- {live} is the table whose documents are replayed; the temporary table has its name.
create temporary table {name} (like {live} including defaults including generated including indexes)
