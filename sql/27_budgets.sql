-- Budgets: what a workspace may spend on models in a day or a month. Before an exchange as much is reserved
-- as it can cost at most, afterwards what it did cost is spent: however many workers ask at once, no limit is passed.

CREATE TABLE headway.budgets (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    period       text NOT NULL CHECK (period IN ('day', 'month')),
    limit_usd    numeric NOT NULL CHECK (limit_usd >= 0 AND limit_usd < 'Infinity'),
    reserved_usd numeric NOT NULL DEFAULT 0,
    spent_usd    numeric NOT NULL DEFAULT 0,
    period_start timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, period)
);
COMMENT ON TABLE headway.budgets IS 'What workspaces may spend on models. Set by headway_set_budget(); work that no money is left for waits in the queue.';
COMMENT ON COLUMN headway.budgets.workspace_id IS 'The workspace that pays.';
COMMENT ON COLUMN headway.budgets.id IS 'Identifies the budget.';
COMMENT ON COLUMN headway.budgets.created_at IS 'When it was set first.';
COMMENT ON COLUMN headway.budgets.period IS 'day or month, in the workspace''s time zone.';
COMMENT ON COLUMN headway.budgets.limit_usd IS 'What may be spent in a period, in US dollars.';
COMMENT ON COLUMN headway.budgets.reserved_usd IS 'What the calls under way may cost at most.';
COMMENT ON COLUMN headway.budgets.spent_usd IS 'What was spent since period_start. A call whose worker died, or whose cost the vendor did not say, counts with what it may have cost at most.';
COMMENT ON COLUMN headway.budgets.period_start IS 'When the period began that the numbers are of; they begin anew with the first call of the next one.';

CREATE TABLE headway._reservations (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    expires_at   timestamptz NOT NULL,
    usd          numeric NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON TABLE headway._reservations IS 'Private. What budgets hold back for calls under way: budgets.reserved_usd is the sum.';
COMMENT ON COLUMN headway._reservations.workspace_id IS 'The workspace that pays.';
COMMENT ON COLUMN headway._reservations.id IS 'The call''s record names it.';
COMMENT ON COLUMN headway._reservations.expires_at IS 'Nobody records the call any more: its worker is gone. What it may have cost is then taken for spent.';
COMMENT ON COLUMN headway._reservations.usd IS 'What the call may cost at most.';

CREATE FUNCTION headway._spent_since(w uuid, began timestamptz) RETURNS numeric
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(sum(coalesce(c.cost_usd, c.assumed_usd)), 0) FROM headway.llm_calls c WHERE c.workspace_id = w AND c.started_at >= began);
END $$;
COMMENT ON FUNCTION headway._spent_since(uuid, timestamptz) IS 'Private. What a workspace''s calls since a moment have cost; where that is not known, what they may have cost.';

CREATE FUNCTION headway._hold_budgets(w uuid) RETURNS SETOF headway.budgets
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz;
    zone   text;
    lost   numeric;
    began  timestamptz;
    spent  numeric;
    b      headway.budgets;
BEGIN
    PERFORM 1 FROM headway.budgets s WHERE s.workspace_id = w ORDER BY s.period FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    moment := clock_timestamp();  -- whoever held the lock may have begun a new period
    zone := headway._time_zone(w);
    WITH expired AS (DELETE FROM headway._reservations r WHERE r.workspace_id = w AND r.expires_at < moment RETURNING r.usd)
    SELECT coalesce(sum(e.usd), 0) INTO lost FROM expired e;
    FOR b IN SELECT * FROM headway.budgets s WHERE s.workspace_id = w ORDER BY s.period LOOP
        began := date_trunc(b.period, moment AT TIME ZONE zone) AT TIME ZONE zone;
        IF lost <> 0 OR began <> b.period_start THEN
            -- A beginning that is none in this time zone was one in another: the period goes on, with new bounds.
            spent := CASE WHEN began = b.period_start THEN b.spent_usd
                          WHEN date_trunc(b.period, b.period_start AT TIME ZONE zone) <> b.period_start AT TIME ZONE zone THEN headway._spent_since(w, began)
                          ELSE 0 END;
            UPDATE headway.budgets s SET period_start = began, reserved_usd = s.reserved_usd - lost, spent_usd = lost + spent
            WHERE s.workspace_id = w AND s.id = b.id RETURNING s.* INTO b;
        END IF;
        RETURN NEXT b;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._hold_budgets(uuid) IS
'Private. Locks a workspace''s budgets and gives them as they are now: in the current period, without reservations that nobody will settle.';

CREATE FUNCTION headway._budget_refusal(b headway.budgets, usd numeric, zone text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    again timestamptz := (b.period_start AT TIME ZONE zone + ('1 ' || b.period)::interval) AT TIME ZONE zone;
    state text := format('$%s of $%s are spent, and one call may cost $%s.', round(b.spent_usd, 4), trim_scale(b.limit_usd), round(usd, 4));
BEGIN
    IF usd > b.limit_usd THEN
        RETURN jsonb_build_object('message', format('one call may cost more than the %s''s budget', b.period), 'detail', state,
            'hint', 'Raise the limit with headway_set_budget(), or set a lower max_output_tokens with headway_set_provider().', 'retry_after', 300);
    END IF;
    IF b.spent_usd + usd <= b.limit_usd THEN  -- once the calls under way have cost less than they might
        RETURN jsonb_build_object('message', format('the rest of the %s''s budget is reserved', b.period), 'detail', state,
                                  'hint', 'It goes on when a call ends.', 'retry_after', 1);
    END IF;
    RETURN jsonb_build_object('message', format('the %s''s budget is used up', b.period), 'detail', state,
        'hint', format('It goes on at %s, or when headway_set_budget() allows more.', date_trunc('second', again)),
        'retry_after', ceil(extract(epoch FROM again - clock_timestamp())));
END $$;
COMMENT ON FUNCTION headway._budget_refusal(headway.budgets, numeric, text) IS 'Private. Why a budget has no room for a call, and when it may have: {message, detail, hint, retry_after}.';

CREATE FUNCTION headway._reserve(w uuid, usd numeric, longest interval) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    expires     timestamptz := clock_timestamp() + longest;
    narrow      headway.budgets;
    reservation uuid;
BEGIN
    IF usd = 0 THEN
        RETURN '{}'::jsonb;
    END IF;
    -- One that is too small goes before one that is used up, that before one that is reserved, the month before the day:
    -- it tells for how long to wait.
    SELECT b.* INTO narrow FROM headway.budgets b WHERE b.workspace_id = w AND b.spent_usd + b.reserved_usd + usd > b.limit_usd
    ORDER BY usd <= b.limit_usd, b.spent_usd + usd <= b.limit_usd, b.period DESC LIMIT 1;
    IF narrow.id IS NOT NULL THEN
        RETURN jsonb_build_object('refusal', headway._budget_refusal(narrow, usd, headway._time_zone(w)));
    END IF;
    INSERT INTO headway._reservations AS r (workspace_id, expires_at, usd) VALUES (w, expires, _reserve.usd) RETURNING r.id INTO reservation;
    UPDATE headway.budgets b SET reserved_usd = b.reserved_usd + _reserve.usd WHERE b.workspace_id = w;
    RETURN jsonb_build_object('reservation', reservation);
END $$;
COMMENT ON FUNCTION headway._reserve(uuid, numeric, interval) IS
'Private. Takes out of budgets that are locked what a call may cost at most, {reservation}, or says why not, {refusal}.';

CREATE FUNCTION headway_set_budget(period text, limit_usd numeric, workspace text DEFAULT NULL) RETURNS void
    LANGUAGE c
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_as_worker';
COMMENT ON FUNCTION headway_set_budget(text, numeric, text) IS
'Sets what a workspace may spend on models in a day or a month; both may be set. What it has spent in the current period counts. Before each call as much is reserved as it may cost at most, so the limit is never passed; calls that no money is left for wait in the queue (their tasks'' error says so) until the next period or a higher limit, with which they go on at once.
Arguments: period, day or month, in the workspace''s time zone; limit_usd, US dollars, less than 10^12, NULL for no limit; workspace, id or name.
Errors: 8W001 for the workspace, 8W030 for the period or the limit.
Example: SELECT headway_set_budget(''month'', 50);';

CREATE FUNCTION headway._resume_waiting(w uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    UPDATE headway.tasks t SET run_at = moment WHERE t.workspace_id = w AND t.state = 'queued' AND t.run_at > moment AND t.error ->> 'kind' = 'over_budget';
    PERFORM headway._wake();
END $$;
COMMENT ON FUNCTION headway._resume_waiting(uuid) IS 'Private. What waits for a budget is tried again now.';

CREATE FUNCTION headway._set_budget(caller name, period text, limit_usd numeric, workspace text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    w     uuid := headway._workspace(caller, workspace);
    zone  text := headway._time_zone(w);
    began timestamptz;
BEGIN
    IF coalesce(period, '') NOT IN ('day', 'month') OR limit_usd < 0 OR limit_usd >= 1e12 THEN
        RAISE EXCEPTION 'this is no budget' USING ERRCODE = '8W030', DETAIL = format('The period is %L, the limit %s.', period, left(limit_usd::text, 30)),
            HINT = 'The period is day or month, the limit a number of US dollars from 0 to less than 10^12; NULL ends the budget.';
    END IF;
    began := date_trunc(period, clock_timestamp() AT TIME ZONE zone) AT TIME ZONE zone;
    PERFORM headway._hold_budgets(w);
    IF limit_usd IS NULL THEN
        DELETE FROM headway.budgets b WHERE b.workspace_id = w AND b.period = _set_budget.period;
    ELSE
        INSERT INTO headway.budgets AS b (workspace_id, period, limit_usd, reserved_usd, spent_usd, period_start)
        VALUES (w, _set_budget.period, _set_budget.limit_usd,
                (SELECT coalesce(sum(r.usd), 0) FROM headway._reservations r WHERE r.workspace_id = w),
                headway._spent_since(w, began), began)
        ON CONFLICT ON CONSTRAINT budgets_workspace_id_period_key DO UPDATE SET limit_usd = excluded.limit_usd;
    END IF;
    PERFORM headway._resume_waiting(w);
END $$;
COMMENT ON FUNCTION headway._set_budget(name, text, numeric, text) IS 'Private. Twin of headway_set_budget().';
