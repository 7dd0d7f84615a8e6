import { PERMISSIONS, ROLES } from '../packages/server/src/admin/provision/permissions.ts';

const OF_ROLE = {
  api: 'The API: `npm start`, or the HTTP function.',
  worker: 'The worker: `npm run work`, or the worker function. Without a worker of its own the API needs both.',
  operator:
    'A person with `npm run admin`, and the process of `user carry-out`. `provision` without `--backfill` has a role of its own. The target of a backup has a key of its own.',
  backup:
    'The nightly backup of [the templates](deploy-aws.md#backups), or a CronJob: `npm run admin -- backup` alone. Its rights on the target are in [backups](backup.md#a-bucket).',
  provision: 'A person with `npm run admin -- provision`. The templates need an administrator instead.',
} as const;

/** docs/aws-permissions.md: the table of permissions, for people who review them. */
export function permissionsDocument(): string {
  const sections = ROLES.map((role) => {
    const rows = PERMISSIONS.filter(({ roles }) => roles.includes(role)).map(
      ({ sid, on, actions, why = '' }) =>
        `| ${sid} | ${actions.map((action) => `\`${action}\``).join(', ')} | ${on.join(', ')} | ${why} |`,
    );
    return `## ${role}\n\n${OF_ROLE[role]}\n\n| statement | actions | on | reason, where no command shows it |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `<!-- Generated from packages/server/src/admin/provision/permissions.ts by \`npm run generate\`; edit that. -->
# Permissions on AWS

The least rights of each role: of the roles in [the templates](deploy-aws.md), and of the policies that
\`npm run admin -- provision --policies\` prints. The test suite records which commands each role sends, and fails if
one isn't permitted here, or if an action without a reason isn't needed. The map from commands to actions follows AWS's references:
"Required permissions for Amazon S3 API operations", and the Service Authorization Reference of DynamoDB and SQS.

\`incoming\`, \`images\` and \`renditions\` are the objects under these prefixes; \`indexes\` are the table's four; \`network\` is a
VPC. Conditions on the keys of items (\`dynamodb:LeadingKeys\`) would narrow nothing, because every request may concern every owner.

${sections.join('\n')}`;
}
