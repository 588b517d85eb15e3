/**
 * Sweeping. Rows that another sweep has in hand are passed over, so that nodes do not wait for each other. Handles go
 * before their families, and a family stays as long as it has any, so that no handle is left without its family.
 */
export const SWEEP: readonly string[] = [
  `CREATE FUNCTION {s}.sweep(p_limit bigint, p_now bigint, p_step_ms bigint) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
  v_left bigint := p_limit;
  v_deleted bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);

  WITH gone AS MATERIALIZED (
    SELECT kind, id FROM {s}.record WHERE expires_hour < v_now / 3600000 AND expires_at <= v_now
    LIMIT v_left FOR UPDATE SKIP LOCKED)
  DELETE FROM {s}.record USING gone WHERE record.kind = gone.kind AND record.id = gone.id;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  v_left := v_left - v_deleted;

  WITH gone AS MATERIALIZED (
    SELECT handle.handle FROM {s}.family JOIN {s}.handle ON handle.family = family.id
    WHERE expires_day < v_now / 86400000 AND expires_at <= v_now
    LIMIT v_left FOR UPDATE OF handle SKIP LOCKED)
  DELETE FROM {s}.handle USING gone WHERE handle.handle = gone.handle;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  v_left := v_left - v_deleted;

  WITH gone AS MATERIALIZED (
    SELECT id FROM {s}.family WHERE expires_day < v_now / 86400000 AND expires_at <= v_now
      AND NOT EXISTS (SELECT FROM {s}.handle WHERE handle.family = family.id)
    LIMIT v_left FOR UPDATE SKIP LOCKED)
  DELETE FROM {s}.family USING gone WHERE family.id = gone.id;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  v_left := v_left - v_deleted;

  WITH gone AS MATERIALIZED (
    SELECT position FROM {s}.feed WHERE expires_at <= v_now LIMIT v_left FOR UPDATE SKIP LOCKED)
  DELETE FROM {s}.feed USING gone WHERE feed.position = gone.position;
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN p_limit - v_left + v_deleted;
END
$body$`,
];
