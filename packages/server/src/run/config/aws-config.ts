import { expected, optionalText, type Read, type Report, type Variable, variable } from './variable.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Variables of bucket, table and queue. */
export const AWS_VARIABLES = {
  awsRegion: variable({
    name: 'AWS_REGION',
    group: 's3',
    aliases: ['AWS_DEFAULT_REGION'],
    default: 'us-east-1',
    about: 'The region of bucket, table and queue.',
    parse: (given) => (/^[a-z0-9-]+$/.test(given) ? given : expected('a region, as eu-central-1')),
  }),
  awsAccessKeyId: variable({
    name: 'AWS_ACCESS_KEY_ID',
    group: 's3',
    default: '',
    about: "The access key for bucket, table and queue. Unset: the AWS SDK's provider chain (roles, profiles).",
    parse: optionalText,
  }),
  awsSecretAccessKey: variable({
    name: 'AWS_SECRET_ACCESS_KEY',
    group: 's3',
    default: '',
    about: 'The secret of the access key.',
    isSecret: true,
    parse: optionalText,
  }),
  awsSessionToken: variable({
    name: 'AWS_SESSION_TOKEN',
    group: 's3',
    default: '',
    about: 'The session token of a temporary access key.',
    isSecret: true,
    parse: optionalText,
  }),
  caBundle: variable({
    name: 'AWS_CA_BUNDLE',
    group: 's3',
    default: '',
    about: 'A file of additional trusted certificates (PEM), for a store with a private CA.',
    parse: optionalText,
  }),
} as const;

interface KeyVariables {
  readonly accessKeyId: Variable<string | null>;
  readonly secretAccessKey: Variable<string | null>;
  readonly sessionToken: Variable<string | null> | null;
}

/** null: neither is set. */
export function readKeys(read: Read, variables: KeyVariables, report: Report): AwsKeys | null {
  const accessKeyId = read(variables.accessKeyId);
  const secretAccessKey = read(variables.secretAccessKey);
  const sessionToken = variables.sessionToken && read(variables.sessionToken);
  if (accessKeyId !== null && secretAccessKey !== null) {
    return { accessKeyId, secretAccessKey, ...(sessionToken !== null && { sessionToken }) };
  }
  if (accessKeyId !== null || secretAccessKey !== null) {
    const { name } = accessKeyId === null ? variables.accessKeyId : variables.secretAccessKey;
    report(name, 'expected a key and its secret, or neither; got one of them');
  }
  return null;
}

/** null: the AWS SDK's provider chain. */
export const readAwsKeys = (read: Read, report: Report): AwsKeys | null =>
  readKeys(
    read,
    {
      accessKeyId: AWS_VARIABLES.awsAccessKeyId,
      secretAccessKey: AWS_VARIABLES.awsSecretAccessKey,
      sessionToken: AWS_VARIABLES.awsSessionToken,
    },
    report,
  );
