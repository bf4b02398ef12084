-- Access tokens: one worker mints, all use.

CREATE FUNCTION headway._borrow_token(w uuid, connector uuid, worker bigint, lease_seconds int) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    t      headway._tokens;
    k      headway._credentials;
    moment timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO t FROM headway._tokens s WHERE s.workspace_id = w AND s.connector_id = connector;
    IF t.fresh_until > moment THEN
        RETURN jsonb_build_object('token', headway._sealed_token(t));
    END IF;
    INSERT INTO headway._tokens (workspace_id, connector_id) VALUES (w, connector) ON CONFLICT DO NOTHING;
    SELECT * INTO t FROM headway._tokens s WHERE s.workspace_id = w AND s.connector_id = connector FOR NO KEY UPDATE;
    moment := clock_timestamp();
    IF t.fresh_until > moment THEN
        RETURN jsonb_build_object('token', headway._sealed_token(t));
    ELSIF t.problem_until > moment THEN
        RETURN jsonb_build_object('problem', t.problem);
    -- The lock of a worker that has died is free; its own a worker could always take.
    ELSIF t.minting_until > moment AND (t.minter = worker OR NOT pg_try_advisory_xact_lock(t.minter)) THEN
        RETURN '{"wait": true}'::jsonb;
    END IF;
    UPDATE headway._tokens s SET lease = s.lease + 1, minter = worker, minting_until = moment + make_interval(secs => lease_seconds),
        problem = NULL, problem_until = NULL
    WHERE s.workspace_id = w AND s.connector_id = connector RETURNING * INTO t;
    SELECT * INTO k FROM headway._credentials s WHERE s.workspace_id = w AND s.connector_id = connector;
    RETURN jsonb_build_object('lease', t.lease, 'credentials', headway._sealed(k));
END $$;
COMMENT ON FUNCTION headway._borrow_token(uuid, uuid, bigint, int) IS
'Private. A connector''s access token, sealed: {token}; or {lease, credentials}: the worker is to mint one; or {wait}: another worker does; or {problem}: one has just failed to.';

CREATE FUNCTION headway._sealed_token(t headway._tokens) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    SELECT jsonb_build_object('id', t.id, 'key_id', t.key_id, 'origin', t.origin, 'sealed', translate(encode(t.sealed, 'base64'), E'\n', ''))
$$;
COMMENT ON FUNCTION headway._sealed_token(headway._tokens) IS 'Private. An access token as workers are given it: sealed, with what opens it.';

CREATE FUNCTION headway._keep_token(w uuid, connector uuid, minted jsonb) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    changed jsonb := nullif(minted -> 'credentials', 'null');
    current uuid := (SELECT k.id FROM headway._credentials k WHERE k.workspace_id = w AND k.connector_id = connector FOR UPDATE);
    is_ours boolean := coalesce(current = (minted ->> 'minted_with')::uuid, false);
BEGIN
    IF is_ours AND changed IS NOT NULL THEN
        UPDATE headway._credentials k SET id = (changed ->> 'id')::uuid, key_id = changed ->> 'key_id', sealed = decode(changed ->> 'sealed', 'base64')
        WHERE k.workspace_id = w AND k.id = current;
    END IF;
    UPDATE headway._tokens t SET minting_until = NULL, minter = NULL
    WHERE t.workspace_id = w AND t.connector_id = connector AND t.lease = (minted ->> 'lease')::bigint;
    UPDATE headway._tokens t SET id = (minted #>> '{token,id}')::uuid, origin = minted #>> '{token,origin}', key_id = minted #>> '{token,key_id}',
        sealed = decode(minted #>> '{token,sealed}', 'base64'), problem = NULL, problem_until = NULL,
        fresh_until = clock_timestamp() + make_interval(secs => (minted ->> 'fresh_seconds')::int)
    WHERE is_ours AND t.workspace_id = w AND t.connector_id = connector;
    RETURN is_ours;
END $$;
COMMENT ON FUNCTION headway._keep_token(uuid, uuid, jsonb) IS
'Private. Keeps a minted token, and the credentials that the vendor has changed with it, and ends the lease. False, and nothing is kept, when it was minted with credentials that have been replaced since.';

CREATE FUNCTION headway._fail_token(w uuid, connector uuid, held bigint, failure jsonb) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    UPDATE headway._tokens t SET minting_until = NULL, minter = NULL, problem = failure, problem_until = clock_timestamp() + interval '5 seconds'
    WHERE t.workspace_id = w AND t.connector_id = connector AND t.lease = held
$$;
COMMENT ON FUNCTION headway._fail_token(uuid, uuid, bigint, jsonb) IS
'Private. Ends a lease without a token. Those who wait fail for the same reason, so that not each of them asks with credentials that are not taken.';

CREATE FUNCTION headway._drop_token(w uuid, connector uuid, refused uuid DEFAULT NULL) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    UPDATE headway._tokens t SET id = NULL, origin = NULL, key_id = NULL, sealed = NULL, fresh_until = NULL
    WHERE t.workspace_id = w AND t.connector_id = connector AND t.id = coalesce(refused, t.id)
$$;
COMMENT ON FUNCTION headway._drop_token(uuid, uuid, uuid) IS
'Private. Forgets a connector''s access token, or only one that the vendor has refused: one that was minted since stays.';

CREATE FUNCTION headway._forget_token(w uuid, connector uuid) RETURNS void
    LANGUAGE sql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
    UPDATE headway._tokens t SET id = NULL, origin = NULL, key_id = NULL, sealed = NULL, fresh_until = NULL,
        lease = t.lease + 1, minter = NULL, minting_until = NULL, problem = NULL, problem_until = NULL
    WHERE t.workspace_id = w AND t.connector_id = connector
$$;
COMMENT ON FUNCTION headway._forget_token(uuid, uuid) IS
'Private. All that followed from credentials that are replaced: the token, the lease of whoever mints with them, and that they were refused.';
