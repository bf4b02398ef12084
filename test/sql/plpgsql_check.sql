\set ECHO none
\i test/setup.psql
-- Every PL/pgSQL function is checked as a whole, the branches that no test takes included.
CREATE EXTENSION plpgsql_check;
SELECT plan(1);
SELECT is_empty($$
    SELECT p.oid::regprocedure, c.lineno, c.level, c.message FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'headway'
    CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid, other_warnings => true, extra_warnings => true, security_warnings => true) c
    WHERE p.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'plpgsql')
      AND c.message NOT LIKE 'unused parameter "caller"'  -- a twin gets it whether it needs it or not
      AND NOT (p.proname = '_search_vector' AND c.sqlstate = '2F005')  -- its loop ends by RETURN only
$$, 'No function has an error or a warning.');
SELECT * FROM finish();
ROLLBACK;
