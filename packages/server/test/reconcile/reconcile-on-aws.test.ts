import { describeReconcile } from './planted-faults.ts';

describeReconcile('DynamoDB and S3');
