-- Phone numbers, from a library of their own that a session loads when it first meets one.

CREATE FUNCTION headway_e164(phone text, region text DEFAULT 'US') RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS '$libdir/headway_phone', 'headway_e164';
COMMENT ON FUNCTION headway_e164(text, text) IS
'The phone number that a text holds, in E.164, so that all spellings of one number are equal. Fit for generated columns and indexes.
Arguments: phone, as people and machines write it; region, two letters (ISO 3166), in which a number without a country code is dialled: with NULL or an unknown one only numbers with a country code are read.
Result: + and digits when libphonenumber calls the number possible, in full or as a local number; it need not be in use. NULL for what is no number, for short and emergency numbers, for a caller who is withheld, for two numbers in one text, and for more than 250 characters. An extension is left out: headway_phone_extension().
Errors: none but the server''s own. A role that writes to a table with such a column or index needs the right to run this function: GRANT EXECUTE ON FUNCTION headway_e164(text, text) TO ...
Example: SELECT headway_e164(''(415) 555-0100 ext. 7'');';

CREATE FUNCTION headway_phone_extension(phone text, region text DEFAULT 'US') RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS '$libdir/headway_phone', 'headway_phone_extension';
COMMENT ON FUNCTION headway_phone_extension(text, text) IS
'The extension that is written behind a phone number.
Arguments: as of headway_e164().
Result: its digits; NULL when there is none, or no number before it.
Errors: none but the server''s own.
Example: SELECT headway_phone_extension(''(415) 555-0100 ext. 7'');';

CREATE FUNCTION headway._phone_is_valid(e164 text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS '$libdir/headway_phone', 'headway_phone_is_valid';
COMMENT ON FUNCTION headway._phone_is_valid(text) IS
'Private. Whether a number in E.164 belongs to a range that is in use, as far as libphonenumber knows.';
