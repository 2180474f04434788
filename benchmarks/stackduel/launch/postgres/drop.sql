-- A schema of our name without our mark is somebody else's: it is left alone, and what follows does not run.
DO $$ BEGIN
  IF EXISTS (
    SELECT FROM pg_namespace
    WHERE nspname = 'stackduel' AND obj_description(oid, 'pg_namespace') IS DISTINCT FROM 'made by stackduel'
  ) THEN
    RAISE EXCEPTION 'the schema stackduel is there already, and stackduel did not make it';
  END IF;
END $$;
DROP SCHEMA IF EXISTS stackduel CASCADE;
