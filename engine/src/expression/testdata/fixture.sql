-- The rows that every expression of postgres.tsv is evaluated on; tests.rs holds the same rows as Arrow arrays.
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE TEMP TABLE fixture (
    row integer, i integer, j integer, b bigint, s smallint, n numeric(12, 2), m numeric(8, 4), d double precision,
    r real, t text, k text, z text, da date, ts timestamp, tz timestamptz, ti time,
    iv interval, p boolean, q boolean);
INSERT INTO fixture VALUES
    (0, 7, 2, 10000000000, 1, 19.99, 1.2345, 0.1, 1.5, 'Hello World', 'free', 'Europe/Berlin', '2024-02-29',
     '2024-02-29 13:14:15.678901', '2024-02-29 23:30:00+00', '10:20:30', '1 mon', true, true),
    (1, -3, 5, -1, 2, -0.05, -2.5, -2.5, 0.1, 'ünï Çode', 'pro', 'America/New_York', '2026-03-29',
     '2026-03-29 02:30:00', '2026-03-29 01:00:00+00', '00:00:00', '-3 days 04:05:06', false, true),
    (2, 0, -4, NULL, 3, 0.00, 3.3333, 1e20, NULL, '', 'free', 'Asia/Kathmandu', '2025-12-31',
     '2025-10-26 02:30:00', '2025-10-26 00:30:00+00', '23:59:59.5', '1 year 2 mons 3 days', NULL, false),
    (3, NULL, 3, 0, NULL, 1234567.89, NULL, NULL, -2, NULL, NULL, 'UTC', NULL,
     NULL, NULL, NULL, NULL, true, NULL),
    (4, 2147483647, 1, 5, -5, NULL, 0.0001, 0, 1e10, 'a_b%c', 'enterprise', NULL, '1999-01-01',
     '1999-12-31 23:59:59.999999', '1970-01-01 00:00:00+00', '12:00:00', '36:00:00', false, NULL),
    (5, 12, 10, 9, 100, 2.50, 100, 3.75, 3, '  trim me  ', 'pro', 'Australia/Lord_Howe', '2027-01-01',
     '2026-04-05 01:45:00', '2026-04-04 15:15:00.5+00', '06:07:08.000009', '0', NULL, NULL);
