-- What changed since 0.1.0 and is not a function, procedure, view or comment: those of sql/ are repeated by
-- the update as they are. See docs/explanation/releases.md.

-- functions and views
