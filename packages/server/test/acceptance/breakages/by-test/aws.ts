import { caughtBy } from '../breakage.ts';

/** A service behind a CDN, and its rights on AWS. */
export const AWS = [
  ...caughtBy('packages/server/test/http/origin-secret.test.ts', [
    ['of two secrets the first one counts', 'requireOriginSecret', 'values.length === 1 && ', ''],
    ['any secret passes', 'requireOriginSecret', '1 && isSecret(first)', '1'],
    ['a request around the CDN is answered', 'requireOriginSecret', '=== 0) return', '>= 0) return'],
  ]),
  ...caughtBy('packages/server/src/http/steps/origin-secret.test.ts', [
    ['a secret of any length is hashed', 'originSecretsBy', 'if (given.length …;', ''],
    ['only the first of two secrets counts', 'originSecretsBy', 'hashes.', 'hashes.slice(0, 1).'],
    ['every entry with the address of the CDN is trusted', 'forwarding', 'times--', 'times'],
    ['the entry that the gateway appends is the client', 'forwarding', '2', '1'],
    ['a CDN with the secret is not trusted', 'forwarding', 'isKnown || ', ''],
  ]),
  ...caughtBy('packages/server/src/run/config/proxy-config.test.ts', [
    ['three secrets count', 'proxy-config.ts: MAX_SECRETS', '2', '3'],
    ['a wrong hash is repeated', 'PROXY_VARIABLES', ',\n    isSecret: true', ''],
  ]),
  ...caughtBy('test/servers/aws-commands/permissions.test.ts', [
    ['a copy may state no tags', 'PERMISSIONS', "'s3:PutObjectTagging'", ''],
    ['a worker may not send jobs', 'PERMISSIONS', "SendMessage',\n      'sqs:", ''],
  ]),
];
