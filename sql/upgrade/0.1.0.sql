-- What changed since 0.1.0 and is not a function, procedure, view or comment: those of sql/ are repeated by
-- the update as they are. See docs/explanation/releases.md.

DROP FUNCTION IF EXISTS headway._apply_decision(uuid, uuid, jsonb, jsonb, uuid);
ALTER TABLE headway.messages SET (fillfactor = 50, toast_tuple_target = 512);

CREATE TABLE headway._judging (
    workspace_id uuid NOT NULL,
    task_id      bigint NOT NULL,
    theme_id     uuid NOT NULL,
    type         text NOT NULL,
    ticket       bigint NOT NULL,
    shown        jsonb NOT NULL,
    feature_id   uuid,
    created      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, task_id),
    FOREIGN KEY (workspace_id, task_id) REFERENCES headway.tasks (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX _judging_open ON headway._judging (workspace_id, theme_id, type, ticket) WHERE feature_id IS NULL;
CREATE INDEX _judging_feature ON headway._judging (workspace_id, feature_id) WHERE created;

-- functions and views
