CREATE TABLE instance (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	parent_key INTEGER, 
	parent_element_key INTEGER, 
	definition_key INTEGER NOT NULL, 
	process_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	business_key TEXT, 
	started_at INTEGER NOT NULL, 
	ended_at INTEGER, 
	parameters_version INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	head_hash BLOB NOT NULL, 
	revision INTEGER NOT NULL, 
	pages INTEGER NOT NULL, 
	parent_page INTEGER, 
	state_bytes BLOB NOT NULL, 
	PRIMARY KEY (bucket, "key")
)
 STRICT;;
CREATE TABLE page (
	bucket INTEGER NOT NULL, 
	instance_key INTEGER NOT NULL, 
	page INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (bucket, instance_key, page)
)
 STRICT;;
CREATE TABLE data_key (
	bucket INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	kid TEXT NOT NULL, 
	wrapped BLOB NOT NULL, 
	PRIMARY KEY (bucket, root_key)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE history (
	bucket INTEGER NOT NULL, 
	instance_key INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	actor TEXT NOT NULL, 
	on_behalf_of TEXT NOT NULL, 
	command TEXT NOT NULL, 
	format INTEGER NOT NULL, 
	semantics_version INTEGER NOT NULL, 
	prev_hash BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	payload BLOB NOT NULL, 
	PRIMARY KEY (bucket, instance_key, seq)
)
 STRICT;;
CREATE TABLE user_task (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	instance_key INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	process_id TEXT NOT NULL, 
	element_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	assignee TEXT, 
	candidate_groups TEXT NOT NULL, 
	candidate_users TEXT NOT NULL, 
	due_at INTEGER, 
	follow_up_at INTEGER, 
	priority INTEGER NOT NULL, 
	form_id TEXT, 
	created_at INTEGER NOT NULL, 
	ended_at INTEGER, 
	page INTEGER, 
	due_order INTEGER NOT NULL, 
	search_text TEXT NOT NULL, 
	PRIMARY KEY (bucket, "key")
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE job (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	instance_key INTEGER, 
	root_key INTEGER, 
	element_key INTEGER, 
	element_id TEXT NOT NULL, 
	process_id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	priority INTEGER NOT NULL, 
	due_at INTEGER NOT NULL, 
	lock_owner TEXT, 
	lock_until INTEGER, 
	attempt INTEGER NOT NULL, 
	retries INTEGER NOT NULL, 
	crash_count INTEGER NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	payload BLOB NOT NULL, 
	page INTEGER, 
	lane TEXT NOT NULL, 
	PRIMARY KEY (bucket, "key")
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE subscription (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	name_hash BLOB NOT NULL, 
	correlation_hash BLOB NOT NULL, 
	name TEXT NOT NULL, 
	process_id TEXT NOT NULL, 
	instance_key INTEGER, 
	root_key INTEGER, 
	element_key INTEGER, 
	element_id TEXT NOT NULL, 
	definition_key INTEGER NOT NULL, 
	opened_at INTEGER NOT NULL, 
	page INTEGER, 
	PRIMARY KEY (bucket, "key")
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE correlation (
	bucket INTEGER NOT NULL, 
	slot INTEGER NOT NULL, 
	uses INTEGER NOT NULL, 
	PRIMARY KEY (bucket, slot)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE message (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	name_hash BLOB NOT NULL, 
	correlation_hash BLOB NOT NULL, 
	message_id TEXT NOT NULL, 
	published_at INTEGER NOT NULL, 
	expires_at INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	PRIMARY KEY (bucket, "key")
)
 STRICT;;
CREATE TABLE message_delivery (
	bucket INTEGER NOT NULL, 
	message_key INTEGER NOT NULL, 
	process_id TEXT NOT NULL, 
	PRIMARY KEY (bucket, message_key, process_id)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE message_start (
	bucket INTEGER NOT NULL, 
	correlation_hash BLOB NOT NULL, 
	process_id TEXT NOT NULL, 
	root_key INTEGER NOT NULL, 
	PRIMARY KEY (bucket, correlation_hash, process_id)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE incident (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	instance_key INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	process_id TEXT NOT NULL, 
	element_id TEXT NOT NULL, 
	element_key INTEGER, 
	job_key INTEGER, 
	type TEXT NOT NULL, 
	message BLOB NOT NULL, 
	state TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	resolved_at INTEGER, 
	page INTEGER, 
	PRIMARY KEY (bucket, "key")
)
 STRICT;;
CREATE TABLE request (
	id TEXT NOT NULL, 
	root_key INTEGER, 
	seq INTEGER NOT NULL, 
	result BLOB NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE effect (
	bucket INTEGER NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	name TEXT NOT NULL, 
	reply BLOB NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (bucket, idempotency_key)
)
 STRICT;;
CREATE TABLE once (
	bucket INTEGER NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	root_key INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (bucket, idempotency_key, purpose)
)
 STRICT;;
CREATE TABLE secret (
	ref TEXT NOT NULL, 
	bucket INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	purpose TEXT NOT NULL, 
	kid TEXT NOT NULL, 
	wrapped BLOB NOT NULL, 
	ciphertext BLOB NOT NULL, 
	expires_at INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	shown INTEGER NOT NULL, 
	PRIMARY KEY (ref, bucket)
)
 STRICT;;
CREATE TABLE document (
	ref TEXT NOT NULL, 
	bucket INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	content BLOB NOT NULL, 
	created_at INTEGER NOT NULL, 
	idempotency_key TEXT NOT NULL, 
	PRIMARY KEY (ref, bucket)
)
 STRICT;;
CREATE TABLE deployment (
	"key" INTEGER NOT NULL, 
	deployed_at INTEGER NOT NULL, 
	deployed_by TEXT NOT NULL, 
	PRIMARY KEY ("key")
)
 STRICT;;
CREATE TABLE definition (
	"key" INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	version_tag TEXT NOT NULL, 
	name TEXT NOT NULL, 
	file TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	deployment_key INTEGER NOT NULL, 
	deployed_at INTEGER NOT NULL, 
	deployed_by TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	active INTEGER NOT NULL, 
	PRIMARY KEY ("key")
)
 STRICT;;
CREATE TABLE definition_draft (
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	person_id TEXT NOT NULL, 
	content BLOB NOT NULL, 
	based_on INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	saved_at INTEGER NOT NULL, 
	PRIMARY KEY (kind, id, person_id)
)
 STRICT;;
CREATE TABLE stored_file (
	sha256 TEXT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (sha256)
)
 STRICT;;
CREATE TABLE register (
	name TEXT NOT NULL, 
	last INTEGER NOT NULL, 
	PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE register_entry (
	register TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	instance_key INTEGER, 
	at INTEGER NOT NULL, 
	subject BLOB NOT NULL, 
	data BLOB NOT NULL, 
	resolved TEXT, 
	PRIMARY KEY (register, number)
)
 STRICT;;
CREATE TABLE person (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	roles TEXT NOT NULL, 
	school TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	active INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT;;
CREATE TABLE sign_in (
	person_id TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	last_failure INTEGER NOT NULL, 
	PRIMARY KEY (person_id)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE attempt (
	subject BLOB NOT NULL, 
	until INTEGER NOT NULL, 
	PRIMARY KEY (subject)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE session (
	token_hash BLOB NOT NULL, 
	person_id TEXT NOT NULL, 
	form_token TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	PRIMARY KEY (token_hash)
)
 STRICT;;
CREATE TABLE person_group (
	person_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (person_id, name)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE group_name (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE parameters (
	procedure TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	at INTEGER NOT NULL, 
	"by" TEXT NOT NULL, 
	PRIMARY KEY (procedure, version)
)
 STRICT;;
CREATE TABLE audit (
	seq INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	prev_hash BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (seq)
)
 STRICT;;
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT;;
CREATE TABLE anchor (
	number INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	instances INTEGER NOT NULL, 
	merkle_root BLOB NOT NULL, 
	signature BLOB NOT NULL, 
	document BLOB NOT NULL, 
	PRIMARY KEY (number)
)
 STRICT;;
CREATE TABLE key_block (
	id INTEGER NOT NULL, 
	next INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT;;
CREATE TABLE clock (
	id INTEGER NOT NULL, 
	offset_us INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT;;
CREATE TABLE node (
	id TEXT NOT NULL, 
	started_at INTEGER NOT NULL, 
	seen_at INTEGER NOT NULL, 
	version TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	host TEXT NOT NULL, 
	threads INTEGER NOT NULL, 
	running INTEGER NOT NULL, 
	draining INTEGER NOT NULL, 
	types TEXT NOT NULL, 
	revision TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT;;
CREATE TABLE batch (
	bucket INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	verb TEXT NOT NULL, 
	state TEXT NOT NULL, 
	dry_run INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	created_at INTEGER NOT NULL, 
	created_by TEXT NOT NULL, 
	ended_at INTEGER, 
	content BLOB NOT NULL, 
	PRIMARY KEY (bucket, "key")
)
 STRICT;;
CREATE TABLE batch_item (
	bucket INTEGER NOT NULL, 
	batch_key INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	subject_key INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	done_at INTEGER, 
	message BLOB NOT NULL, 
	PRIMARY KEY (bucket, batch_key, number)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE saved_filter (
	person_id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (person_id, name)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE draft (
	person_id TEXT NOT NULL, 
	place TEXT NOT NULL, 
	content BLOB NOT NULL, 
	saved_at INTEGER NOT NULL, 
	PRIMARY KEY (person_id, place)
)
 STRICT;;
CREATE TABLE upload (
	ref TEXT NOT NULL, 
	person_id TEXT NOT NULL, 
	about BLOB NOT NULL, 
	saved_at INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (ref)
)
 STRICT;;
CREATE TABLE hold (
	bucket INTEGER NOT NULL, 
	root_key INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	"by" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	PRIMARY KEY (bucket, root_key)
)
 WITHOUT ROWID,
 STRICT;;
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
)
 STRICT;;
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
CREATE INDEX instance_by_business_key ON instance (business_key, "key") WHERE business_key IS NOT NULL;;
CREATE INDEX instance_by_parent ON instance (parent_key) WHERE parent_key IS NOT NULL;;
CREATE INDEX instance_called ON instance (root_key) WHERE parent_key IS NOT NULL;;
CREATE INDEX instance_ended ON instance (state, started_at) WHERE ended_at IS NOT NULL;;
CREATE INDEX instance_ended_of_process ON instance (process_id, state, started_at) WHERE ended_at IS NOT NULL;;
CREATE INDEX instance_number_of_process ON instance (process_id, business_key) WHERE business_key IS NOT NULL;;
CREATE INDEX instance_open ON instance (process_id, started_at) WHERE ended_at IS NULL;;
CREATE INDEX instance_open_by_number ON instance (business_key) WHERE ended_at IS NULL AND business_key IS NOT NULL;;
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
CREATE INDEX subscription_by_name ON subscription (name_hash, "key") WHERE kind <> 'message';;
CREATE INDEX upload_by_age ON upload (saved_at);;
CREATE INDEX upload_by_person ON upload (person_id);;
CREATE INDEX user_task_by_assignee ON user_task (assignee, created_at) WHERE ended_at IS NULL AND assignee IS NOT NULL;;
CREATE INDEX user_task_by_candidate ON user_task (candidate_users) WHERE ended_at IS NULL AND candidate_users <> '';;
CREATE INDEX user_task_by_instance ON user_task (instance_key);;
CREATE INDEX user_task_due ON user_task (due_at, root_key) WHERE ended_at IS NULL AND due_at IS NOT NULL;;
CREATE INDEX user_task_open ON user_task (created_at, "key") WHERE ended_at IS NULL;;
CREATE INDEX user_task_worklist ON user_task (candidate_groups, due_order, created_at, "key", bucket, ended_at, priority, process_id, assignee, root_key, candidate_users, search_text) WHERE ended_at IS NULL;;
CREATE UNIQUE INDEX definition_by_version ON definition (kind, id, version);;
CREATE UNIQUE INDEX document_once ON document (bucket, idempotency_key, name) WHERE idempotency_key <> '';;
CREATE UNIQUE INDEX message_once ON message (bucket, correlation_hash, message_id) WHERE state = 'buffered' AND message_id <> '';;
CREATE TRIGGER history_delete BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;;
CREATE TRIGGER anchor_delete BEFORE DELETE ON anchor BEGIN SELECT RAISE(ABORT, 'anchor is append-only'); END;;
CREATE TRIGGER stored_file_delete BEFORE DELETE ON stored_file BEGIN SELECT RAISE(ABORT, 'stored_file is append-only'); END;;
CREATE TRIGGER register_entry_delete BEFORE DELETE ON register_entry BEGIN SELECT RAISE(ABORT, 'register_entry is append-only'); END;;
CREATE TRIGGER history_update BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;;
CREATE TRIGGER history_insert BEFORE INSERT ON history WHEN EXISTS (SELECT 1 FROM history WHERE bucket = NEW.bucket AND instance_key = NEW.instance_key AND seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;;
CREATE TRIGGER audit_insert BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;;
CREATE TRIGGER anchor_update BEFORE UPDATE ON anchor BEGIN SELECT RAISE(ABORT, 'anchor is append-only'); END;;
CREATE TRIGGER anchor_insert BEFORE INSERT ON anchor WHEN EXISTS (SELECT 1 FROM anchor WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'anchor is append-only'); END;;
CREATE TRIGGER stored_file_update BEFORE UPDATE ON stored_file BEGIN SELECT RAISE(ABORT, 'stored_file is append-only'); END;;
CREATE TRIGGER stored_file_insert BEFORE INSERT ON stored_file WHEN EXISTS (SELECT 1 FROM stored_file WHERE sha256 = NEW.sha256 AND content <> NEW.content) BEGIN SELECT RAISE(ABORT, 'stored_file is append-only'); END;;
CREATE TRIGGER register_entry_update BEFORE UPDATE ON register_entry WHEN OLD.resolved IS NOT NULL OR NEW.resolved IS NULL OR NEW.register <> OLD.register OR NEW.number <> OLD.number OR NEW.at <> OLD.at OR NEW.subject <> OLD.subject OR NEW.data <> OLD.data BEGIN SELECT RAISE(ABORT, 'register_entry is resolved once'); END;;
CREATE TRIGGER register_entry_insert BEFORE INSERT ON register_entry WHEN EXISTS (SELECT 1 FROM register_entry WHERE register = NEW.register AND number = NEW.number) BEGIN SELECT RAISE(ABORT, 'register_entry is append-only'); END;;
INSERT INTO key_block (id, next) VALUES (1, 1);;
INSERT INTO clock (id, offset_us) VALUES (1, 0);;
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, X'0000000000000000000000000000000000000000000000000000000000000000')
