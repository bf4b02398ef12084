-- Features: what customers ask for, each once; the decisions that sort mentions into them.

CREATE TABLE headway.features (
    workspace_id    uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    theme_id        uuid NOT NULL,
    name            text NOT NULL,
    description     text NOT NULL DEFAULT '',
    type            text NOT NULL CHECK (type IN ('feature_request', 'bug_report', 'pain_point')),
    urgency         text NOT NULL DEFAULT 'medium' CHECK (urgency IN ('low', 'medium', 'high', 'critical')),
    sentiment_score real,
    status          text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'under-review', 'planned', 'shipped', 'declined')),
    mention_count   int NOT NULL DEFAULT 0,
    first_mentioned timestamptz,
    last_mentioned  timestamptz,
    merged_into     uuid,
    theme_seq       bigint NOT NULL,
    sentiment_sum   numeric NOT NULL DEFAULT 0,
    sentiment_count int NOT NULL DEFAULT 0,
    pinned_urgency  text CHECK (pinned_urgency IN ('low', 'medium', 'high', 'critical')),
    founded_urgency text CHECK (founded_urgency IN ('low', 'medium', 'high', 'critical')),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, theme_id) REFERENCES headway.themes (workspace_id, id),
    FOREIGN KEY (workspace_id, merged_into) REFERENCES headway.features (workspace_id, id)
);
COMMENT ON TABLE headway.features IS 'Feature requests, bugs and pain points: each once, however many conversations mention it.';
COMMENT ON COLUMN headway.features.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.features.id IS 'Identifies the feature within its workspace.';
COMMENT ON COLUMN headway.features.created_at IS 'When it was found first.';
COMMENT ON COLUMN headway.features.theme_id IS 'The area of the product it belongs to.';
COMMENT ON COLUMN headway.features.name IS 'What it is, in a few words.';
COMMENT ON COLUMN headway.features.description IS 'What it is, in a few sentences.';
COMMENT ON COLUMN headway.features.type IS 'feature_request, bug_report or pain_point.';
COMMENT ON COLUMN headway.features.urgency IS 'low, medium, high or critical: what a person has set, else the highest that a mention has had. A bug''s severity counts as its urgency.';
COMMENT ON COLUMN headway.features.sentiment_score IS 'Mean sentiment of the conversations that mention it, -1 to 1.';
COMMENT ON COLUMN headway.features.status IS 'new, under-review, planned, shipped or declined.';
COMMENT ON COLUMN headway.features.mention_count IS 'How many messages mention it, or what was merged into it: the number of its rows in feature_messages.';
COMMENT ON COLUMN headway.features.first_mentioned IS 'When the earliest of them was.';
COMMENT ON COLUMN headway.features.last_mentioned IS 'When the latest of them was.';
COMMENT ON COLUMN headway.features.merged_into IS 'The feature that people merged this one into.';
COMMENT ON COLUMN headway.features.theme_seq IS 'The theme''s feature_seq when this feature was last changed in a way that matters for matching.';
COMMENT ON COLUMN headway.features.sentiment_sum IS 'The sum behind sentiment_score, exact, so that merging and taking apart again gives the same.';
COMMENT ON COLUMN headway.features.sentiment_count IS 'How many conversations that sum is of.';
COMMENT ON COLUMN headway.features.pinned_urgency IS 'The urgency that a person has set, which mentions no longer change; NULL when nobody has.';
COMMENT ON COLUMN headway.features.founded_urgency IS 'The urgency that it was found with, which it has while nobody mentions it.';

CREATE INDEX features_of_theme ON headway.features (workspace_id, theme_id, type, theme_seq);
COMMENT ON INDEX headway.features_of_theme IS 'The features that an item of a theme and type is compared with, and those that appeared since.';
CREATE INDEX features_by_mentions ON headway.features (workspace_id, mention_count DESC);
COMMENT ON INDEX headway.features_by_mentions IS 'What is asked for most.';
CREATE INDEX features_merged ON headway.features (workspace_id, merged_into) WHERE merged_into IS NOT NULL;
COMMENT ON INDEX headway.features_merged IS 'What was merged into a feature.';

CREATE TABLE headway.match_decisions (
    workspace_id        uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id                  uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at          timestamptz NOT NULL DEFAULT now(),
    message_id          uuid NOT NULL,
    title               text NOT NULL,
    description         text NOT NULL DEFAULT '',
    theme_id            uuid NOT NULL,
    shortlist           jsonb NOT NULL,
    is_duplicate        boolean NOT NULL,
    matching_feature_id uuid,
    confidence          real,
    reasoning           text,
    threshold           real NOT NULL,
    outcome             text NOT NULL CHECK (outcome IN ('linked', 'created', 'review', 'rejected')),
    decided_by          text NOT NULL CHECK (decided_by IN ('llm', 'similarity', 'person', 'builtin')),
    llm_call_id         uuid,
    prompt_id           uuid,
    feature_id          uuid NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES headway.messages (workspace_id, id),
    FOREIGN KEY (workspace_id, theme_id) REFERENCES headway.themes (workspace_id, id),
    FOREIGN KEY (workspace_id, feature_id) REFERENCES headway.features (workspace_id, id)
);
COMMENT ON TABLE headway.match_decisions IS
'Why an extracted item became a mention of a known feature or a new feature: everything that the decision rested on.';
COMMENT ON COLUMN headway.match_decisions.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.match_decisions.id IS 'Identifies the decision within its workspace.';
COMMENT ON COLUMN headway.match_decisions.created_at IS 'When it was made.';
COMMENT ON COLUMN headway.match_decisions.message_id IS 'The conversation that the item is from.';
COMMENT ON COLUMN headway.match_decisions.title IS 'The item, in a few words.';
COMMENT ON COLUMN headway.match_decisions.description IS 'The item, in a few sentences.';
COMMENT ON COLUMN headway.match_decisions.theme_id IS 'The item''s theme.';
COMMENT ON COLUMN headway.match_decisions.shortlist IS 'The features it was compared with: [{feature_id, name, score, bm25, ngrams, cosine}], the last with an embedding provider.';
COMMENT ON COLUMN headway.match_decisions.is_duplicate IS 'Whether the judge called it a known feature.';
COMMENT ON COLUMN headway.match_decisions.matching_feature_id IS 'Which one the judge named, also when it was not sure enough.';
COMMENT ON COLUMN headway.match_decisions.confidence IS 'How sure the judge was, 0 to 1.';
COMMENT ON COLUMN headway.match_decisions.reasoning IS 'The judge''s reason in a sentence.';
COMMENT ON COLUMN headway.match_decisions.threshold IS 'The confidence that was needed to link.';
COMMENT ON COLUMN headway.match_decisions.outcome IS 'linked; created; review: created, but the judge had named a feature without being sure enough; rejected by a person.';
COMMENT ON COLUMN headway.match_decisions.decided_by IS 'llm, similarity, person or builtin.';
COMMENT ON COLUMN headway.match_decisions.llm_call_id IS 'The call in headway.llm_calls that the judgement came from.';
COMMENT ON COLUMN headway.match_decisions.prompt_id IS 'The prompt it was asked with.';
COMMENT ON COLUMN headway.match_decisions.feature_id IS 'The feature that the item became a mention of.';

CREATE INDEX match_decisions_message ON headway.match_decisions (workspace_id, message_id);
COMMENT ON INDEX headway.match_decisions_message IS 'The decisions about a message.';
CREATE INDEX match_decisions_feature ON headway.match_decisions (workspace_id, feature_id);
COMMENT ON INDEX headway.match_decisions_feature IS 'The decisions behind a feature.';
CREATE INDEX match_decisions_theme ON headway.match_decisions (workspace_id, theme_id);
COMMENT ON INDEX headway.match_decisions_theme IS 'The decisions of a theme.';
CREATE INDEX match_decisions_doubtful ON headway.match_decisions (workspace_id, created_at)
    WHERE decided_by <> 'person' AND (outcome = 'review' OR outcome = 'linked' AND confidence < threshold + 0.05);
COMMENT ON INDEX headway.match_decisions_doubtful IS 'The decisions that a person should look at, see review_queue.';

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
COMMENT ON TABLE headway._judging IS
'Private. Items that are being judged, so that those of one theme that are judged side by side are compared with each other: each with those that have an earlier ticket.';
COMMENT ON COLUMN headway._judging.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway._judging.task_id IS 'The match task.';
COMMENT ON COLUMN headway._judging.theme_id IS 'The item''s theme.';
COMMENT ON COLUMN headway._judging.type IS 'The item''s type.';
COMMENT ON COLUMN headway._judging.ticket IS 'The theme''s feature_seq when the judge was shown what there is.';
COMMENT ON COLUMN headway._judging.shown IS 'What others are compared with: {title, description, quotes}.';
COMMENT ON COLUMN headway._judging.feature_id IS 'What it became, once it is decided.';
COMMENT ON COLUMN headway._judging.created IS 'Whether it founded that feature.';
CREATE INDEX _judging_open ON headway._judging (workspace_id, theme_id, type, ticket) WHERE feature_id IS NULL;
COMMENT ON INDEX headway._judging_open IS 'The items of a theme and type that are undecided.';
CREATE INDEX _judging_feature ON headway._judging (workspace_id, feature_id) WHERE created;
COMMENT ON INDEX headway._judging_feature IS 'The item that founded a feature lately.';

CREATE TABLE headway.feature_messages (
    workspace_id  uuid NOT NULL,
    feature_id    uuid NOT NULL,
    message_id    uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    decision_id   uuid,
    confidence    real,
    quote         text,
    quote_start_s real,
    quote_status  text CHECK (quote_status IN ('verified', 'repaired')),
    speaker       text,
    urgency       text CHECK (urgency IN ('low', 'medium', 'high', 'critical')),
    sentiment     real,
    via           uuid,
    PRIMARY KEY (workspace_id, feature_id, message_id),
    FOREIGN KEY (workspace_id, feature_id) REFERENCES headway.features (workspace_id, id),
    FOREIGN KEY (workspace_id, via) REFERENCES headway.features (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES headway.messages (workspace_id, id),
    FOREIGN KEY (workspace_id, decision_id) REFERENCES headway.match_decisions (workspace_id, id)
);
COMMENT ON TABLE headway.feature_messages IS 'Which message mentions which feature, with the words it was said in.';
COMMENT ON COLUMN headway.feature_messages.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.feature_messages.feature_id IS 'The feature.';
COMMENT ON COLUMN headway.feature_messages.message_id IS 'The message that mentions it.';
COMMENT ON COLUMN headway.feature_messages.created_at IS 'When the mention was entered.';
COMMENT ON COLUMN headway.feature_messages.decision_id IS 'Why.';
COMMENT ON COLUMN headway.feature_messages.confidence IS 'How sure the judge was, 0 to 1; NULL for the mention that founded the feature.';
COMMENT ON COLUMN headway.feature_messages.quote IS 'The customer''s own words, as they stand in the transcript.';
COMMENT ON COLUMN headway.feature_messages.quote_start_s IS 'Where they begin, in seconds from the start.';
COMMENT ON COLUMN headway.feature_messages.quote_status IS 'verified: the model quoted exactly; repaired: up to white space, case and punctuation, and the transcript''s words stand here.';
COMMENT ON COLUMN headway.feature_messages.speaker IS 'Who said it.';
COMMENT ON COLUMN headway.feature_messages.urgency IS 'How urgent it is to who said it: low, medium, high or critical.';
COMMENT ON COLUMN headway.feature_messages.sentiment IS 'The conversation''s sentiment, -1 to 1; NULL when it has none.';
COMMENT ON COLUMN headway.feature_messages.via IS
'The feature whose mention it is, where that was merged into this one: the row repeats one of its rows and goes when the merge is undone. NULL for the feature''s own.';

CREATE INDEX feature_messages_message ON headway.feature_messages (workspace_id, message_id);
COMMENT ON INDEX headway.feature_messages_message IS 'What a message mentions.';
CREATE INDEX feature_messages_decision ON headway.feature_messages (workspace_id, decision_id);
COMMENT ON INDEX headway.feature_messages_decision IS 'The mention that a decision led to.';
CREATE INDEX feature_messages_via ON headway.feature_messages (workspace_id, via) WHERE via IS NOT NULL;
COMMENT ON INDEX headway.feature_messages_via IS 'What a merged feature lends to the one it was merged into.';

CREATE TABLE headway.unmatched_features (
    workspace_id        uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id                  uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at          timestamptz NOT NULL DEFAULT now(),
    message_id          uuid NOT NULL,
    title               text NOT NULL,
    description         text NOT NULL DEFAULT '',
    type                text NOT NULL CHECK (type IN ('feature_request', 'bug_report', 'pain_point')),
    urgency             text NOT NULL DEFAULT 'medium' CHECK (urgency IN ('low', 'medium', 'high', 'critical')),
    proposed_theme      text,
    theme_confidence    real,
    reason              text NOT NULL CHECK (reason IN ('no_theme', 'low_theme_confidence', 'unverified_quote', 'not_relevant')),
    quote               text,
    resolved_feature_id uuid,
    dismissed_at        timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, message_id) REFERENCES headway.messages (workspace_id, id),
    FOREIGN KEY (workspace_id, resolved_feature_id) REFERENCES headway.features (workspace_id, id)
);
COMMENT ON TABLE headway.unmatched_features IS
'Items that were found but not counted: no theme fits well enough, or the quote is not in the transcript. They wait for a person.';
COMMENT ON COLUMN headway.unmatched_features.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.unmatched_features.id IS 'Identifies the item within its workspace.';
COMMENT ON COLUMN headway.unmatched_features.created_at IS 'When it was found.';
COMMENT ON COLUMN headway.unmatched_features.message_id IS 'The conversation it is from.';
COMMENT ON COLUMN headway.unmatched_features.title IS 'What it is, in a few words.';
COMMENT ON COLUMN headway.unmatched_features.description IS 'What it is, in a few sentences.';
COMMENT ON COLUMN headway.unmatched_features.type IS 'feature_request, bug_report or pain_point.';
COMMENT ON COLUMN headway.unmatched_features.urgency IS 'low, medium, high or critical.';
COMMENT ON COLUMN headway.unmatched_features.proposed_theme IS 'The theme that the model named.';
COMMENT ON COLUMN headway.unmatched_features.theme_confidence IS 'How sure the model was, 0 to 1.';
COMMENT ON COLUMN headway.unmatched_features.reason IS 'no_theme, low_theme_confidence, unverified_quote or not_relevant.';
COMMENT ON COLUMN headway.unmatched_features.quote IS 'The words it rests on, as the model claims them.';
COMMENT ON COLUMN headway.unmatched_features.resolved_feature_id IS 'The feature that it became in the end.';
COMMENT ON COLUMN headway.unmatched_features.dismissed_at IS 'When a person said that it is none; who and why stands in reviews.';

CREATE INDEX unmatched_features_message ON headway.unmatched_features (workspace_id, message_id);
COMMENT ON INDEX headway.unmatched_features_message IS 'The unmatched items of a message.';
CREATE INDEX unmatched_features_open ON headway.unmatched_features (workspace_id, created_at) WHERE resolved_feature_id IS NULL AND dismissed_at IS NULL;
COMMENT ON INDEX headway.unmatched_features_open IS 'What still waits for a person.';

CREATE TABLE headway.feature_rejections (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    feature_a    uuid NOT NULL,
    feature_b    uuid NOT NULL,
    reason       text,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, feature_a, feature_b),
    FOREIGN KEY (workspace_id, feature_a) REFERENCES headway.features (workspace_id, id),
    FOREIGN KEY (workspace_id, feature_b) REFERENCES headway.features (workspace_id, id),
    CHECK (feature_a < feature_b)
);
COMMENT ON TABLE headway.feature_rejections IS 'Pairs of features that people marked as not the same; they are never proposed again.';
COMMENT ON COLUMN headway.feature_rejections.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.feature_rejections.id IS 'Identifies the pair within its workspace.';
COMMENT ON COLUMN headway.feature_rejections.created_at IS 'When it was marked.';
COMMENT ON COLUMN headway.feature_rejections.feature_a IS 'The smaller id of the pair.';
COMMENT ON COLUMN headway.feature_rejections.feature_b IS 'The larger id of the pair.';
COMMENT ON COLUMN headway.feature_rejections.reason IS 'Why they differ.';
CREATE INDEX feature_rejections_b ON headway.feature_rejections (workspace_id, feature_b);
COMMENT ON INDEX headway.feature_rejections_b IS 'The pairs of a feature, from the other side.';

CREATE TABLE headway.reviews (
    workspace_id uuid NOT NULL REFERENCES headway.workspaces (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    item_id      uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('ambiguous_link', 'low_confidence_match', 'unverified_quote', 'unmatched_feature')),
    decision     text NOT NULL CHECK (decision IN ('accept', 'reject', 'later')),
    reason       text,
    reviewed_by  name NOT NULL,
    again_at     timestamptz,
    PRIMARY KEY (workspace_id, id)
);
COMMENT ON TABLE headway.reviews IS 'What people have said of the items of review_queue: each a label by which models and thresholds can be judged.';
COMMENT ON COLUMN headway.reviews.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.reviews.id IS 'Identifies the review within its workspace.';
COMMENT ON COLUMN headway.reviews.created_at IS 'When it was given.';
COMMENT ON COLUMN headway.reviews.item_id IS 'What it is of: an id in recordings, match_decisions or unmatched_features, by kind. No foreign key, so that it outlives the item.';
COMMENT ON COLUMN headway.reviews.kind IS 'ambiguous_link (a recording), low_confidence_match (a decision), unverified_quote or unmatched_feature (an unmatched item).';
COMMENT ON COLUMN headway.reviews.decision IS 'accept, reject or later.';
COMMENT ON COLUMN headway.reviews.reason IS 'Why.';
COMMENT ON COLUMN headway.reviews.reviewed_by IS 'The role that said so.';
COMMENT ON COLUMN headway.reviews.again_at IS 'When the item shall be shown again, after later.';
CREATE INDEX reviews_item ON headway.reviews (workspace_id, item_id);
COMMENT ON INDEX headway.reviews_item IS 'What was said of an item.';

CREATE TABLE headway.feature_merges (
    workspace_id uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at   timestamptz NOT NULL DEFAULT now(),
    source_id    uuid NOT NULL,
    target_id    uuid NOT NULL,
    reason       text,
    merged_by    name NOT NULL,
    undone_at    timestamptz,
    undone_by    name,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, source_id) REFERENCES headway.features (workspace_id, id),
    FOREIGN KEY (workspace_id, target_id) REFERENCES headway.features (workspace_id, id)
);
COMMENT ON TABLE headway.feature_merges IS 'Which features people have merged, and which of the merges they have undone. features.merged_into says what holds now.';
COMMENT ON COLUMN headway.feature_merges.workspace_id IS 'The workspace it belongs to.';
COMMENT ON COLUMN headway.feature_merges.id IS 'Identifies the merge within its workspace.';
COMMENT ON COLUMN headway.feature_merges.created_at IS 'When they were merged.';
COMMENT ON COLUMN headway.feature_merges.source_id IS 'The feature that was merged,';
COMMENT ON COLUMN headway.feature_merges.target_id IS 'into this one.';
COMMENT ON COLUMN headway.feature_merges.reason IS 'Why.';
COMMENT ON COLUMN headway.feature_merges.merged_by IS 'The role that merged them.';
COMMENT ON COLUMN headway.feature_merges.undone_at IS 'When that was undone; NULL while it holds.';
COMMENT ON COLUMN headway.feature_merges.undone_by IS 'The role that undid it.';
CREATE INDEX feature_merges_source ON headway.feature_merges (workspace_id, source_id);
COMMENT ON INDEX headway.feature_merges_source IS 'What became of a feature.';
CREATE INDEX feature_merges_target ON headway.feature_merges (workspace_id, target_id);
COMMENT ON INDEX headway.feature_merges_target IS 'What was merged into a feature.';

CREATE TABLE headway.llm_calls (
    workspace_id     uuid NOT NULL,
    started_at       timestamptz NOT NULL,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    run_id           uuid,
    task_id          bigint,
    purpose          text NOT NULL CHECK (purpose IN ('extract', 'match', 'theme', 'analyse', 'embed', 'transcribe', 'link')),
    provider         text NOT NULL,
    request_model    text,
    response_model   text,
    prompt_id        uuid,
    attempt          int NOT NULL DEFAULT 1,
    input_tokens     int,
    output_tokens    int,
    cached_tokens    int,
    reasoning_tokens int,
    audio_seconds    real,
    cost_usd         numeric(20, 12),
    latency_ms       int,
    status           text NOT NULL CHECK (status IN ('ok', 'error')),
    http_status      int,
    error            text,
    finish_reason    text,
    request_id       text,
    quotes_total     int,
    quotes_verified  int,
    cache_hit        boolean NOT NULL DEFAULT false,
    message_id       uuid,
    cache_write_tokens int,
    assumed_usd      numeric(20, 12),
    PRIMARY KEY (workspace_id, started_at, id)
);
COMMENT ON TABLE headway.llm_calls IS 'Every exchange with a model, failed ones too: what it cost and what came of it. No content.';
COMMENT ON COLUMN headway.llm_calls.workspace_id IS 'The workspace that pays.';
COMMENT ON COLUMN headway.llm_calls.started_at IS 'When the request left.';
COMMENT ON COLUMN headway.llm_calls.id IS 'Identifies the call.';
COMMENT ON COLUMN headway.llm_calls.run_id IS 'The run it was made for.';
COMMENT ON COLUMN headway.llm_calls.task_id IS 'The task it was made for; the first of them when it was about several items of a conversation.';
COMMENT ON COLUMN headway.llm_calls.purpose IS 'extract, match, theme, analyse, embed, transcribe or link.';
COMMENT ON COLUMN headway.llm_calls.provider IS 'builtin, openai, ...';
COMMENT ON COLUMN headway.llm_calls.request_model IS 'The model that was asked for.';
COMMENT ON COLUMN headway.llm_calls.response_model IS 'The model that answered.';
COMMENT ON COLUMN headway.llm_calls.prompt_id IS 'The prompt it was asked with.';
COMMENT ON COLUMN headway.llm_calls.attempt IS 'Which attempt of the task this was.';
COMMENT ON COLUMN headway.llm_calls.input_tokens IS 'Tokens sent; NULL when the provider did not say.';
COMMENT ON COLUMN headway.llm_calls.output_tokens IS 'Tokens received, reasoning included; NULL when the provider did not say.';
COMMENT ON COLUMN headway.llm_calls.cached_tokens IS 'Tokens sent that the provider had cached.';
COMMENT ON COLUMN headway.llm_calls.reasoning_tokens IS 'Tokens spent on reasoning.';
COMMENT ON COLUMN headway.llm_calls.audio_seconds IS 'Seconds of audio sent.';
COMMENT ON COLUMN headway.llm_calls.cost_usd IS 'What it cost by the prices of its time (headway.model_prices); NULL when that is not known.';
COMMENT ON COLUMN headway.llm_calls.latency_ms IS 'From request to answer.';
COMMENT ON COLUMN headway.llm_calls.status IS 'ok or error.';
COMMENT ON COLUMN headway.llm_calls.http_status IS 'The HTTP status, if there was an HTTP answer.';
COMMENT ON COLUMN headway.llm_calls.error IS 'What went wrong, in one line.';
COMMENT ON COLUMN headway.llm_calls.finish_reason IS 'Why the model stopped, in the provider''s words.';
COMMENT ON COLUMN headway.llm_calls.request_id IS 'The provider''s id of the call, for asking its support.';
COMMENT ON COLUMN headway.llm_calls.quotes_total IS 'Quotes in the answer.';
COMMENT ON COLUMN headway.llm_calls.quotes_verified IS 'How many of them stand in the transcript.';
COMMENT ON COLUMN headway.llm_calls.cache_hit IS 'Whether a stored answer was used and nothing was paid.';
COMMENT ON COLUMN headway.llm_calls.message_id IS 'The message that it was about.';
COMMENT ON COLUMN headway.llm_calls.cache_write_tokens IS 'Tokens sent that the provider took into its cache and charges for that.';
COMMENT ON COLUMN headway.llm_calls.assumed_usd IS 'What it may have cost at most, which budgets count when cost_usd is not known; NULL when it is, or when no budget was set.';

-- Partial, so that a look-up by id that is planned while the table is empty never takes it.
CREATE INDEX llm_calls_run ON headway.llm_calls (workspace_id, run_id) WHERE run_id IS NOT NULL;
COMMENT ON INDEX headway.llm_calls_run IS 'What a run has cost.';
CREATE INDEX llm_calls_message ON headway.llm_calls (workspace_id, message_id) WHERE message_id IS NOT NULL;
COMMENT ON INDEX headway.llm_calls_message IS 'What a message has cost.';
CREATE INDEX llm_calls_prompt ON headway.llm_calls (workspace_id, prompt_id) WHERE prompt_id IS NOT NULL;
COMMENT ON INDEX headway.llm_calls_prompt IS 'What a prompt has cost.';
