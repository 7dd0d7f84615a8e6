// In the long tier: CI has the faults of uploads, which write most kinds of rows.
import { CHANGES } from '../faults/records/change-scenarios.ts';
import { LISTS } from '../faults/records/list-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults(
  'lists and changes',
  [...LISTS, ...CHANGES],
  [
    'COMMIT captured_months+captured_rows+event_shards+image_counts+image_tags+image_terms+images+usage',
    'COMMIT captured_rows+event_shards+image_tags+images',
    'COMMIT event_shards+image_counts+images+usage',
    'COMMIT event_shards+image_terms+images',
    'COMMIT event_shards+images',
    'COMMIT images',
    'DELETE FROM deliveries',
    'DELETE FROM idempotency_keys',
    'DELETE FROM images',
    'DELETE FROM upload_token_uses',
    'DELETE FROM view_revocations',
    'INSERT INTO leases',
  ],
);
