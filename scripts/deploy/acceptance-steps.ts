import type { Topic } from '../../test/acceptance/suite.ts';
import { laterSteps } from './later-steps.ts';
import type { PlanOptions } from './plan-options.ts';
import { command, type Step, stacksOf } from './step.ts';

/** Longer than deployment and suite take. */
const KEYS_LAST = `"$(node -p 'new Date(Date.now() + 7_200_000).toISOString()')"`;

/** Topics whose services have no limits, or small ones, in our own tests. */
const MEETING_LIMITS: readonly Topic[] = ['authentication', 'rate-limits', 'visibility'];

/** A key of the JSON that `npm run admin -- keys` prints; the log of a workflow shows it as ***. */
const keyFrom = (variable: string, options: string): string[] => [
  `${variable}=$(npm run --silent admin -- keys create ${options} --expires-at ${KEYS_LAST} | sed 's/.*"key":"\\([^"]*\\)".*/\\1/')`,
  `[ -z "\${GITHUB_ACTIONS:-}" ] || echo "::add-mask::$${variable}"`,
];

/** Brings the stage, which a plan deployed before, to this version, and runs the acceptance suite against it. */
export function acceptanceSteps(options: Pick<PlanOptions, 'stage' | 'region' | 'zips'>): readonly Step[] {
  const { service } = stacksOf(options.stage);
  const [names, anotherVersion] = laterSteps(options);
  if (names === undefined || anotherVersion === undefined) throw new Error('expected the steps of another version');
  return [
    names,
    anotherVersion,
    {
      title: 'The address',
      notes: [],
      commands: [
        `PUBLIC_URL=$(aws cloudformation describe-stacks --stack-name ${service} --query "Stacks[0].Parameters[?ParameterKey=='PublicUrl'].ParameterValue" --output text)`,
      ],
    },
    {
      title: 'Keys for two hours: one that acts for every user, and that of an admin',
      notes: [],
      commands: [
        'export AUTH=api-key S3_BUCKET="$BUCKET" DYNAMO_TABLE="$BUCKET"',
        ...keyFrom('TOKEN', "--name aws-acceptance --acts-as '*' --scopes images:read,images:write"),
        ...keyFrom('ADMIN_TOKEN', '--admin --name aws-acceptance'),
      ],
    },
    {
      title: 'The suite, without the cases that meet the limits of requests',
      notes: ['An address may send 20 requests a minute without a credential. With --silent npm prints no keys.'],
      commands: [
        command('npm run --silent acceptance --', [
          '--base "$PUBLIC_URL"',
          '--token "$TOKEN"',
          '--admin-token "$ADMIN_TOKEN"',
          ...MEETING_LIMITS.map((topic) => `--without ${topic}`),
        ]),
      ],
    },
  ];
}
