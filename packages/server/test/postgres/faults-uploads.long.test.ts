import { UPLOADS } from '../faults/records/upload-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('uploads', UPLOADS, [
  'COMMIT captured_months+captured_rows+event_shards+image_counts+image_tags+image_terms+images+usage',
  'COMMIT event_shards+image_counts+images+usage',
  'COMMIT event_shards+images+usage',
  'COMMIT idempotency_keys',
  'COMMIT idempotency_keys+image_counts+images+usage',
  'COMMIT image_counts+images+usage',
  'COMMIT images',
  'DELETE FROM idempotency_keys',
  'INSERT INTO jobs',
  'UPDATE idempotency_keys',
]);
