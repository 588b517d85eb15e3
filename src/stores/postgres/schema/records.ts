/**
 * Records. Data is `text`, since `jsonb` cannot hold every JSON text (U+0000, lone surrogates); keys compare by their
 * bytes. The hour of the expiry is indexed and not the expiry itself, so that a write which moves it within the hour can
 * leave the indexes alone.
 */
export const RECORDS: readonly string[] = [
  `CREATE FUNCTION {s}.moment(given bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $body$
  SELECT coalesce(given, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
$body$`,
  // A step that took longer than its caller waits is undone, also when the server itself stood still meanwhile.
  `CREATE FUNCTION {s}.still_wanted(p_step_ms bigint) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
  IF clock_timestamp() > statement_timestamp() + p_step_ms * interval '1 millisecond' THEN
    RAISE EXCEPTION USING ERRCODE = 'PC002', MESSAGE = 'the step took too long';
  END IF;
END
$body$`,
  `CREATE SEQUENCE {s}.record_version`,
  `CREATE TABLE {s}.record (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  data text NOT NULL,
  version bigint NOT NULL,
  expires_at bigint,
  expires_hour bigint GENERATED ALWAYS AS (expires_at / 3600000) STORED,
  lookup0 text COLLATE "C",
  lookup1 text COLLATE "C",
  lookup2 text COLLATE "C",
  uses bigint NOT NULL DEFAULT 0,
  used_at bigint,
  PRIMARY KEY (kind, id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02)`,
  `CREATE INDEX record_lookup0 ON {s}.record (kind, lookup0, id) WHERE lookup0 IS NOT NULL`,
  `CREATE INDEX record_lookup1 ON {s}.record (kind, lookup1, id) WHERE lookup1 IS NOT NULL`,
  `CREATE INDEX record_lookup2 ON {s}.record (kind, lookup2, id) WHERE lookup2 IS NOT NULL`,
  `CREATE INDEX record_expiry ON {s}.record (expires_hour) WHERE expires_hour IS NOT NULL`,

  // The version is drawn after the row is locked: one drawn before could be lower than what another put meanwhile.
  `CREATE FUNCTION {s}.record_put(
  p_kind text, p_id text, p_data text, p_expires_at bigint, p_lookup0 text, p_lookup1 text, p_lookup2 text,
  p_absent boolean, p_version bigint, p_now bigint, p_step_ms bigint
) RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
  v_written bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  IF p_version IS NOT NULL THEN
    UPDATE {s}.record
    SET data = p_data, version = nextval('{s}.record_version'), expires_at = p_expires_at,
      lookup0 = p_lookup0, lookup1 = p_lookup1, lookup2 = p_lookup2
    WHERE kind = p_kind AND id = p_id AND version = p_version AND (expires_at IS NULL OR expires_at > v_now)
    RETURNING version INTO v_written;
    PERFORM {s}.still_wanted(p_step_ms);
    RETURN v_written;
  END IF;
  INSERT INTO {s}.record AS kept (kind, id, data, version, expires_at, lookup0, lookup1, lookup2)
  VALUES (p_kind, p_id, p_data, nextval('{s}.record_version'), p_expires_at, p_lookup0, p_lookup1, p_lookup2)
  ON CONFLICT (kind, id) DO UPDATE
  SET data = excluded.data, version = nextval('{s}.record_version'), expires_at = excluded.expires_at,
    lookup0 = excluded.lookup0, lookup1 = excluded.lookup1, lookup2 = excluded.lookup2,
    uses = CASE WHEN kept.expires_at <= v_now THEN 0 ELSE kept.uses END,
    used_at = CASE WHEN kept.expires_at <= v_now THEN NULL ELSE kept.used_at END
  WHERE NOT p_absent OR kept.expires_at <= v_now
  RETURNING version INTO v_written;
  PERFORM {s}.still_wanted(p_step_ms);
  RETURN v_written;
END
$body$`,

  `CREATE FUNCTION {s}.record_use(p_kind text, p_id text, p_now bigint, p_step_ms bigint)
RETURNS SETOF {s}.record LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  RETURN QUERY UPDATE {s}.record SET uses = uses + 1, used_at = v_now
    WHERE kind = p_kind AND id = p_id AND (expires_at IS NULL OR expires_at > v_now) RETURNING *;
  PERFORM {s}.still_wanted(p_step_ms);
END
$body$`,

  `CREATE FUNCTION {s}.record_delete(p_kind text, p_id text, p_version bigint, p_now bigint, p_step_ms bigint)
RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
  v_deleted bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  DELETE FROM {s}.record
  WHERE kind = p_kind AND id = p_id AND (p_version IS NULL OR version = p_version)
    AND (expires_at IS NULL OR expires_at > v_now);
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  PERFORM {s}.still_wanted(p_step_ms);
  RETURN v_deleted;
END
$body$`,

  `CREATE FUNCTION {s}.record_delete_by(p_kind text, p_slot bigint, p_value text, p_now bigint, p_step_ms bigint)
RETURNS bigint LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
  v_ids text[];
  v_deleted bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  SELECT array_agg(id) INTO v_ids FROM (
    SELECT id FROM {s}.record WHERE kind = p_kind AND p_slot = 0 AND lookup0 = p_value
    UNION ALL SELECT id FROM {s}.record WHERE kind = p_kind AND p_slot = 1 AND lookup1 = p_value
    UNION ALL SELECT id FROM {s}.record WHERE kind = p_kind AND p_slot = 2 AND lookup2 = p_value
  ) AS matching;
  DELETE FROM {s}.record
  WHERE kind = p_kind AND id = ANY (v_ids) AND (expires_at IS NULL OR expires_at > v_now)
    AND p_value = CASE p_slot WHEN 0 THEN lookup0 WHEN 1 THEN lookup1 ELSE lookup2 END;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  PERFORM {s}.still_wanted(p_step_ms);
  RETURN v_deleted;
END
$body$`,
];
