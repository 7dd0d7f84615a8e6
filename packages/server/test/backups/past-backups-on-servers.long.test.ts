import { describe } from 'node:test';
import { NO_CLOUD } from '../services/cloud.ts';
import { NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { describeRestored } from './past/describe-restored.ts';
import { PLACES } from './place.ts';

describe('a backup of commit 65a34327, restored on DynamoDB and S3', { skip: NO_CLOUD }, () =>
  describeRestored({ newPlace: PLACES['DynamoDB and S3'], searches: false }),
);

describe('a backup of commit 65a34327, restored on PostgreSQL and S3', { skip: NO_POSTGRES_CLOUD }, () =>
  describeRestored({ newPlace: PLACES['PostgreSQL and S3'], searches: true }),
);
