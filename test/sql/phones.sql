\set ECHO none
\i test/setup.psql
-- Phone numbers as a column's expression, in an index and in a parallel query; test/core has the cases,
-- and test/phones compares thousands with another implementation.
SELECT plan(42);

SELECT is(headway_e164(phone, region), e164, format('%s in %s is %s.', phone, region, coalesce(e164, 'no number')))
FROM (VALUES ('(415) 555-0100', 'US', '+14155550100'), ('011 49 30 123456', 'US', '+4930123456'), ('+15550123', 'US', '+15550123'), ('tel:+1-415-555-0100;ext=7', 'US', '+14155550100'),
             ('1-800-FLOWERS', 'US', '+18003569377'), ('030/123456', 'DE', '+4930123456'), ('+49 (0)30 123456', 'DE', '+4930123456'), ('+39 02 1234567', 'IT', '+39021234567'),
             ('+52 1 55 1234 5678', 'MX', '+525512345678'), ('(11) 91234-5678', 'BR', '+5511912345678'), (U&'\202A+1\00A0415 555\20110100\202C', 'US', '+14155550100'),
             ('٤١٥٥٥٥٠١٠٠', 'US', '+14155550100'), ('４１５５５５０１００', 'US', '+14155550100'), ('sip:+14155550100@voice.example', 'US', '+14155550100'),
             ('911', 'US', NULL), ('+1911', 'US', NULL), ('112', 'DE', NULL), ('116117', 'DE', NULL), ('anonymous', 'US', NULL), ('+266696687', 'US', NULL), ('+86282452253', 'US', NULL),
             ('000-000-0000', 'US', NULL), ('sip:1001@pbx.example', 'DE', NULL), ('415-555-0100 / 415-555-0101', 'US', NULL), ('030 123456/57', 'DE', NULL),
             ('253-2222 Bob', 'US', NULL), ('860-419-3335 cell', 'US', '+18604193335'), ('0013022685869', 'US', '+13022685869'), ('', 'US', NULL), (repeat('1', 251), 'US', NULL)) c (phone, region, e164);

SELECT is(headway_e164('(415) 555-0100'), '+14155550100', 'The region is US unless it is said.');
SELECT is(headway_e164(NULL), NULL, 'NULL is no number.');
SELECT results_eq($$ SELECT headway_e164('+49 30 123456', r), headway_e164('030 123456', r) FROM unnest(ARRAY[NULL, 'XX', '']) r $$,
    $$ SELECT '+4930123456', NULL::text FROM generate_series(1, 3) $$, 'Without a region that is known, only a country code tells.');
SELECT results_eq($$ SELECT headway_phone_extension(p) FROM unnest(ARRAY['415-555-0100 ext. 7', '415-555-0100', '911 x7', NULL]) p $$,
    $$ VALUES ('7'), (NULL), (NULL), (NULL) $$, 'An extension is told where there is one, and a number.');
SELECT results_eq($$ SELECT headway._phone_is_valid(p) FROM unnest(ARRAY['+14155550100', '+15550123', '', NULL]) p $$,
    $$ VALUES (true), (false), (false), (NULL) $$, 'Possible and in use are two things.');

-- An app's own table.
CREATE SCHEMA app;
CREATE ROLE headway_test_app;
CREATE TABLE app.customers (phone text, region text DEFAULT 'US', e164 text GENERATED ALWAYS AS (headway_e164(phone, region)) STORED);
GRANT USAGE ON SCHEMA app TO headway_test_app;
GRANT INSERT, SELECT ON app.customers TO headway_test_app;
SET ROLE headway_test_app;
SELECT throws_ok($$ INSERT INTO app.customers VALUES ('415-555-0100') $$, '42501', 'permission denied for function headway_e164', 'Who writes to a table with a number as a column needs the right to read numbers.');
RESET ROLE;
GRANT EXECUTE ON FUNCTION headway_e164(text, text) TO headway_test_app;
SET ROLE headway_test_app;
SELECT lives_ok($$ INSERT INTO app.customers VALUES ('415-555-0100', 'US'), ('030 123456', 'DE'), (NULL, NULL) $$, 'One GRANT is enough.');
RESET ROLE;
SELECT results_eq('SELECT e164 FROM app.customers ORDER BY 1', $$ VALUES ('+14155550100'), ('+4930123456'), (NULL) $$, 'A generated column holds the numbers.');

INSERT INTO app.customers (phone) SELECT '+1 415 55' || lpad(i::text, 5, '0') FROM generate_series(1, 2000) i;
CREATE INDEX ON app.customers (headway_e164(phone));
ANALYZE app.customers;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        plan := plan || line || E'\n';
    END LOOP;
    RETURN plan;
END $$;
SELECT matches(plan_of($$ SELECT FROM app.customers WHERE headway_e164(phone) = headway_e164('(415) 550-0777') $$), 'Index Cond: \(headway_e164\(phone[^)]*\) = ''\+14155500777''',
    'An index answers, and the number that is looked for is read once.');
SELECT is((SELECT phone FROM app.customers WHERE headway_e164(phone) = headway_e164('(415) 550-0777')), '+1 415 5500777', 'With the right row.');

SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches(plan_of('SELECT count(headway_e164(phone)) FROM app.customers'), 'Parallel Seq Scan', 'Workers of a parallel query may read numbers.');
SELECT is((SELECT count(headway_e164(phone, region)) FROM app.customers), 2002::bigint, 'And they do.');

SELECT * FROM finish();
ROLLBACK;
