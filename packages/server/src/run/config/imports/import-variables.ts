import { expected, optionalOrigin, optionalText, variable } from '../variable.ts';

/** Variables of `npm run admin -- import` from a bucket or an earlier service. No other program reads them. */
export const IMPORT_VARIABLES = {
  importS3Endpoint: variable({
    name: 'IMPORT_S3_ENDPOINT',
    group: 'import',
    default: '',
    about:
      "The address of the store to import from; Amazon's is `https://s3.REGION.amazonaws.com`. Unset: the service's own, or Amazon S3 in the region.",
    parse: optionalOrigin('https://s3.example.org'),
  }),
  importDynamodbEndpoint: variable({
    name: 'IMPORT_DYNAMODB_ENDPOINT',
    group: 'import',
    default: '',
    about:
      "The address of the earlier service's table; Amazon's is `https://dynamodb.REGION.amazonaws.com`. Unset: the service's own, or Amazon DynamoDB in the region.",
    parse: optionalOrigin('http://127.0.0.1:8000'),
  }),
  importRegion: variable({
    name: 'IMPORT_AWS_REGION',
    group: 'import',
    default: '',
    about: "The region of the bucket and the table to import from. Unset: the service's own.",
    parse: (given) => (/^[a-z0-9-]*$/.test(given) ? given || null : expected('a region, as eu-central-1')),
  }),
  importAccessKeyId: variable({
    name: 'IMPORT_AWS_ACCESS_KEY_ID',
    group: 'import',
    default: '',
    about:
      "The access key for the bucket and the table to import from, which needs to read only (docs/import.md). Unset: the service's own, or the AWS SDK's provider chain.",
    parse: optionalText,
  }),
  importSecretAccessKey: variable({
    name: 'IMPORT_AWS_SECRET_ACCESS_KEY',
    group: 'import',
    default: '',
    about: 'The secret of that access key.',
    isSecret: true,
    parse: optionalText,
  }),
  importSessionToken: variable({
    name: 'IMPORT_AWS_SESSION_TOKEN',
    group: 'import',
    default: '',
    about: 'The session token of a temporary access key.',
    isSecret: true,
    parse: optionalText,
  }),
} as const;
