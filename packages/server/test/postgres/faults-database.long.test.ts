// In the long tier: CI has the faults of uploads.
import { OF_THE_DATABASE } from './database-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('albums and a start', OF_THE_DATABASE, [
  'COMMIT album_counts+album_rows+captured_rows+images',
  'COMMIT albums+event_shards',
  'COMMIT event_log+event_shards',
  'COMMIT idempotency_keys+image_counts+images+upload_token_uses+usage',
  'COMMIT many tables',
  'INSERT INTO shared_secret',
]);
