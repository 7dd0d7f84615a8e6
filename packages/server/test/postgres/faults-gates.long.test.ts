// In the long tier: CI has the faults of uploads.
import { GATED } from '../faults/records/gate-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('gates', GATED, [
  'COMMIT captured_months+captured_rows+event_shards+image_counts+image_tags+image_terms+images',
  'COMMIT event_shards+image_counts+images+usage',
  'COMMIT idempotency_keys',
  'COMMIT image_counts+images+usage',
  'COMMIT images',
  'DELETE FROM deliveries',
  'DELETE FROM idempotency_keys',
  'DELETE FROM images',
  'DELETE FROM upload_token_uses',
  'DELETE FROM view_revocations',
  'INSERT INTO leases',
  'UPDATE idempotency_keys',
]);
