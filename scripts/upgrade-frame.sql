\echo Use "ALTER EXTENSION headway UPDATE TO '@new@'" to load this file. \quit
-- From @old@ to @new@; made by scripts/upgrade-script of sql/upgrade/ and sql/.

DO $$
DECLARE
    library text := substring(@extschema@.headway_version() FROM '^headway ([^,]+)');
BEGIN
    IF library <> '@new@' THEN
        RAISE EXCEPTION 'headway''s library is of another version than its update' USING ERRCODE = '8W018',
            DETAIL = format('This session uses library %s, the update leads to @new@.', library),
            HINT = 'Install the library of @new@, then run ALTER EXTENSION headway UPDATE in a new session.';
    END IF;
    -- Who reads a view for long keeps it from being replaced, and everybody else waits behind the update.
    IF current_setting('lock_timeout') = '0' THEN
        PERFORM set_config('lock_timeout', '10s', true);
    END IF;
    -- The workers put back what they hold, still by the functions that they know.
    PERFORM headway._stop_workers();
    FOR look IN 1 .. 100 LOOP
        EXIT WHEN headway._count_workers() = 0;
        PERFORM pg_sleep(0.05);
    END LOOP;
END $$;

-- Also takes the lock that each transaction of a worker shares: from here on they wait for the commit,
-- and then see the new version.
COMMENT ON EXTENSION headway IS @comment@;

-- the update

-- A worker of the new library takes up what is due.
SELECT headway._wake();
