CREATE TABLE instance (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	parent_key BIGINT, 
	parent_element_key BIGINT, 
	definition_key BIGINT NOT NULL, 
	process_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	business_key TEXT, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	parameters_version INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	head_hash BYTEA NOT NULL, 
	revision BIGINT NOT NULL, 
	pages INTEGER NOT NULL, 
	parent_page INTEGER, 
	state_bytes BYTEA NOT NULL, 
	PRIMARY KEY (bucket, key)
)
 WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);;
CREATE TABLE page (
	bucket SMALLINT NOT NULL, 
	instance_key BIGINT NOT NULL, 
	page BIGINT NOT NULL, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (bucket, instance_key, page)
)
 WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);;
CREATE TABLE data_key (
	bucket SMALLINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	kid TEXT NOT NULL, 
	wrapped BYTEA NOT NULL, 
	PRIMARY KEY (bucket, root_key)
);;
CREATE TABLE history (
	bucket SMALLINT NOT NULL, 
	instance_key BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	on_behalf_of TEXT NOT NULL, 
	command TEXT NOT NULL, 
	format SMALLINT NOT NULL, 
	semantics_version INTEGER NOT NULL, 
	prev_hash BYTEA NOT NULL, 
	hash BYTEA NOT NULL, 
	payload BYTEA NOT NULL, 
	PRIMARY KEY (bucket, instance_key, seq)
);;
CREATE TABLE user_task (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	instance_key BIGINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	process_id TEXT NOT NULL, 
	element_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	assignee TEXT, 
	candidate_groups TEXT NOT NULL, 
	candidate_users TEXT NOT NULL, 
	due_at BIGINT, 
	follow_up_at BIGINT, 
	priority INTEGER NOT NULL, 
	form_id TEXT, 
	created_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	page INTEGER, 
	due_order BIGINT NOT NULL, 
	search_text TEXT NOT NULL, 
	PRIMARY KEY (bucket, key)
)
 WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);;
CREATE TABLE job (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	instance_key BIGINT, 
	root_key BIGINT, 
	element_key BIGINT, 
	element_id TEXT NOT NULL, 
	process_id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	due_at BIGINT NOT NULL, 
	lock_owner TEXT, 
	lock_until BIGINT, 
	attempt INTEGER NOT NULL, 
	retries INTEGER NOT NULL, 
	crash_count INTEGER NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	payload BYTEA NOT NULL, 
	page INTEGER, 
	lane TEXT NOT NULL, 
	PRIMARY KEY (bucket, key)
)
 WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);;
CREATE TABLE subscription (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	name_hash BYTEA NOT NULL, 
	correlation_hash BYTEA NOT NULL, 
	name TEXT NOT NULL, 
	process_id TEXT NOT NULL, 
	instance_key BIGINT, 
	root_key BIGINT, 
	element_key BIGINT, 
	element_id TEXT NOT NULL, 
	definition_key BIGINT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	page INTEGER, 
	PRIMARY KEY (bucket, key)
);;
CREATE TABLE correlation (
	bucket SMALLINT NOT NULL, 
	slot SMALLINT NOT NULL, 
	uses BIGINT NOT NULL, 
	PRIMARY KEY (bucket, slot)
)
 WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);;
CREATE TABLE message (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	name_hash BYTEA NOT NULL, 
	correlation_hash BYTEA NOT NULL, 
	message_id TEXT NOT NULL, 
	published_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	payload BYTEA NOT NULL, 
	PRIMARY KEY (bucket, key)
);;
CREATE TABLE message_delivery (
	bucket SMALLINT NOT NULL, 
	message_key BIGINT NOT NULL, 
	process_id TEXT NOT NULL, 
	PRIMARY KEY (bucket, message_key, process_id)
);;
CREATE TABLE message_start (
	bucket SMALLINT NOT NULL, 
	correlation_hash BYTEA NOT NULL, 
	process_id TEXT NOT NULL, 
	root_key BIGINT NOT NULL, 
	PRIMARY KEY (bucket, correlation_hash, process_id)
);;
CREATE TABLE incident (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	instance_key BIGINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	process_id TEXT NOT NULL, 
	element_id TEXT NOT NULL, 
	element_key BIGINT, 
	job_key BIGINT, 
	type TEXT NOT NULL, 
	message BYTEA NOT NULL, 
	state TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	resolved_at BIGINT, 
	page INTEGER, 
	PRIMARY KEY (bucket, key)
);;
CREATE TABLE request (
	id TEXT NOT NULL, 
	root_key BIGINT, 
	seq BIGINT NOT NULL, 
	result BYTEA NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE effect (
	bucket SMALLINT NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	name TEXT NOT NULL, 
	reply BYTEA NOT NULL, 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (bucket, idempotency_key)
);;
CREATE TABLE once (
	bucket SMALLINT NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	root_key BIGINT NOT NULL, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (bucket, idempotency_key, purpose)
);;
CREATE TABLE secret (
	ref TEXT NOT NULL, 
	bucket SMALLINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	purpose TEXT NOT NULL, 
	kid TEXT NOT NULL, 
	wrapped BYTEA NOT NULL, 
	ciphertext BYTEA NOT NULL, 
	expires_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	shown INTEGER NOT NULL, 
	PRIMARY KEY (ref, bucket)
);;
CREATE TABLE document (
	ref TEXT NOT NULL, 
	bucket SMALLINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	content BYTEA NOT NULL, 
	created_at BIGINT NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	PRIMARY KEY (ref, bucket)
);;
CREATE TABLE deployment (
	key BIGINT NOT NULL, 
	deployed_at BIGINT NOT NULL, 
	deployed_by TEXT NOT NULL, 
	PRIMARY KEY (key)
);;
CREATE TABLE definition (
	key BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	version_tag TEXT NOT NULL, 
	name TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	deployment_key BIGINT NOT NULL, 
	deployed_at BIGINT NOT NULL, 
	deployed_by TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	active SMALLINT NOT NULL, 
	PRIMARY KEY (key)
);;
CREATE TABLE definition_draft (
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	person_id TEXT NOT NULL, 
	content BYTEA NOT NULL, 
	based_on INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	saved_at BIGINT NOT NULL, 
	PRIMARY KEY (kind, id, person_id)
);;
CREATE TABLE stored_file (
	sha256 TEXT NOT NULL, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (sha256)
);;
CREATE TABLE register (
	name TEXT NOT NULL, 
	last BIGINT NOT NULL, 
	PRIMARY KEY (name)
);;
CREATE TABLE register_entry (
	register TEXT NOT NULL, 
	number BIGINT NOT NULL, 
	instance_key BIGINT, 
	at BIGINT NOT NULL, 
	subject BYTEA NOT NULL, 
	data BYTEA NOT NULL, 
	resolved TEXT, 
	PRIMARY KEY (register, number)
);;
CREATE TABLE person (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	roles TEXT NOT NULL, 
	school TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	active SMALLINT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE sign_in (
	person_id TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	last_failure BIGINT NOT NULL, 
	PRIMARY KEY (person_id)
);;
CREATE TABLE attempt (
	subject BYTEA NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (subject)
);;
CREATE TABLE session (
	token_hash BYTEA NOT NULL, 
	person_id TEXT NOT NULL, 
	form_token TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	PRIMARY KEY (token_hash)
);;
CREATE TABLE person_group (
	person_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (person_id, name)
);;
CREATE TABLE group_name (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE parameters (
	procedure TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	content BYTEA NOT NULL, 
	at BIGINT NOT NULL, 
	by TEXT NOT NULL, 
	PRIMARY KEY (procedure, version)
);;
CREATE TABLE audit (
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	payload BYTEA NOT NULL, 
	prev_hash BYTEA NOT NULL, 
	hash BYTEA NOT NULL, 
	PRIMARY KEY (seq)
);;
CREATE TABLE audit_head (
	id SMALLINT NOT NULL, 
	seq BIGINT NOT NULL, 
	hash BYTEA NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE anchor (
	number BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	instances BIGINT NOT NULL, 
	merkle_root BYTEA NOT NULL, 
	signature BYTEA NOT NULL, 
	document BYTEA NOT NULL, 
	PRIMARY KEY (number)
);;
CREATE TABLE key_block (
	id SMALLINT NOT NULL, 
	next BIGINT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE clock (
	id SMALLINT NOT NULL, 
	offset_us BIGINT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE node (
	id TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	version TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	host TEXT NOT NULL, 
	threads INTEGER NOT NULL, 
	running INTEGER NOT NULL, 
	draining SMALLINT NOT NULL, 
	types TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	PRIMARY KEY (id)
);;
CREATE TABLE batch (
	bucket SMALLINT NOT NULL, 
	key BIGINT NOT NULL, 
	verb TEXT NOT NULL, 
	state TEXT NOT NULL, 
	dry_run SMALLINT NOT NULL, 
	total BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	ended_at BIGINT, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (bucket, key)
);;
CREATE TABLE batch_item (
	bucket SMALLINT NOT NULL, 
	batch_key BIGINT NOT NULL, 
	number BIGINT NOT NULL, 
	subject_key BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	done_at BIGINT, 
	message BYTEA NOT NULL, 
	PRIMARY KEY (bucket, batch_key, number)
);;
CREATE TABLE saved_filter (
	person_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (person_id, name)
);;
CREATE TABLE draft (
	person_id TEXT NOT NULL, 
	place TEXT NOT NULL, 
	content BYTEA NOT NULL, 
	saved_at BIGINT NOT NULL, 
	PRIMARY KEY (person_id, place)
);;
CREATE TABLE upload (
	ref TEXT NOT NULL, 
	person_id TEXT NOT NULL, 
	about BYTEA NOT NULL, 
	saved_at BIGINT NOT NULL, 
	content BYTEA NOT NULL, 
	PRIMARY KEY (ref)
);;
CREATE TABLE hold (
	bucket SMALLINT NOT NULL, 
	root_key BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	by TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (bucket, root_key)
);;
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);;
CREATE INDEX batch_by_age ON batch (created_at);;
CREATE INDEX batch_item_pending ON batch_item (batch_key, number) WHERE state = 'pending';;
CREATE INDEX definition_by_deployment ON definition (deployment_key);;
CREATE INDEX definition_draft_by_person ON definition_draft (person_id);;
CREATE INDEX document_by_root ON document (root_key);;
CREATE INDEX draft_by_age ON draft (saved_at);;
CREATE INDEX draft_by_place ON draft (place);;
CREATE INDEX history_begun ON history (actor, at) WHERE seq = 1;;
CREATE INDEX incident_by_instance ON incident (instance_key);;
CREATE INDEX incident_open ON incident (created_at) WHERE state = 'open';;
CREATE INDEX instance_by_business_key ON instance (business_key text_pattern_ops, key) WHERE business_key IS NOT NULL;;
CREATE INDEX instance_by_parent ON instance (parent_key) WHERE parent_key IS NOT NULL;;
CREATE INDEX instance_called ON instance (root_key) WHERE parent_key IS NOT NULL;;
CREATE INDEX instance_ended ON instance (state, started_at) WHERE ended_at IS NOT NULL;;
CREATE INDEX instance_ended_of_process ON instance (process_id, state, started_at) WHERE ended_at IS NOT NULL;;
CREATE INDEX instance_number_of_process ON instance (process_id, business_key text_pattern_ops) WHERE business_key IS NOT NULL;;
CREATE INDEX instance_open ON instance (process_id, started_at) WHERE ended_at IS NULL;;
CREATE INDEX instance_open_by_number ON instance (business_key text_pattern_ops) WHERE ended_at IS NULL AND business_key IS NOT NULL;;
CREATE INDEX instance_open_by_start ON instance (started_at) WHERE ended_at IS NULL;;
CREATE INDEX instance_suspended ON instance (started_at) WHERE state = 'suspended';;
CREATE INDEX job_by_instance ON job (instance_key);;
CREATE INDEX job_locked ON job (lock_until) WHERE stage = 'locked';;
CREATE INDEX job_ready ON job (lane, priority DESC, due_at) WHERE stage = 'ready';;
CREATE INDEX job_scheduled ON job (due_at) WHERE stage = 'scheduled';;
CREATE INDEX job_stranded ON job (created_at) WHERE stage = 'failed' AND kind <> 'job';;
CREATE INDEX message_buffered ON message (correlation_hash, published_at) WHERE state = 'buffered';;
CREATE INDEX message_by_expiry ON message (expires_at) WHERE state = 'buffered';;
CREATE INDEX message_by_name ON message (name_hash, published_at) WHERE state = 'buffered';;
CREATE INDEX message_start_by_root ON message_start (root_key);;
CREATE INDEX person_group_by_name ON person_group (name);;
CREATE INDEX register_entry_of_case ON register_entry (instance_key, register, number) WHERE instance_key IS NOT NULL;;
CREATE INDEX register_entry_open ON register_entry (register, number) WHERE resolved IS NULL;;
CREATE INDEX request_by_age ON request (created_at);;
CREATE INDEX secret_by_root ON secret (root_key);;
CREATE INDEX session_by_person ON session (person_id);;
CREATE INDEX subscription_by_correlation ON subscription (correlation_hash) WHERE kind = 'message';;
CREATE INDEX subscription_by_instance ON subscription (instance_key);;
CREATE INDEX subscription_by_name ON subscription (name_hash, key) WHERE kind <> 'message';;
CREATE INDEX upload_by_age ON upload (saved_at);;
CREATE INDEX upload_by_person ON upload (person_id);;
CREATE INDEX user_task_by_assignee ON user_task (assignee, created_at) WHERE ended_at IS NULL AND assignee IS NOT NULL;;
CREATE INDEX user_task_by_candidate ON user_task (candidate_users) WHERE ended_at IS NULL AND candidate_users <> '';;
CREATE INDEX user_task_by_group ON user_task USING gin (string_to_array(candidate_groups, chr(31))) WHERE ended_at IS NULL;;
CREATE INDEX user_task_by_instance ON user_task (instance_key);;
CREATE INDEX user_task_due ON user_task (due_at, root_key) WHERE ended_at IS NULL AND due_at IS NOT NULL;;
CREATE INDEX user_task_open ON user_task (created_at, key) WHERE ended_at IS NULL;;
CREATE INDEX user_task_worklist ON user_task (candidate_groups, due_order, created_at, key, bucket, ended_at, priority, process_id, assignee, root_key, candidate_users, search_text) WHERE ended_at IS NULL;;
CREATE UNIQUE INDEX definition_by_version ON definition (kind, id, version);;
CREATE UNIQUE INDEX document_once ON document (bucket, idempotency_key, name) WHERE idempotency_key <> '';;
CREATE UNIQUE INDEX message_once ON message (bucket, correlation_hash, message_id) WHERE state = 'buffered' AND message_id <> '';;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$;;
CREATE TRIGGER history_update BEFORE UPDATE OR DELETE ON history FOR EACH ROW EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER audit_update BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER anchor_update BEFORE UPDATE OR DELETE ON anchor FOR EACH ROW EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER stored_file_update BEFORE UPDATE OR DELETE ON stored_file FOR EACH ROW EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER register_entry_delete BEFORE DELETE ON register_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER register_entry_update BEFORE UPDATE ON register_entry FOR EACH ROW WHEN (OLD.resolved IS NOT NULL OR NEW.resolved IS NULL OR NEW.register <> OLD.register OR NEW.number <> OLD.number OR NEW.at <> OLD.at OR NEW.subject <> OLD.subject OR NEW.data <> OLD.data) EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER history_truncate BEFORE TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER anchor_truncate BEFORE TRUNCATE ON anchor FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER stored_file_truncate BEFORE TRUNCATE ON stored_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();;
CREATE TRIGGER register_entry_truncate BEFORE TRUNCATE ON register_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();;
INSERT INTO key_block (id, next) VALUES (1, 1);;
INSERT INTO clock (id, offset_us) VALUES (1, 0);;
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea)
