-- Messages: conversations with their transcripts; and the recordings behind them.

-- Computed for every message that is stored and for most that are read. In plpgsql, since the server parses and plans
-- a function in sql that calls another one again for every row.
CREATE FUNCTION headway._search_config(language text) RETURNS regconfig
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    code text := split_part(translate(lower(language), '_', '-'), '-', 1);  -- without the country: en-US, en_US
BEGIN
    RETURN CASE
        WHEN code IN ('english', 'en', 'eng') THEN 'pg_catalog.english'::regconfig
        WHEN code IN ('german', 'de', 'deu', 'ger') THEN 'pg_catalog.german'::regconfig
        WHEN code IN ('french', 'fr', 'fra', 'fre') THEN 'pg_catalog.french'::regconfig
        WHEN code IN ('spanish', 'es', 'spa') THEN 'pg_catalog.spanish'::regconfig
        WHEN code IN ('italian', 'it', 'ita') THEN 'pg_catalog.italian'::regconfig
        WHEN code IN ('portuguese', 'pt', 'por') THEN 'pg_catalog.portuguese'::regconfig
        WHEN code IN ('dutch', 'nl', 'nld', 'dut') THEN 'pg_catalog.dutch'::regconfig
        ELSE 'pg_catalog.simple'::regconfig
    END;
END $$;
COMMENT ON FUNCTION headway._search_config(text) IS
'Private. The text search configuration for a language as vendors spell it; simple for those it does not know.';

CREATE FUNCTION headway._search_language(language text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN headway._search_config(coalesce(language, 'english'))::text;
END $$;
COMMENT ON FUNCTION headway._search_language(text) IS
'Private. The name of the text search configuration by which a conversation is indexed; english when it does not say its language.';

-- No parser makes a lexeme with a control character in it, so no text and no query can name a mark.
CREATE FUNCTION headway._search_mark(w uuid, language text, at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s%s/%s/%s', chr(1), w, language,
                  CASE WHEN at IS NULL THEN 'ever' WHEN isfinite(at) THEN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM BC') ELSE 'never' END)
$$;
COMMENT ON FUNCTION headway._search_mark(uuid, text, timestamptz) IS
'Private. A lexeme that stands for a workspace, a text search configuration and a month (UTC), or all times: with it, a search sees neither other tenants'' messages nor those of other times.';

CREATE FUNCTION headway._search_vector(w uuid, sent_at timestamptz, language text, title text, content text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE  -- its exception block is a subtransaction
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    config text := headway._search_language(language);
    marks  tsvector := array_to_tsvector(ARRAY[headway._search_mark(w, config, sent_at), headway._search_mark(w, config, NULL)]);
    body   text := coalesce(content, '');
    size   int := 900 * 1024;
BEGIN
    LOOP
        IF octet_length(body) > size THEN
            body := left(body, (size::float8 * length(body) / octet_length(body))::int);
        END IF;
        BEGIN
            RETURN setweight(to_tsvector(config::regconfig, coalesce(title, '')), 'A') || to_tsvector(config::regconfig, body) || marks;
        EXCEPTION WHEN program_limit_exceeded THEN
            size := size / 2;  -- a tsvector holds at most 1 MB, and many rare words need more room than their text
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION headway._search_vector(uuid, timestamptz, text, text, text) IS
'Private. What is indexed of a message: the title and the first 900 kB of the transcript, less where its words need more room than a tsvector has; and the marks of its workspace, language and month.';

CREATE TABLE headway.messages (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    connector_id uuid,
    source       text NOT NULL,
    external_id  text NOT NULL CHECK (external_id <> '' AND length(external_id) <= 500),
    title        text,
    content      text,
    turns        jsonb,
    channel_name text,
    author_name  text,
    author_email text,
    language     text,
    metadata     jsonb NOT NULL DEFAULT '{}',
    sent_at      timestamptz NOT NULL,
    is_processed boolean NOT NULL DEFAULT false,
    processed_at timestamptz,
    ai_insights  jsonb,
    relevance    real,
    customer_id  uuid,
    customer_ref text,
    -- Computed when a message is stored or its text changes, and by no other update.
    search       tsvector GENERATED ALWAYS AS (headway._search_vector(workspace_id, sent_at, language, title, content)) STORED,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, source, external_id),
    FOREIGN KEY (workspace_id, connector_id) REFERENCES headway.connectors (workspace_id, id),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES headway.customers (workspace_id, id)
)
-- Room for what is found in a message beside it: else every reading would have the text indexed once more.
WITH (fillfactor = 40, toast_tuple_target = 512);
COMMENT ON TABLE headway.messages IS 'Conversations: calls, meetings, sessions, and transcripts that an app gave.';
COMMENT ON COLUMN headway.messages.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.messages.id IS 'Identifies the message within its workspace.';
COMMENT ON COLUMN headway.messages.created_at IS 'When it was stored.';
COMMENT ON COLUMN headway.messages.connector_id IS 'The connector that fetched it; NULL when an app gave it or the connector is gone.';
COMMENT ON COLUMN headway.messages.source IS 'The connector type, or what the app called its source.';
COMMENT ON COLUMN headway.messages.external_id IS 'Its id at the source; unique within workspace and source.';
COMMENT ON COLUMN headway.messages.title IS 'What the conversation is called.';
COMMENT ON COLUMN headway.messages.content IS 'The transcript as text, here and nowhere else; NULL when it was fetched without one.';
COMMENT ON COLUMN headway.messages.turns IS 'The transcript by speaker: [{speaker, start_s, end_s, text}], times in seconds from the start.';
COMMENT ON COLUMN headway.messages.channel_name IS 'Where the conversation took place.';
COMMENT ON COLUMN headway.messages.author_name IS 'Who stands for the other side: the first customer on the call.';
COMMENT ON COLUMN headway.messages.author_email IS 'The author''s e-mail address.';
COMMENT ON COLUMN headway.messages.language IS 'The conversation''s language, as the source spells it; where it says nothing, as the transcript''s words tell (ISO 639-1).';
COMMENT ON COLUMN headway.messages.metadata IS
'What else the source says; parties: [{name, email, phone, affiliation, speaker}]; medium: "events" when nobody speaks and the content is a session''s trail.';
COMMENT ON COLUMN headway.messages.sent_at IS 'When the conversation began.';
COMMENT ON COLUMN headway.messages.is_processed IS 'Whether it has been read and everything found in it has been matched.';
COMMENT ON COLUMN headway.messages.processed_at IS 'When that was.';
COMMENT ON COLUMN headway.messages.ai_insights IS
'What was found: {feature_requests, bug_reports, pain_points: [{title, description, urgency, theme, theme_confidence, quote, quote_status, quote_start_s, speaker}], sentiment: {overall, score}, summary, language, topics, intent, action_items, concerns, requests, feedback, preferences}.';
COMMENT ON COLUMN headway.messages.relevance IS 'How clearly it speaks about the workspace''s themes: the highest theme confidence among its items, 0 when there is none. Of one that was not read, as its words did not reach headway.min_relevance, what they came to.';

COMMENT ON COLUMN headway.messages.customer_id IS
'Whose conversation it was, where there is no recording behind it: found by a party''s e-mail address or company. With a recording, the recording tells it; headway.conversations has both.';
COMMENT ON COLUMN headway.messages.customer_ref IS 'The app''s own key of that customer.';
COMMENT ON COLUMN headway.messages.search IS
'The words of title (weight A) and transcript as full-text search compares them, in the message''s language; text beyond 900 kB is left out.';

CREATE FUNCTION headway._party_keys(author_email text, metadata jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(array_agg(DISTINCT k.key), '{}')
            FROM (SELECT lower(trim(author_email)) AS address
                  UNION ALL
                  SELECT lower(trim(p ->> 'email'))
                  FROM jsonb_array_elements(CASE jsonb_typeof(metadata -> 'parties') WHEN 'array' THEN metadata -> 'parties' ELSE '[]' END) p
                  WHERE p ->> 'affiliation' IS DISTINCT FROM 'internal') e
            CROSS JOIN LATERAL (VALUES (e.address), ('@' || headway._company_domain(e.address))) k (key)
            WHERE position('@' IN e.address) > 1 AND length(e.address) <= 320 AND k.key IS NOT NULL);  -- an index has no room for more
END $$;
COMMENT ON FUNCTION headway._party_keys(text, jsonb) IS
'Private. By what a conversation''s outside parties can be known: their e-mail addresses, and "@domain" for each of their companies.';

CREATE INDEX messages_parties ON headway.messages USING gin (headway._party_keys(author_email, metadata)) WHERE customer_id IS NULL;
COMMENT ON INDEX headway.messages_parties IS 'Conversations that wait for a customer with an e-mail address or of a company.';
CREATE INDEX messages_customer ON headway.messages (workspace_id, customer_id, sent_at) WHERE customer_id IS NOT NULL;
COMMENT ON INDEX headway.messages_customer IS 'A customer''s conversations that are no calls.';
CREATE INDEX messages_customer_ref ON headway.messages (workspace_id, customer_ref, sent_at) WHERE customer_ref IS NOT NULL AND customer_id IS NULL;
COMMENT ON INDEX headway.messages_customer_ref IS 'The same for customers in the app''s own table, by its key.';
CREATE INDEX messages_sent_at ON headway.messages (workspace_id, sent_at) WHERE sent_at IS NOT NULL;
COMMENT ON INDEX headway.messages_sent_at IS 'Messages of a time, newest first.';
CREATE INDEX messages_connector ON headway.messages (workspace_id, connector_id) WHERE connector_id IS NOT NULL;
COMMENT ON INDEX headway.messages_connector IS 'Messages of a connector; dropping a connector looks them up.';
CREATE INDEX messages_search ON headway.messages USING gin (search);
COMMENT ON INDEX headway.messages_search IS 'Full text of title and transcript.';
CREATE INDEX messages_language ON headway.messages (workspace_id, headway._search_language(language));
COMMENT ON INDEX headway.messages_language IS 'Which text search configurations a workspace needs.';

CREATE TABLE headway.recordings (
    workspace_id     uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at       timestamptz NOT NULL DEFAULT now(),
    connector_id     uuid,
    external_id      text NOT NULL CHECK (external_id <> '' AND length(external_id) <= 500),
    message_id       uuid,
    from_phone       text,
    to_phone         text,
    direction        text CHECK (direction IN ('inbound', 'outbound', 'internal')),
    call_started_at  timestamptz,
    duration_seconds int CHECK (duration_seconds >= 0),
    customer_ref     text,
    booking_ref      text,
    link_status      text NOT NULL DEFAULT 'pending'
                     CHECK (link_status IN ('pending', 'linked', 'customer_only', 'ambiguous', 'unmatched', 'pinned')),
    media            jsonb,
    metadata         jsonb NOT NULL DEFAULT '{}',
    from_e164        text,
    to_e164          text,
    their_e164       text GENERATED ALWAYS AS (CASE direction WHEN 'outbound' THEN to_e164 WHEN 'internal' THEN NULL ELSE from_e164 END) STORED,
    our_e164         text GENERATED ALWAYS AS (CASE direction WHEN 'outbound' THEN from_e164 WHEN 'internal' THEN NULL ELSE to_e164 END) STORED,
    their_is_valid   boolean GENERATED ALWAYS AS (headway._phone_is_valid(CASE direction WHEN 'outbound' THEN to_e164 WHEN 'internal' THEN NULL ELSE from_e164 END)) STORED,
    said             jsonb,
    customer_id      uuid,
    booking_id       uuid,
    link_score       real,
    link_reason      jsonb,
    linked_at        timestamptz,
    call_category    text CHECK (call_category IN ('consult_scheduled', 'consult_not_scheduled', 'other_question')),
    category_confidence real CHECK (category_confidence BETWEEN 0 AND 1),
    sought_at        timestamptz,
    -- No two recordings have the same key in most of the indexes: the only duplicates there are versions of one, which
    -- linking makes, and gathering those into one entry costs it more time than the room is worth.
    PRIMARY KEY (workspace_id, id) WITH (deduplicate_items = off),
    UNIQUE NULLS NOT DISTINCT (workspace_id, connector_id, external_id) WITH (deduplicate_items = off),
    FOREIGN KEY (workspace_id, message_id) REFERENCES headway.messages (workspace_id, id),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES headway.customers (workspace_id, id),
    FOREIGN KEY (workspace_id, booking_id) REFERENCES headway.bookings (workspace_id, id)
);
COMMENT ON TABLE headway.recordings IS 'Recorded calls: who called whom and when. What was said stands in messages.';
COMMENT ON COLUMN headway.recordings.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.recordings.id IS 'Identifies the recording within its workspace.';
COMMENT ON COLUMN headway.recordings.created_at IS 'When it was stored.';
COMMENT ON COLUMN headway.recordings.connector_id IS 'The connector that fetched it, which may be gone since; NULL for an app''s own call.';
COMMENT ON COLUMN headway.recordings.external_id IS 'Its id at the source; unique within workspace and connector.';
COMMENT ON COLUMN headway.recordings.message_id IS 'Its transcript.';
COMMENT ON COLUMN headway.recordings.from_phone IS 'The caller''s number as the source spells it.';
COMMENT ON COLUMN headway.recordings.to_phone IS 'The called number as the source spells it.';
COMMENT ON COLUMN headway.recordings.direction IS 'inbound, outbound or internal, seen from the company.';
COMMENT ON COLUMN headway.recordings.call_started_at IS 'When the call began.';
COMMENT ON COLUMN headway.recordings.duration_seconds IS 'How long it took.';
COMMENT ON COLUMN headway.recordings.customer_ref IS 'The app''s own key of the customer.';
COMMENT ON COLUMN headway.recordings.booking_ref IS 'The app''s own key of the booking.';
COMMENT ON COLUMN headway.recordings.link_status IS 'How far it is linked: pending, linked, customer_only, ambiguous, unmatched, pinned.';
COMMENT ON COLUMN headway.recordings.media IS 'Where the audio is: storage_path, a bucket and a key in the workspace''s storage; or uri, as the source tells it.';
COMMENT ON COLUMN headway.recordings.metadata IS 'What else the source says.';
COMMENT ON COLUMN headway.recordings.from_e164 IS 'The caller''s number as headway_e164() writes it.';
COMMENT ON COLUMN headway.recordings.to_e164 IS 'The called number as headway_e164() writes it.';
COMMENT ON COLUMN headway.recordings.their_e164 IS 'The other side''s number, which tells whose call it was: the caller''s of an inbound call, the called one of an outbound call, none of an internal one.';
COMMENT ON COLUMN headway.recordings.our_e164 IS 'The company''s own line.';
COMMENT ON COLUMN headway.recordings.their_is_valid IS 'Whether that number is one that is in use somewhere, as far as its digits tell.';
COMMENT ON COLUMN headway.recordings.said IS
'What the transcript says about when and for how many: {dates: ["2026-11-15"], times: ["19:00"], parts: ["dinner"], guests: [30]}, dates counted from the call''s in the workspace''s time zone; NULL when it says nothing of it.';
COMMENT ON COLUMN headway.recordings.customer_id IS 'Whose call it was; NULL when that is not known or the customer is in the app''s own table (customer_ref).';
COMMENT ON COLUMN headway.recordings.booking_id IS 'Which booking it was about; NULL when that is not known or the booking is in the app''s own table (booking_ref).';
COMMENT ON COLUMN headway.recordings.link_score IS 'The points that speak for the link.';
COMMENT ON COLUMN headway.recordings.link_reason IS
'Why it is linked as it is: {by, customers, candidates, runner_up, gap, decided_by, ...}; docs/explanation/linking.md tells what each means.';
COMMENT ON COLUMN headway.recordings.linked_at IS 'When the link was last changed.';
COMMENT ON COLUMN headway.recordings.call_category IS 'How the call ended: consult_scheduled, consult_not_scheduled or other_question.';
COMMENT ON COLUMN headway.recordings.category_confidence IS 'How sure that is, 0 to 1.';
COMMENT ON COLUMN headway.recordings.sought_at IS 'Until when a transcript of it was looked for in vain, from the second look on; NULL when it has one.';

-- Partial, so that a look-up by id that is planned while the table is empty never takes them.
CREATE INDEX recordings_message ON headway.recordings (workspace_id, message_id) WITH (deduplicate_items = off) WHERE message_id IS NOT NULL;
COMMENT ON INDEX headway.recordings_message IS 'The recording behind a message.';
CREATE INDEX recordings_started ON headway.recordings (workspace_id, call_started_at) WITH (deduplicate_items = off) WHERE call_started_at IS NOT NULL;
COMMENT ON INDEX headway.recordings_started IS 'Calls of a time, newest first.';
CREATE INDEX recordings_theirs ON headway.recordings (workspace_id, their_e164, call_started_at) WITH (deduplicate_items = off) WHERE their_e164 IS NOT NULL;
COMMENT ON INDEX headway.recordings_theirs IS 'The calls with a number.';
CREATE INDEX recordings_ours ON headway.recordings (workspace_id, our_e164, their_e164) WITH (deduplicate_items = off) WHERE our_e164 IS NOT NULL;
COMMENT ON INDEX headway.recordings_ours IS 'With whom a line of the company''s own has spoken: whether a number is one.';
CREATE INDEX recordings_waiting ON headway.recordings (workspace_id, their_e164) WHERE link_status IN ('pending', 'unmatched');
COMMENT ON INDEX headway.recordings_waiting IS 'The numbers of calls that wait for their customer.';
CREATE INDEX recordings_unlinked ON headway.recordings (workspace_id, call_started_at) WHERE link_status IN ('pending', 'ambiguous', 'unmatched');
COMMENT ON INDEX headway.recordings_unlinked IS 'Calls whose customer or booking is open, newest first.';
CREATE INDEX recordings_pinned ON headway.recordings (workspace_id, call_started_at) WHERE link_status = 'pinned';
COMMENT ON INDEX headway.recordings_pinned IS 'Calls that people have linked, newest first.';
CREATE INDEX recordings_customer ON headway.recordings (workspace_id, customer_id, call_started_at) WITH (deduplicate_items = off) WHERE customer_id IS NOT NULL;
COMMENT ON INDEX headway.recordings_customer IS 'A customer''s calls, newest first.';
CREATE INDEX recordings_customer_ref ON headway.recordings (workspace_id, customer_ref, call_started_at) WHERE customer_ref IS NOT NULL AND customer_id IS NULL;
COMMENT ON INDEX headway.recordings_customer_ref IS 'The same for customers in the app''s own table, by its key.';
CREATE INDEX recordings_booking ON headway.recordings (workspace_id, booking_id) WITH (deduplicate_items = off) WHERE booking_id IS NOT NULL;
COMMENT ON INDEX headway.recordings_booking IS 'The calls about a booking.';
CREATE INDEX recordings_booking_ref ON headway.recordings (workspace_id, booking_ref) WHERE booking_ref IS NOT NULL AND booking_id IS NULL;
COMMENT ON INDEX headway.recordings_booking_ref IS 'The same for bookings in the app''s own table, by its key.';

CREATE FUNCTION headway._turns(transcript text) RETURNS jsonb
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_turns';
COMMENT ON FUNCTION headway._turns(text) IS 'Private. A plain-text transcript by speaker, from lines such as "Name: words".';

CREATE FUNCTION headway._language(transcript text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'headway_language';
COMMENT ON FUNCTION headway._language(text) IS 'Private. The language of a text by its words, as ISO 639-1; NULL when it does not tell.';

CREATE FUNCTION headway._transcript_problem(transcript text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, headway, pg_temp
AS $$
DECLARE
    most bigint := headway._guc('headway.max_transcript_bytes')::bigint * 1024;  -- the setting counts kB
BEGIN
    IF octet_length(transcript) > most THEN
        RETURN format('the transcript has %s bytes, more than headway.max_transcript_bytes (%s)', octet_length(transcript), most);
    ELSIF transcript IS NULL OR transcript !~ '[^[:space:]]' THEN
        RETURN 'the transcript is empty';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION headway._transcript_problem(text) IS 'Private. Why a transcript cannot be taken, NULL when it can.';
