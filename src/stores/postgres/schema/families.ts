/**
 * Families of refresh tokens. The day of the expiry is indexed and not the expiry itself, and pages are not filled up:
 * a rotation then writes one row and no index.
 *
 * The functions lock a row before they look further. Each of their statements sees what was committed when it began, so
 * after the lock they also see what the last holder of it wrote, such as a child made a moment ago.
 */
export const FAMILIES: readonly string[] = [
  `CREATE TABLE {s}.family (
  id text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL,
  parent text COLLATE "C",
  data text NOT NULL,
  generation integer NOT NULL,
  quiet_below integer NOT NULL,
  created_at bigint NOT NULL,
  rotated_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  expires_day bigint NOT NULL GENERATED ALWAYS AS (expires_at / 86400000) STORED,
  absolute_at bigint,
  feed_ms bigint NOT NULL
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02)`,
  `CREATE INDEX family_owner ON {s}.family (owner)`,
  `CREATE INDEX family_parent ON {s}.family (parent) WHERE parent IS NOT NULL`,
  `CREATE INDEX family_expiry ON {s}.family (expires_day)`,
  `CREATE TABLE {s}.handle (
  handle text COLLATE "C" PRIMARY KEY,
  family text COLLATE "C" NOT NULL,
  generation integer NOT NULL
)`,
  `CREATE INDEX handle_family ON {s}.handle (family)`,

  // A handle of a family that is no longer live may be taken; any other one undoes the whole step.
  `CREATE FUNCTION {s}.handle_add(p_family text, p_generation integer, p_handles text[], p_now bigint)
RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
  v_written bigint;
BEGIN
  DELETE FROM {s}.handle AS old WHERE old.handle = ANY (p_handles)
    AND NOT EXISTS (SELECT FROM {s}.family WHERE id = old.family AND expires_at > p_now);
  INSERT INTO {s}.handle (handle, family, generation)
  SELECT each, p_family, p_generation FROM unnest(p_handles) AS each ORDER BY each
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS v_written = ROW_COUNT;
  IF v_written <> cardinality(p_handles) THEN
    RAISE EXCEPTION USING ERRCODE = 'PC001', MESSAGE = 'a handle is taken';
  END IF;
END
$body$`,

  // Ends families whose rows the caller has locked, with all that hangs on them; gives those that were live.
  `CREATE FUNCTION {s}.family_end(p_roots text[], p_now bigint)
RETURNS TABLE (ended_id text, ended_owner text) LANGUAGE plpgsql AS $body$
DECLARE
  v_members text[] := p_roots;
  v_above text[] := p_roots;
BEGIN
  LOOP
    SELECT array_agg(child.id) INTO v_above FROM (
      SELECT id FROM {s}.family WHERE parent = ANY (v_above) AND id <> ALL (v_members) ORDER BY id FOR UPDATE
    ) AS child;
    EXIT WHEN v_above IS NULL;
    v_members := v_members || v_above;
  END LOOP;
  DELETE FROM {s}.handle WHERE family = ANY (v_members);
  RETURN QUERY
    WITH ended AS (DELETE FROM {s}.family WHERE id = ANY (v_members) RETURNING id, owner, feed_ms, expires_at),
    fed AS (
      INSERT INTO {s}.feed (key, value, expires_at)
      SELECT 'sid:' || id, 0, p_now + feed_ms FROM ended WHERE expires_at > p_now)
    SELECT id, owner FROM ended WHERE expires_at > p_now;
  IF FOUND THEN
    PERFORM pg_notify('{channel}', '');
  END IF;
END
$body$`,

  `CREATE FUNCTION {s}.family_create(
  p_id text, p_owner text, p_parent text, p_data text, p_idle_ms bigint, p_absolute_at bigint, p_feed_ms bigint,
  p_handles text[], p_now bigint, p_step_ms bigint, OUT outcome text, OUT state {s}.family
) LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint;
  v_parent_end bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  IF p_parent IS NOT NULL THEN
    -- Held until this is committed, so that whoever ends the parent afterwards finds the child.
    SELECT expires_at INTO v_parent_end FROM {s}.family WHERE id = p_parent FOR SHARE;
  END IF;
  v_now := {s}.moment(p_now);
  IF p_parent IS NOT NULL AND (v_parent_end IS NULL OR v_parent_end <= v_now) THEN
    outcome := 'parent_gone';
    RETURN;
  END IF;
  DELETE FROM {s}.family WHERE id = p_id AND expires_at <= v_now;
  IF FOUND THEN
    DELETE FROM {s}.handle WHERE family = p_id;
  END IF;
  INSERT INTO {s}.family (id, owner, parent, data, generation, quiet_below, created_at, rotated_at, expires_at,
    absolute_at, feed_ms)
  VALUES (p_id, p_owner, p_parent, p_data, 1, 1, v_now, v_now,
    least(p_absolute_at, v_parent_end, v_now + p_idle_ms), least(p_absolute_at, v_parent_end), p_feed_ms)
  ON CONFLICT DO NOTHING RETURNING * INTO state;
  IF NOT FOUND THEN
    outcome := 'exists';
    RETURN;
  END IF;
  IF cardinality(p_handles) > 0 THEN
    PERFORM {s}.handle_add(p_id, 1, p_handles, v_now);
  END IF;
  outcome := 'created';
  PERFORM {s}.still_wanted(p_step_ms);
END
$body$`,

  // The decision table of familyRotate, in the order of decideRotation.
  `CREATE FUNCTION {s}.family_rotate(
  p_id text, p_generation integer, p_idle_ms bigint, p_grace_ms bigint, p_feed_ms bigint, p_data text,
  p_handles text[], p_retire_quietly boolean, p_feed_generation boolean, p_now bigint, p_step_ms bigint,
  OUT outcome text, OUT state {s}.family
) LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  outcome := 'gone';
  SELECT * INTO state FROM {s}.family WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  v_now := {s}.moment(p_now);
  IF state.expires_at <= v_now THEN
    RETURN;
  END IF;
  IF p_generation < state.generation THEN
    IF p_generation < state.quiet_below THEN
      RETURN;
    ELSIF p_generation = state.generation - 1 AND greatest(0, v_now - state.rotated_at) < p_grace_ms THEN
      outcome := 'replayed';
    ELSE
      PERFORM {s}.family_end(ARRAY[p_id], v_now);
      outcome := 'reuse';
    END IF;
    PERFORM {s}.still_wanted(p_step_ms);
    RETURN;
  END IF;
  outcome := CASE WHEN p_generation = state.generation THEN 'rotated' ELSE 'ahead' END;
  UPDATE {s}.family
  SET data = coalesce(p_data, data),
    generation = p_generation + 1,
    quiet_below = CASE WHEN p_retire_quietly THEN p_generation + 1 ELSE quiet_below END,
    rotated_at = v_now,
    expires_at = least(absolute_at, v_now + p_idle_ms),
    feed_ms = greatest(feed_ms, p_feed_ms)
  WHERE id = p_id RETURNING * INTO state;
  IF cardinality(p_handles) > 0 THEN
    PERFORM {s}.handle_add(p_id, state.generation, p_handles, v_now);
  END IF;
  IF p_feed_generation THEN
    INSERT INTO {s}.feed (key, value, expires_at)
    VALUES ('gen:' || p_id, state.generation, v_now + state.feed_ms);
    PERFORM pg_notify('{channel}', '');
  END IF;
  PERFORM {s}.still_wanted(p_step_ms);
END
$body$`,

  `CREATE FUNCTION {s}.family_revoke(p_id text, p_now bigint, p_step_ms bigint) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  PERFORM FROM {s}.family WHERE id = p_id AND expires_at > v_now FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  PERFORM {s}.family_end(ARRAY[p_id], v_now);
  PERFORM {s}.still_wanted(p_step_ms);
  RETURN 1;
END
$body$`,

  `CREATE FUNCTION {s}.family_revoke_all(p_owner text, p_except text, p_now bigint, p_step_ms bigint) RETURNS bigint
LANGUAGE plpgsql AS $body$
DECLARE
  v_now bigint := {s}.moment(p_now);
  v_roots text[];
  v_ended bigint;
BEGIN
  PERFORM set_config('lock_timeout', p_step_ms::text, true);
  SELECT array_agg(locked.id) INTO v_roots FROM (
    SELECT id FROM {s}.family WHERE owner = p_owner AND id IS DISTINCT FROM p_except ORDER BY id FOR UPDATE
  ) AS locked;
  IF v_roots IS NULL THEN
    RETURN 0;
  END IF;
  SELECT count(*) INTO v_ended FROM {s}.family_end(v_roots, v_now) AS ended WHERE ended.ended_owner = p_owner;
  PERFORM {s}.still_wanted(p_step_ms);
  RETURN v_ended;
END
$body$`,
];
