-- Until the end of the transaction statements are planned for the values at hand, however often they were used.
select set_config('plan_cache_mode', 'force_custom_plan', true)
