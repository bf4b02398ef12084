-- Customers, the numbers they call from, and their bookings: what recordings are linked to.

CREATE FUNCTION headway._company_domain(email text, domain text DEFAULT NULL) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN d.name = ANY (ARRAY['gmail.com', 'googlemail.com', 'outlook.com', 'hotmail.com', 'hotmail.co.uk', 'hotmail.fr', 'live.com',
                    'msn.com', 'yahoo.com', 'yahoo.co.uk', 'yahoo.co.in', 'yahoo.fr', 'yahoo.de', 'ymail.com', 'rocketmail.com', 'icloud.com', 'me.com',
                    'mac.com', 'aol.com', 'gmx.com', 'gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch', 'web.de', 't-online.de', 'freenet.de', 'mail.com',
                    'email.com', 'proton.me', 'protonmail.com', 'pm.me', 'zoho.com', 'yandex.com', 'yandex.ru', 'mail.ru', 'qq.com', '163.com',
                    '126.com', 'sina.com', 'naver.com', 'daum.net', 'hanmail.net', 'orange.fr', 'wanadoo.fr', 'free.fr', 'laposte.net', 'sfr.fr',
                    'libero.it', 'virgilio.it', 'tiscali.it', 'bluewin.ch', 'btinternet.com', 'sky.com', 'comcast.net', 'verizon.net', 'att.net',
                    'sbcglobal.net', 'cox.net', 'charter.net', 'earthlink.net', 'shaw.ca', 'rogers.com', 'bigpond.com', 'uol.com.br', 'bol.com.br',
                    'terra.com.br', 'rediffmail.com', 'fastmail.com', 'hey.com', 'tutanota.com', 'duck.com']) OR position('.' IN d.name) = 0 THEN NULL
                ELSE d.name END
    FROM (SELECT lower(coalesce(nullif(ltrim(trim(domain), '@'), ''), nullif(split_part(trim(email), '@', 2), ''))) AS name) d
$$;
COMMENT ON FUNCTION headway._company_domain(text, text) IS
'Private. The domain that stands for a company: the one given, else that of the e-mail address; NULL for those at which anybody has a mailbox.';

CREATE TABLE headway.customers (
    workspace_id   uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at     timestamptz NOT NULL DEFAULT now(),
    name           text CHECK (name <> ''),
    phone          text,
    region         text DEFAULT @extschema@.headway_default_region() CHECK (region ~ '^[A-Z]{2}$'),
    phone_e164     text GENERATED ALWAYS AS (@extschema@.headway_e164(phone, region)) STORED,
    email          text,
    company        text,
    company_domain text,
    mrr            numeric,
    external_id    text CHECK (external_id <> ''),
    metadata       jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, external_id)
);
COMMENT ON TABLE headway.customers IS
'Who calls. Operators may write this table directly, but not delete who has calls or bookings; headway_use_customers() links against a table of the app''s own instead.';
COMMENT ON COLUMN headway.customers.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.customers.id IS 'Identifies the customer within its workspace.';
COMMENT ON COLUMN headway.customers.created_at IS 'When the row was added; headway_tick() looks by it for what is new, so leave it to its default.';
COMMENT ON COLUMN headway.customers.name IS 'A person''s or a company''s name.';
COMMENT ON COLUMN headway.customers.phone IS 'The number as people wrote it; more of them in customer_phones.';
COMMENT ON COLUMN headway.customers.region IS 'Two letters: where a number without a country code is dialled from; by default the current workspace''s region, so whoever sees several names one with headway.workspace or gives the region.';
COMMENT ON COLUMN headway.customers.phone_e164 IS 'The number as calls are matched with it; NULL when phone is none that can be.';
COMMENT ON COLUMN headway.customers.email IS 'An e-mail address, by which meetings without a phone find their customer.';
COMMENT ON COLUMN headway.customers.company IS 'Where they work.';
COMMENT ON COLUMN headway.customers.company_domain IS 'Their company''s domain, such as acme.com; when it is missing, that of the e-mail address unless anybody can have a mailbox there.';
COMMENT ON COLUMN headway.customers.mrr IS 'Monthly recurring revenue, in the workspace''s currency.';
COMMENT ON COLUMN headway.customers.external_id IS 'The app''s own key, which recordings carry as customer_ref; unique in the workspace.';
COMMENT ON COLUMN headway.customers.metadata IS 'Whatever else the app wants to keep here.';

CREATE FUNCTION headway._customer_line(name text, mrr numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT nullif(concat_ws(', ', nullif(left(regexp_replace(trim(name), '[[:space:]]+', ' ', 'g'), 200), ''), 'monthly revenue ' || mrr), '')
$$;
COMMENT ON FUNCTION headway._customer_line(text, numeric) IS 'Private. What a model is told of a customer, in one line; NULL when there is nothing to tell.';

CREATE INDEX customers_phone ON headway.customers (workspace_id, phone_e164) WHERE phone_e164 IS NOT NULL;
COMMENT ON INDEX headway.customers_phone IS 'Who has a number.';
CREATE INDEX customers_email ON headway.customers (workspace_id, lower(email)) WHERE email IS NOT NULL;
COMMENT ON INDEX headway.customers_email IS 'Who has an e-mail address.';
CREATE INDEX customers_domain ON headway.customers (workspace_id, headway._company_domain(email, company_domain))
    WHERE headway._company_domain(email, company_domain) IS NOT NULL;
COMMENT ON INDEX headway.customers_domain IS 'Who belongs to a company.';
CREATE INDEX customers_created ON headway.customers (workspace_id, created_at);
COMMENT ON INDEX headway.customers_created IS 'Which customers are new, for linking what waits for them.';

CREATE TABLE headway.customer_phones (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    customer_id  uuid NOT NULL,
    phone        text NOT NULL,
    region       text DEFAULT @extschema@.headway_default_region() CHECK (region ~ '^[A-Z]{2}$'),
    phone_e164   text GENERATED ALWAYS AS (@extschema@.headway_e164(phone, region)) STORED,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES headway.customers (workspace_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE headway.customer_phones IS 'Further numbers of customers. Operators may write this table directly.';
COMMENT ON COLUMN headway.customer_phones.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.customer_phones.id IS 'Identifies the row within its workspace.';
COMMENT ON COLUMN headway.customer_phones.created_at IS 'When the row was added.';
COMMENT ON COLUMN headway.customer_phones.customer_id IS 'Whose number it is.';
COMMENT ON COLUMN headway.customer_phones.phone IS 'The number as people wrote it.';
COMMENT ON COLUMN headway.customer_phones.region IS 'As in customers.';
COMMENT ON COLUMN headway.customer_phones.phone_e164 IS 'The number as calls are matched with it; NULL when phone is none that can be.';

CREATE INDEX customer_phones_phone ON headway.customer_phones (workspace_id, phone_e164) WHERE phone_e164 IS NOT NULL;
COMMENT ON INDEX headway.customer_phones_phone IS 'Who has a number.';
CREATE INDEX customer_phones_customer ON headway.customer_phones (workspace_id, customer_id);
COMMENT ON INDEX headway.customer_phones_customer IS 'A customer''s further numbers.';
CREATE INDEX customer_phones_created ON headway.customer_phones (workspace_id, created_at);
COMMENT ON INDEX headway.customer_phones_created IS 'Which numbers are new, for linking what waits for them.';

CREATE TABLE headway.shared_phones (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    phone_e164   text NOT NULL CHECK (phone_e164 ~ '^[+][0-9]{4,17}$'),
    reason       text NOT NULL DEFAULT '',
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, phone_e164)
);
COMMENT ON TABLE headway.shared_phones IS
'Numbers that identify nobody, such as switchboards and the company''s own lines. Operators may write this table directly.';
COMMENT ON COLUMN headway.shared_phones.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.shared_phones.id IS 'Identifies the row within its workspace.';
COMMENT ON COLUMN headway.shared_phones.created_at IS 'When the row was added.';
COMMENT ON COLUMN headway.shared_phones.phone_e164 IS 'The number, as headway_e164() writes it.';
COMMENT ON COLUMN headway.shared_phones.reason IS 'Why it identifies nobody, for people.';

CREATE TABLE headway.bookings (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    customer_id  uuid NOT NULL,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz,
    status       text NOT NULL DEFAULT 'confirmed'
                 CHECK (status IN ('pending', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show')),
    guest_count  int CHECK (guest_count >= 0),
    title        text,
    notes        text,
    booked_at    timestamptz DEFAULT now(),
    external_id  text CHECK (external_id <> ''),
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, external_id),
    CHECK (ends_at >= starts_at),
    FOREIGN KEY (workspace_id, customer_id) REFERENCES headway.customers (workspace_id, id)
);
COMMENT ON TABLE headway.bookings IS
'What customers have booked: appointments, tables, visits. Operators may write this table directly, but not delete one that a recording is linked with; headway_use_bookings() links against a table of the app''s own instead.';
COMMENT ON COLUMN headway.bookings.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.bookings.id IS 'Identifies the booking within its workspace.';
COMMENT ON COLUMN headway.bookings.created_at IS 'When the row was added.';
COMMENT ON COLUMN headway.bookings.customer_id IS 'Whose booking it is.';
COMMENT ON COLUMN headway.bookings.starts_at IS 'When it begins.';
COMMENT ON COLUMN headway.bookings.ends_at IS 'When it ends, if that is known.';
COMMENT ON COLUMN headway.bookings.status IS 'pending, confirmed, in_progress, completed, cancelled or no_show.';
COMMENT ON COLUMN headway.bookings.guest_count IS 'For how many.';
COMMENT ON COLUMN headway.bookings.title IS 'What people call it.';
COMMENT ON COLUMN headway.bookings.notes IS 'Whatever was noted about it.';
COMMENT ON COLUMN headway.bookings.booked_at IS 'When it was made: a booking made during a call or shortly after it tells whose call it was.';
COMMENT ON COLUMN headway.bookings.external_id IS 'The app''s own key, which recordings carry as booking_ref; unique in the workspace.';

CREATE INDEX bookings_customer ON headway.bookings (workspace_id, customer_id, starts_at);
COMMENT ON INDEX headway.bookings_customer IS 'A customer''s bookings by time.';
CREATE INDEX bookings_made ON headway.bookings (workspace_id, customer_id, booked_at) WHERE booked_at IS NOT NULL;
COMMENT ON INDEX headway.bookings_made IS 'A customer''s bookings by when they were made: the ones of a call.';
CREATE INDEX bookings_created ON headway.bookings (workspace_id, created_at);
COMMENT ON INDEX headway.bookings_created IS 'Which bookings are new, for linking the calls they belong to.';
