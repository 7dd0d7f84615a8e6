import { breakagesFor, type TestedBreakage } from '../breakage.ts';

/** A service behind a CDN, and its rights on AWS. */
export const AWS: readonly TestedBreakage[] = [
  ...breakagesFor({ file: 'server/src/http/steps/origin-secret.ts', test: 'server/test/http/origin-secret.test.ts' }, [
    ['of two secrets the first one counts', 'values.length === 1 && ', ''],
    ['any secret passes', ' && isSecret(first)', ''],
    ['a request around the CDN is answered', 'if (hashes.length === 0)', 'if (hashes.length >= 0)'],
  ]),
  ...breakagesFor(
    { file: 'server/src/domain/access/origin-secret.ts', test: 'server/src/http/steps/origin-secret.test.ts' },
    [
      ['a secret of any length is hashed', 'if (given.length > MAX_SECRET_LENGTH) return false;', ''],
      ['only the first of two secrets counts', 'hashes.map((one)', 'hashes.slice(0, 1).map((one)'],
    ],
  ),
  ...breakagesFor(
    { file: 'server/src/http/steps/forwarding.ts', test: 'server/src/http/steps/origin-secret.test.ts' },
    [
      ['every entry with the address of the CDN is trusted', 'times-- > 0', 'times > 0'],
      [
        'the entry that the gateway appends is the client',
        'let times = isKnown ? 2 : 0;',
        'let times = isKnown ? 1 : 0;',
      ],
      ['a CDN with the secret is not trusted', 'isKnown || isListed(peer)', 'isListed(peer)'],
    ],
  ),
  ...breakagesFor(
    { file: 'server/src/run/config/proxy-config.ts', test: 'server/src/run/config/proxy-config.test.ts' },
    [
      ['three secrets count', 'const MAX_SECRETS = 2;', 'const MAX_SECRETS = 3;'],
      ['a wrong hash is repeated', '    isSecret: true,\n', ''],
    ],
  ),
  ...[
    ['a copy may state no tags', "    actions: ['s3:PutObjectTagging'],", '    actions: [],'],
    [
      'a worker may not send jobs',
      "      'sqs:SendMessage',\n      'sqs:ReceiveMessage',",
      "      'sqs:ReceiveMessage',",
    ],
  ].map(([name = '', search = '', replace = '']) => ({
    name,
    file: 'packages/server/src/admin/provision/permissions.ts',
    search,
    replace,
    test: 'test-servers/aws-commands/permissions.test.ts',
  })),
];
