/** The feed. Each line knows its transaction, so that a reader can ask what the last snapshot it saw did not see. */
export const FEED: readonly string[] = [
  `CREATE TABLE {s}.feed (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  key text NOT NULL,
  value bigint NOT NULL,
  expires_at bigint NOT NULL
)`,
  `CREATE INDEX feed_xid ON {s}.feed (xid)`,
  `CREATE INDEX feed_expiry ON {s}.feed (expires_at)`,

  // NOTIFY takes a lock of the whole server at commit, so only what appends to the feed may call it.
  `CREATE FUNCTION {s}.feed_append(p_keys text[], p_values bigint[], p_expiries bigint[], p_step_ms bigint)
RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  INSERT INTO {s}.feed (key, value, expires_at)
  SELECT line.key, line.value, line.expires_at
  FROM unnest(p_keys, p_values, p_expiries) WITH ORDINALITY AS line (key, value, expires_at, place)
  ORDER BY line.place;
  PERFORM pg_notify('{channel}', '');
  PERFORM {s}.still_wanted(p_step_ms);
END
$body$`,
];
