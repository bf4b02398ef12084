\set ECHO none
\i test/setup.psql
-- Which booking a call was about: the points, the window, what breaks a tie, and on whose calendar.
SELECT plan(81);

SELECT headway_add_workspace('acme', time_zone => 'America/New_York') AS w \gset
CREATE SEQUENCE scenes;

-- A customer of her own for each scene: a call of five minutes and her bookings, {t: title, at, status, guests, made}.
CREATE FUNCTION scene(at timestamptz, words text, VARIADIC slots jsonb[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n        bigint := nextval('scenes');
    w        uuid := (SELECT id FROM headway.workspaces WHERE name = 'acme');
    customer uuid;
    r        headway.recordings;
BEGIN
    INSERT INTO headway.customers (workspace_id, name, phone, region) VALUES (w, 'Ann Lee', '+1415556' || to_char(n, 'FM0000'), 'US') RETURNING id INTO customer;
    INSERT INTO headway.bookings (workspace_id, customer_id, starts_at, status, guest_count, booked_at, external_id)
    SELECT w, customer, (s ->> 'at')::timestamptz, coalesce(s ->> 'status', 'confirmed'), (s ->> 'guests')::int, coalesce((s ->> 'made')::timestamptz, '2020-01-01 00:00+00'), n || '-' || (s ->> 't')
    FROM unnest(slots) s;
    r.id := headway_add_recording('scene ' || n, '+1415556' || to_char(n, 'FM0000'), '+14155550199', at, duration_seconds => 300, transcript => words, workspace => 'acme');
    SELECT * INTO r FROM headway.recordings s WHERE s.id = r.id;
    RETURN outcome(r);
END $$;
CREATE FUNCTION outcome(r headway.recordings) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', r.link_status, split_part(r.booking_ref, '-', 2), 'by ' || nullif(r.link_reason ->> 'decided_by', ''),
                     '|', (SELECT string_agg(split_part(c ->> 'booking_ref', '-', 2) || ':' || (c ->> 'points'), ' ' ORDER BY k) FROM jsonb_array_elements(r.link_reason -> 'candidates') WITH ORDINALITY x (c, k))) $$;
CREATE FUNCTION slot(t text, at text, VARIADIC more text[] DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('t', t, 'at', at) || CASE WHEN more = '{}' THEN '{}' ELSE jsonb_object(more) END $$;

-- The points, each alone and all of them. The call is at 15:00 on November 10th.
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-11 12:00-05')), 'linked a by only candidate | a:0', 'The only booking within a day is what it was about, without a point.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: About November 20th.', slot('a', '2026-11-20 12:00-05')), 'linked a by only candidate | a:10', 'On the date that is named: 10.');
SELECT is(scene('2026-11-10 23:00-05', NULL, slot('a', '2026-11-11 01:30-05')), 'linked a by only candidate | a:5', 'Within three hours: 5.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: About November 20th.', slot('a', '2026-11-10 21:00-05')), 'linked a by only candidate | a:3', 'On the call''s date, where another is named: 3.');
SELECT is(scene('2026-11-10 15:00-05', E'Agent: Hi.\nCaller: Ann Lee speaking.', slot('a', '2026-11-11 12:00-05')), 'linked a by only candidate | a:5', 'The customer is named: 5.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-10 21:00-05')), 'linked a by only candidate | a:13', 'On the call''s date, where none is named: 10 and 3.');
SELECT is(scene('2026-11-10 15:00-05', E'Agent: Hi.\nCaller: Ann Lee, about today.', slot('a', '2026-11-10 17:00-05')), 'linked a by only candidate | a:23', 'All of it: 23.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-10 18:00-05')), 'linked a by only candidate | a:18', 'Three hours are within three hours.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-10 18:00:01-05')), 'linked a by only candidate | a:13', 'A second more is not.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-10 12:00-05')), 'linked a by only candidate | a:18', 'Nor need it be still to come.');
SELECT is((SELECT link_score FROM headway.recordings WHERE external_id = 'scene 7'), 24::real, 'The score is the booking''s points, and one for a number that is in use.');

-- The window.
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-11 15:00-05')), 'linked a by only candidate | a:0', 'A day later is near.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-11 15:00:01-05')), 'customer_only |', 'A second more is not: then there is a customer alone.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-09 15:00-05')), 'linked a by only candidate | a:0', 'So is a day before.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-09 14:59:59-05')), 'customer_only |', 'And not a second more.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: For December 24th, please.', slot('a', '2026-12-24 23:59-05')), 'linked a by only candidate | a:10', 'A date that is named widens it.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: For December 24th, please.', slot('a', '2026-12-25 00:00-05')), 'customer_only |', 'To that date, not to the next.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: We were there on November 1st.', slot('a', '2026-11-01 00:00-04')), 'linked a by only candidate | a:10', 'Also to one that is past.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: It is for March 1st 2028.', slot('a', '2028-03-01 23:00-05')), 'linked a by only candidate | a:10', 'Or more than a year ahead.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2027-03-01 12:00-05', 'made', '2026-11-10 15:03-05')), 'linked a by only candidate | a:0', 'What was booked during the call counts where nothing is near.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2027-03-01 12:00-05', 'made', '2026-11-10 15:03-05'), slot('b', '2026-11-11 12:00-05')), 'linked a by made during the call | a:0 b:0', 'It is meant rather than one that is only near.');

-- Who leads by three.
SELECT is(scene('2026-11-10 08:00-05', NULL, slot('a', '2026-11-10 21:00-05'), slot('b', '2026-11-11 07:00-05')), 'linked a by points | a:13 b:0', 'The one with more points is what it was about.');
SELECT is(scene('2026-11-10 23:00-05', 'Ann: About December 1st.', slot('a', '2026-11-10 10:00-05'), slot('b', '2026-11-11 12:00-05')), 'linked a by points | a:3 b:0', 'A lead of three is enough, though the other is still to come.');
SELECT is(scene('2026-11-10 23:00-05', 'Ann: About December 1st.', slot('a', '2026-11-10 10:00-05'), slot('b', '2026-11-11 01:00-05')), 'ambiguous | b:5 a:3', 'A lead of two is a tie, which no booking breaks that is on another day than the one named.');
SELECT is((SELECT (link_reason ->> 'gap') || ' before ' || (link_reason ->> 'runner_up') FROM headway.recordings WHERE external_id = 'scene 22'), '3 before 22-b', 'The reason has the runner-up and the gap.');
SELECT is(scene('2026-11-10 15:00-05', 'Ann: On November 20th.', slot('a', '2026-11-10 16:00-05'), slot('b', '2026-11-20 16:00-05')), 'ambiguous | a:8 b:10', 'The date that is named weighs two more than an hour away today: a tie as well.');

-- Ties: what the transcript says, then what is to come first.
SELECT is(scene('2026-11-10 08:00-05', 'Ann: About our dinner.', slot('lunch', '2026-11-10 12:30-05'), slot('dinner', '2026-11-10 19:00-05')), 'linked dinner by transcript | dinner:13 lunch:13', 'Dinner breaks a tie.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: About our lunch.', slot('lunch', '2026-11-10 12:30-05'), slot('dinner', '2026-11-10 19:00-05')), 'linked lunch by transcript | lunch:13 dinner:13', 'So does lunch.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: We come at seven.', slot('lunch', '2026-11-10 12:30-05'), slot('dinner', '2026-11-10 19:00-05')), 'linked dinner by transcript | dinner:13 lunch:13', 'So does the hour.');
SELECT is(scene('2026-11-10 08:00-05', E'Agent: Good evening!\nAnn: Hi.', slot('lunch', '2026-11-10 12:30-05'), slot('dinner', '2026-11-10 19:00-05')), 'linked lunch by nearest future booking | lunch:13 dinner:13', 'A greeting does not: then the nearest one to come is meant.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: A table for six.', slot('a', '2026-11-10 12:30-05', 'guests', '2'), slot('b', '2026-11-10 19:00-05', 'guests', '6')), 'linked b by transcript | b:13 a:13', 'So does the number of guests.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: Dinner for six, I mean a table for six.', slot('a', '2026-11-10 18:30-05', 'guests', '2'), slot('b', '2026-11-10 19:00-05', 'guests', '6')), 'linked b by transcript | b:13 a:13', 'Who fits in both fits better than who fits in one.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: Dinner, a table for six.', slot('a', '2026-11-10 12:30-05', 'guests', '6'), slot('b', '2026-11-10 19:00-05', 'guests', '2')), 'linked a by nearest future booking | a:13 b:13', 'Where each fits in one, the nearest to come is meant.');
SELECT is(scene('2026-11-10 22:00-05', NULL, slot('a', '2026-11-10 12:30-05'), slot('b', '2026-11-10 18:30-05')), 'ambiguous | a:13 b:13', 'Where both are over, nothing decides: it is never a guess.');
SELECT is(scene('2026-11-10 08:00-05', NULL, slot('b', '2026-11-10 19:00-05'), slot('a', '2026-11-10 19:00-05')), 'ambiguous | a:13 b:13', 'Two at the same time are ambiguous, in the order of their keys.');
SELECT is(scene('2026-11-10 08:00-05', NULL, slot('a', '2026-11-10 19:00-05'), slot('b', '2026-11-10 19:00-05')), 'ambiguous | a:13 b:13', 'Whichever was entered first.');
SELECT ok((SELECT customer_id IS NOT NULL AND booking_id IS NULL AND booking_ref IS NULL FROM headway.recordings ORDER BY created_at, length(external_id) DESC, external_id DESC LIMIT 1), 'The customer is known even so, and no booking is.');
SELECT is(scene('2026-11-10 08:00-05', 'Ann: A table for six.', slot('a', '2026-11-10 19:00-05', 'guests', '6'), slot('b', '2026-11-10 19:00-05', 'guests', '4')), 'linked a by transcript | a:13 b:13', 'Two at the same time may be told apart by their guests.');

-- What is over gives way to what is open.
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('off', '2026-11-10 16:00-05', 'status', s), slot('on', '2026-11-11 12:00-05', 'status', t)), 'linked on by points | on:0 off:18', format('A booking that is %s is preferred to one that is %s, however near.', t, s))
FROM (VALUES ('cancelled', 'pending'), ('no_show', 'confirmed')) v (s, t);
SELECT is(scene('2026-11-10 13:30-05', NULL, slot('lunch', '2026-11-10 12:30-05', 'status', 'completed'), slot('dinner', '2026-11-10 19:00-05')), 'linked dinner by nearest future booking | dinner:13 lunch:18', 'A booking that is open is preferred to one that is completed where both are near.');
SELECT is(scene('2026-11-10 08:00-05', NULL, slot('done', '2026-11-10 09:00-05', 'status', 'completed'), slot('next', '2026-11-10 19:00-05')), 'linked next by nearest future booking | next:13 done:18', 'Also where the completed one was to come first.');
SELECT is(scene('2026-11-11 10:00-05', 'Ann: Yesterday was lovely.', slot('done', '2026-11-10 19:00-05', 'status', 'completed'), slot('next', '2026-11-12 09:00-05')), 'linked done by points | done:10 next:0', 'What is completed counts where the day of it is named.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('off', '2026-11-10 16:00-05', 'status', 'cancelled')), 'linked off by only candidate | off:18', 'Where there is no other, it was about the cancelled one.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('off', '2026-11-10 16:00-05', 'status', 'no_show'), slot('done', '2026-11-11 12:00-05', 'status', 'completed')), 'linked done by points | done:0 off:18', 'What took place is preferred to what did not.');

-- The calendar is the workspace's.
SELECT is(scene('2026-11-10 23:50-05', NULL, slot('a', '2026-11-10 18:00-05')), 'linked a by only candidate | a:13', 'At 23:50 it is still the same date, though not in Greenwich.');
SELECT is(scene('2026-11-10 23:50-05', NULL, slot('a', '2026-11-11 00:10-05')), 'linked a by only candidate | a:5', 'And twenty minutes later it is another.');
SELECT is(scene('2026-11-10 23:50-05', 'Ann: About tomorrow.', slot('a', '2026-11-11 19:00-05')), 'linked a by only candidate | a:10', 'Tomorrow is the next day of that calendar.');
SELECT is(scene('2026-03-07 12:00-05', NULL, slot('a', '2026-03-08 13:00-04')), 'linked a by only candidate | a:0', 'Into summer time, a day''s hours are 24.');
SELECT is(scene('2026-03-07 12:00-05', NULL, slot('a', '2026-03-08 13:00:01-04')), 'customer_only |', 'Not 25.');
SELECT is(scene('2026-10-31 12:00-04', NULL, slot('a', '2026-11-01 11:00-05')), 'linked a by only candidate | a:0', 'Out of it as well.');
SELECT is(scene('2026-10-31 12:00-04', NULL, slot('a', '2026-11-01 12:00-05')), 'customer_only |', 'The same time of the next day is 25 hours away.');
SELECT is(scene('2026-11-01 00:30-04', NULL, slot('a', '2026-11-01 23:30-05')), 'linked a by only candidate | a:13', 'The day that has 25 hours is one date.');
SELECT is(scene('2026-03-08 01:30-05', NULL, slot('a', '2026-03-08 05:20-04')), 'linked a by only candidate | a:18', 'Three hours are so many hours, though the clock was put on.');
SELECT is(scene('2026-03-08 01:30-05', 'Ann: About today, at half past five.', slot('a', '2026-03-08 17:30-04'), slot('b', '2026-03-08 15:30-04')), 'linked a by transcript | a:13 b:13', 'Times are those of the clock on the wall.');
UPDATE headway.workspaces SET time_zone = 'Asia/Tokyo';
SELECT is(scene('2026-11-05 10:00+09', 'Ann: It was on November 1st.', slot('a', '2026-11-01 12:00+09')), 'linked a by only candidate | a:10', 'East of Greenwich, a past date begins when it begins there.');
SELECT is(scene('2026-11-05 10:00+09', 'Ann: It is on December 1st 2028.', slot('a', '2028-12-01 00:00+09')), 'linked a by only candidate | a:10', 'So does one far ahead.');
UPDATE headway.workspaces SET time_zone = 'America/Los_Angeles';
SELECT is(scene('2026-11-05 10:00-08', 'Ann: It is on December 1st 2028.', slot('a', '2028-12-01 23:00-08')), 'linked a by only candidate | a:10', 'West of it, a date ends when it ends there.');
UPDATE headway.workspaces SET time_zone = 'Mars/Olympus';
SELECT throws_ok($$ SELECT headway_link_recording(id) FROM headway.recordings LIMIT 1 $$, '8W002', 'unknown time zone', 'A workspace whose time zone is none is told so.');
SELECT throws_ok($$ SELECT headway_link_recordings(only_unlinked => false) $$, '8W002', 'unknown time zone', 'By set as well.');
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', '2026-11-10 16:00-05')), 'pending |', 'What arrives meanwhile is stored and waits.');
SELECT is((SELECT detail FROM headway.log WHERE message = 'new recordings could not be linked yet'), '{"sqlstate": "8W002"}', 'The log says why.');
SELECT lives_ok('SELECT headway_tick()', 'The tick does its other work.');
UPDATE headway.workspaces SET time_zone = 'America/New_York';
SELECT ok((headway_tick() ->> 'linked')::int > 0, 'The next tick links it.');
SELECT is((SELECT outcome(r) FROM headway.recordings r ORDER BY length(external_id) DESC, external_id DESC LIMIT 1), 'linked a by only candidate | a:18', 'As if nothing had been wrong.');

-- Times that no calendar has do not stand in the way of the others.
SELECT headway_add_recording('end of time ' || at, '+14155560001', '+14155550199', at::timestamptz, transcript => 'Ann: See you tomorrow.') FROM unnest('{infinity}'::text[]) at \gset ignored_
SELECT headway_add_recording('end of time ' || at, '+14155560001', '+14155550199', at::timestamptz, transcript => 'Ann: See you tomorrow.') FROM unnest('{294276-12-31 23:59:59+00}'::text[]) at \gset ignored_
SELECT headway_add_recording('end of time ' || at, '+14155560001', '+14155550199', at::timestamptz, transcript => 'Ann: See you tomorrow.') FROM unnest('{4713-01-01 00:00:00+00 BC}'::text[]) at \gset ignored_
SELECT is(scene('2026-11-10 15:00-05', NULL, slot('a', 'infinity', 'made', '2026-11-10 15:02-05')), 'customer_only |', 'A booking that never begins is none to link with, though it was made during the call.');
SELECT lives_ok('SELECT headway_link_recordings(only_unlinked => false)', 'Calls at impossible times are linked by set with the others.');
SELECT is((SELECT count(*) FROM headway.recordings WHERE external_id ~ '^end of time' AND link_status = 'customer_only'), 3::bigint, 'They have their customer.');

-- One by one, by set, and as a preview: the same; and once more nothing changes, whatever the session's clock and calendar.
CREATE FUNCTION links() RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(concat_ws('|', external_id, link_status, customer_id, booking_id, link_score, link_reason), E'\n' ORDER BY external_id)) FROM headway.recordings $$;
-- Of so many that by set they are decided by two processes.
INSERT INTO headway.recordings (workspace_id, external_id, from_phone, to_phone, direction, call_started_at, duration_seconds, from_e164, to_e164, said)
SELECT r.workspace_id, format('copy %s of %s', n, r.external_id), r.from_phone, r.to_phone, r.direction, r.call_started_at + n * interval '5 hours', r.duration_seconds, r.from_e164, r.to_e164, r.said
FROM headway.recordings r, generate_series(1, 25) n WHERE r.call_started_at BETWEEN '2000-01-01' AND '2100-01-01';
SELECT count(headway_link_recording(id)) FROM headway.recordings WHERE link_status = 'pending' \gset ignored_
SELECT links() AS before \gset
SELECT ok((SELECT bool_and(p = headway._link_of(r)) FROM headway.recordings r, headway_preview_link(r.id) p WHERE r.external_id NOT LIKE 'copy %'), 'A preview of each says what it is.');
SELECT ok((SELECT count(DISTINCT link_status) >= 3 AND count(*) > 1000 FROM headway.recordings), 'There are some of each kind.');
SELECT is(headway_link_recordings(only_unlinked => false), 0::bigint, 'Linking all again changes none.');
UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL, booking_id = NULL, booking_ref = NULL, link_score = NULL, link_reason = NULL;
SELECT is(headway_link_recordings(), (SELECT count(*) FROM headway.recordings), 'By set from the start, each is linked.');
SELECT is(links(), :'before', 'By set it is the same.');
UPDATE headway.recordings SET link_status = 'pending', customer_id = NULL, booking_id = NULL, booking_ref = NULL, link_score = NULL, link_reason = NULL
WHERE external_id NOT LIKE 'copy %';
SELECT count(headway_link_recording(id)) FROM headway.recordings WHERE link_status = 'pending' \gset ignored_
SELECT is(links(), :'before', 'So it is one by one.');
CREATE FUNCTION links_in(zone text, style text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('TimeZone', zone, true), set_config('DateStyle', style, true), set_config('IntervalStyle', 'sql_standard', true);
    RETURN headway_link_recordings(only_unlinked => false);
END $$;
SELECT is(links_in(z, s), 0::bigint, format('A session in %s with dates in %s sees the same links.', z, s))
FROM (VALUES ('UTC', 'ISO, MDY'), ('America/New_York', 'German, DMY'), ('Asia/Tokyo', 'SQL, DMY'), ('Pacific/Apia', 'Postgres, YMD')) v (z, s);
-- Where that matters: in a session that has its clock put on between the two.
SET LOCAL TimeZone = 'UTC';
SELECT is(scene('2026-03-08 16:00+00', NULL, slot('a', '2026-03-07 16:30+00')), 'linked a by only candidate | a:0', 'A booking was 23.5 hours before the call.');
SELECT is(links_in('America/New_York', 'ISO, MDY'), 0::bigint, 'It was for everybody.');

SELECT is(scene('2026-11-10 20:00-05', 'Ann: It is about the one at midnight.', slot('a', '2026-11-10 21:00-05'), slot('b', '2026-11-10 23:50-05')), 'linked b by transcript | b:13 a:18',
          'Ten to twelve is near midnight.');

SELECT * FROM finish();
ROLLBACK;
