-- Version 1 had no index of the runs that have not ended, and the newest run of a workstream was not at the end of one.
DROP INDEX workstreams_by_id;
CREATE INDEX workstreams_by_id ON workstreams(ws_id, created_at);
DROP INDEX IF EXISTS runs_unfinished; -- of a build between the two
CREATE INDEX runs_unfinished ON runs(run_id) WHERE status IN ('pending', 'running');
