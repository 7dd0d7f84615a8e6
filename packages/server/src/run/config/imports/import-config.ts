import { AWS_VARIABLES, type AwsKeys, readKeys } from '../aws-config.ts';
import { DYNAMODB_VARIABLES } from '../dynamodb-config.ts';
import { S3_VARIABLES } from '../s3-config.ts';
import type { Read, Report } from '../variable.ts';
import { IMPORT_VARIABLES } from './import-variables.ts';

/** Where the bucket and the table of an import are. */
export interface ImportConfig {
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly s3Endpoint: string | null;
  readonly dynamodbEndpoint: string | null;
  readonly caBundle: string | null;
}

export const readImport = (read: Read): ImportConfig => ({
  region: read(IMPORT_VARIABLES.importRegion) ?? read(AWS_VARIABLES.awsRegion),
  s3Endpoint: read(IMPORT_VARIABLES.importS3Endpoint) ?? read(S3_VARIABLES.s3Endpoint),
  dynamodbEndpoint: read(IMPORT_VARIABLES.importDynamodbEndpoint) ?? read(DYNAMODB_VARIABLES.dynamoEndpoint),
  caBundle: read(AWS_VARIABLES.caBundle),
});

/** null: neither is set, and the service's own keys are used. */
export const readImportKeys = (read: Read, report: Report): AwsKeys | null =>
  readKeys(
    read,
    {
      accessKeyId: IMPORT_VARIABLES.importAccessKeyId,
      secretAccessKey: IMPORT_VARIABLES.importSecretAccessKey,
      sessionToken: IMPORT_VARIABLES.importSessionToken,
    },
    report,
  );
