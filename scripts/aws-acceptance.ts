/** Deploys this version to a stage that stands, and runs the acceptance suite there (docs/deploy-aws.md). */
import { spawnSync } from 'node:child_process';
import { acceptanceSteps } from './deploy/acceptance-steps.ts';
import { planOptions } from './deploy/plan-options.ts';
import { planText } from './deploy/step.ts';

try {
  const script = planText(acceptanceSteps(planOptions(process.argv.slice(2), process.env)));
  const { status } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(
    `${error instanceof Error ? error.message : String(error)}\nUsage: node scripts/node.js scripts/aws-acceptance.ts --stage NAME [--region REGION]`,
  );
  process.exitCode = 2;
}
