-- Every change of status that may ever happen (llmsdeck.states.TRANSITIONS).
CREATE TABLE transitions (
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    PRIMARY KEY (old, new)
) STRICT, WITHOUT ROWID;

INSERT INTO transitions (old, new) VALUES
    ('pending', 'processing'),
    ('pending', 'cancelled'),
    ('processing', 'pending'),
    ('processing', 'completed'),
    ('processing', 'failed'),
    ('processing', 'cancelled');

-- Columns that end in _ms are wall time for display; _ns is the monotonic clock of the boot named beside it.
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    identity TEXT NOT NULL,
    source TEXT NOT NULL,
    ref TEXT,
    artifacts_wanted TEXT NOT NULL,
    model TEXT NOT NULL,
    output_dir TEXT,
    timeout_s REAL,
    priority INTEGER NOT NULL,
    fresh INTEGER NOT NULL CHECK (fresh IN (0, 1)),
    parent_run TEXT,
    requested_by TEXT NOT NULL,
    max_attempts INTEGER NOT NULL CHECK (max_attempts > 0),

    status TEXT NOT NULL DEFAULT 'pending',
    token INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    retry_boot TEXT,
    retry_ns INTEGER,

    worker_id TEXT,
    pid INTEGER,
    pid_started TEXT,
    boot_id TEXT,
    claimed_ns INTEGER,
    beat_ns INTEGER,
    moved_ns INTEGER,
    phase TEXT CHECK (phase IS NULL OR phase IN ('collect', 'analyse', 'write', 'expand', 'check')),
    phase_ns INTEGER,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,

    -- A run that is over its budget asks; it waits while there is a question and no decision.
    asked_boot TEXT,
    asked_ns INTEGER,
    expected_tokens INTEGER,
    token_budget INTEGER,
    decision TEXT CHECK (decision IS NULL OR decision IN ('go', 'without-model')),

    cancel_state TEXT CHECK (cancel_state IS NULL OR cancel_state IN ('requested', 'seen', 'stopping', 'stopped')),
    cancel_by TEXT,
    cancel_ms INTEGER,

    commit_id TEXT,
    outcome TEXT CHECK (outcome IS NULL OR outcome IN ('good', 'degraded', 'unchanged')),
    score INTEGER,
    bundle_token INTEGER,
    bundle_bytes INTEGER NOT NULL DEFAULT 0,
    artifacts TEXT NOT NULL DEFAULT '[]',
    warnings TEXT NOT NULL DEFAULT '[]',
    error_kind TEXT CHECK (error_kind IS NULL OR error_kind IN
        ('source', 'model', 'timeout', 'hung', 'worker_lost', 'rejected', 'internal')),
    error_message TEXT,

    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    updated_ms INTEGER NOT NULL,
    finished_ms INTEGER,
    finished_boot TEXT,
    finished_ns INTEGER,
    -- Which of all endings, ever, this one was: an order that no step of a clock can change.
    ended_nth INTEGER,
    restored_ms INTEGER,

    -- What a run of each status has; these are all the statuses there are.
    CHECK (CASE status
        WHEN 'pending' THEN finished_ms IS NULL
        WHEN 'processing' THEN finished_ms IS NULL AND worker_id IS NOT NULL AND beat_ns IS NOT NULL
        WHEN 'completed' THEN finished_ms IS NOT NULL AND outcome IS NOT NULL
        WHEN 'failed' THEN finished_ms IS NOT NULL AND error_kind IS NOT NULL
        WHEN 'cancelled' THEN finished_ms IS NOT NULL
        ELSE 0
    END),
    CHECK ((finished_ms IS NULL) = (ended_nth IS NULL)),
    CHECK ((status = 'completed') = (outcome IS NOT NULL)),
    CHECK ((outcome IS NULL) = (bundle_token IS NULL)),
    CHECK ((asked_ns IS NULL) = (expected_tokens IS NULL)),
    CHECK (decision IS NULL OR asked_ns IS NOT NULL)
) STRICT;

CREATE INDEX runs_queue ON runs (priority DESC, seq) WHERE status = 'pending';
CREATE INDEX runs_leased ON runs (worker_id) WHERE status = 'processing';
CREATE INDEX runs_ended ON runs (finished_ms) WHERE finished_ms IS NOT NULL;
CREATE INDEX runs_by_ending ON runs (ended_nth) WHERE finished_ms IS NOT NULL;
CREATE INDEX runs_live_identity ON runs (identity) WHERE finished_ms IS NULL;
CREATE INDEX runs_by_parent ON runs (parent_run) WHERE parent_run IS NOT NULL;
CREATE INDEX runs_failed ON runs (seq) WHERE status = 'failed';
CREATE INDEX runs_asking ON runs (asked_ns) WHERE asked_ns IS NOT NULL AND decision IS NULL;
CREATE INDEX runs_whole_identity ON runs (identity, seq) WHERE outcome IN ('good', 'unchanged');

-- Everything that filters and orders look at and that no beat or phase changes, a fifth as wide as the runs.
CREATE INDEX runs_searched ON runs (seq, run_id, source, ref, error_message, error_kind, status, outcome, score, model,
    requested_by, parent_run, worker_id, priority, attempt, created_ms, started_ms, finished_ms, bundle_bytes);

-- Pruned runs that can still be brought back: run, events, phases and copies are their rows as JSON.
CREATE TABLE trash (
    seq INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('completed', 'failed', 'cancelled')),
    finished_ms INTEGER NOT NULL,
    bundle_token INTEGER,
    bundle_bytes INTEGER NOT NULL,
    pruned_ms INTEGER NOT NULL,
    pruned_by TEXT NOT NULL,
    run TEXT NOT NULL,
    events TEXT NOT NULL,
    phases TEXT NOT NULL,
    copies TEXT NOT NULL
) STRICT;

CREATE INDEX trash_by_age ON trash (pruned_ms, seq);

CREATE TRIGGER runs_begin_pending BEFORE INSERT ON runs
WHEN NEW.status <> 'pending'
    AND NOT EXISTS (SELECT 1 FROM trash WHERE seq = NEW.seq AND run_id = NEW.run_id AND status = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'a run begins as pending');
END;

CREATE TRIGGER runs_terminal_is_final BEFORE UPDATE ON runs WHEN OLD.finished_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a terminal run never changes');
END;

CREATE TRIGGER runs_follow_transitions BEFORE UPDATE OF status ON runs
WHEN NEW.status <> OLD.status
    AND NOT EXISTS (SELECT 1 FROM transitions WHERE old = OLD.status AND new = NEW.status)
BEGIN
    SELECT RAISE(ABORT, 'no such transition');
END;

CREATE TRIGGER runs_token_grows BEFORE UPDATE OF token ON runs WHEN NEW.token < OLD.token
BEGIN
    SELECT RAISE(ABORT, 'a token never shrinks');
END;

CREATE TRIGGER runs_live_stay BEFORE DELETE ON runs WHEN OLD.finished_ms IS NULL
BEGIN
    SELECT RAISE(ABORT, 'a live run is never removed');
END;

-- Exists while the queue is at its cap or beyond, and says since when.
CREATE TABLE queue_full (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot_id TEXT NOT NULL,
    ns INTEGER NOT NULL
) STRICT;

-- Counters: the five statuses, `degraded` (part of completed), `submitted` and `pruned` (ever).
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    n INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name) VALUES
    ('pending'), ('processing'), ('completed'), ('failed'), ('cancelled'),
    ('degraded'), ('submitted'), ('pruned');

-- How many runs there are of each 4096 numbers: a place in the list is found without walking to it.
CREATE TABLE shelves (
    shelf INTEGER PRIMARY KEY,
    runs INTEGER NOT NULL,
    -- Runs ever removed from it or put back: whoever remembers a list sees that it has to look again.
    moved INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TRIGGER runs_shelve AFTER INSERT ON runs
BEGIN
    INSERT INTO shelves (shelf, runs, moved) VALUES (NEW.seq / 4096, 1, NEW.status <> 'pending')
        ON CONFLICT (shelf) DO UPDATE SET runs = runs + 1, moved = moved + excluded.moved;
END;

CREATE TRIGGER runs_unshelve AFTER DELETE ON runs
BEGIN
    UPDATE shelves SET runs = runs - 1, moved = moved + 1 WHERE shelf = OLD.seq / 4096;
END;

-- Runs that ended per minute of wall time.
CREATE TABLE throughput (
    minute INTEGER PRIMARY KEY,
    finished INTEGER NOT NULL
) STRICT;

CREATE TRIGGER runs_count_insert AFTER INSERT ON runs WHEN NEW.status = 'pending'
BEGIN
    UPDATE counters SET n = n + 1 WHERE name = 'pending';
    UPDATE counters SET n = n + 1 WHERE name = 'submitted';
END;

CREATE TRIGGER runs_count_restore AFTER INSERT ON runs WHEN NEW.status <> 'pending'
BEGIN
    UPDATE counters SET n = n - 1 WHERE name = 'pruned';
    UPDATE counters SET n = n + 1
        WHERE name = NEW.status OR (name = 'degraded' AND NEW.outcome IS 'degraded');
END;

CREATE TRIGGER runs_count_update AFTER UPDATE OF status ON runs WHEN NEW.status <> OLD.status
BEGIN
    UPDATE counters SET n = n - 1 WHERE name = OLD.status;
    UPDATE counters SET n = n + 1 WHERE name = NEW.status;
END;

CREATE TRIGGER runs_count_degraded AFTER UPDATE OF outcome ON runs WHEN NEW.outcome IS 'degraded'
BEGIN
    UPDATE counters SET n = n + 1 WHERE name = 'degraded';
END;

CREATE TRIGGER runs_count_finish AFTER UPDATE OF status ON runs WHEN NEW.finished_ms IS NOT NULL
BEGIN
    INSERT INTO throughput (minute, finished) VALUES (NEW.finished_ms / 60000, 1)
        ON CONFLICT (minute) DO UPDATE SET finished = finished + 1;
END;

CREATE TRIGGER runs_count_delete AFTER DELETE ON runs
BEGIN
    UPDATE counters SET n = n - 1
        WHERE name = OLD.status OR (name = 'degraded' AND OLD.outcome IS 'degraded');
    UPDATE counters SET n = n + 1 WHERE name = 'pruned';
END;

-- Append-only history; an event without a run concerns the store itself.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run_seq INTEGER REFERENCES runs (seq) ON DELETE CASCADE,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX events_by_run ON events (run_seq, seq);
-- What people and agents did; workers and janitors write nearly all the others.
CREATE INDEX events_of_people ON events (seq) WHERE substr(actor, 1, 6) NOT IN ('worker', 'janito');

CREATE TRIGGER events_are_final BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'an event never changes');
END;

-- How long each phase of each attempt took; seconds is NULL while the phase runs or when it was cut off.
CREATE TABLE phases (
    run_seq INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    phase TEXT NOT NULL,
    seconds REAL,
    PRIMARY KEY (run_seq, attempt, phase)
) STRICT, WITHOUT ROWID;

CREATE INDEX phases_by_name ON phases (phase, run_seq) WHERE seconds IS NOT NULL;

-- Folders outside the store that mirror the newest bundle of one source.
CREATE TABLE copies (
    target TEXT PRIMARY KEY,
    run_seq INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    done INTEGER NOT NULL DEFAULT 0,
    error TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX copies_by_run ON copies (run_seq);

CREATE TABLE workers (
    worker_id TEXT PRIMARY KEY,
    boot_id TEXT NOT NULL,
    pid INTEGER NOT NULL,
    pid_started TEXT NOT NULL,
    slots INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'draining')),
    started_ms INTEGER NOT NULL,
    beat_ns INTEGER NOT NULL,
    sweep_ns INTEGER,
    sweep_error TEXT
) STRICT, WITHOUT ROWID;

-- Model servers as attempts last found them; down_ms says since when one cannot be reached.
CREATE TABLE lanes (
    server TEXT PRIMARY KEY,
    model TEXT,
    context_tokens INTEGER,
    tokens_per_s REAL,
    seen_boot TEXT NOT NULL,
    seen_ns INTEGER NOT NULL,
    down_ms INTEGER,
    down_reason TEXT,
    CHECK ((down_ms IS NULL) = (down_reason IS NULL))
) STRICT, WITHOUT ROWID;

-- Values that differ from the defaults of llmsdeck.settings.Policy.
CREATE TABLE policy (
    key TEXT PRIMARY KEY,
    value REAL NOT NULL
) STRICT, WITHOUT ROWID;
