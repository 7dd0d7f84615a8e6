-- A page of one status reads no rows of the others.
CREATE INDEX deliveries_by_status ON deliveries (webhook_id, status, event_at, event_id);
